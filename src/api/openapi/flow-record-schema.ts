import { type Enumeration, elementsOf, type FieldName, fieldNames, fieldOf } from '../../flow/index.ts';
import type { JsonSchema } from '../../runtime/index.ts';
import { sentenceOf } from './json-schemas.ts';

/** A record of a flow as a line of JSON, by the table of fields. */
export function flowRecordSchema(): JsonSchema {
  return {
    type: 'object',
    description: 'A record of a flow. A field without a value is absent.',
    properties: Object.fromEntries(fieldNames.flatMap(propertiesOf)),
    additionalProperties: false,
  };
}

/** The properties that show a field. */
function propertiesOf(name: FieldName): [string, JsonSchema][] {
  const { description, enumeration } = fieldOf(name);
  if (enumeration !== undefined) return propertiesOfEnumeration(name, enumeration);
  const names =
    name === 'icmpTypeCode' ? ([4, 6] as const).map((family) => elementsOf(name, family)[0]!.name) : [name];
  return names.map((each) => [each, { ...valueSchema(name), description: sentenceOf(description) }]);
}

/** The name of a number, or both of them. A number without a name stands for itself. */
function propertiesOfEnumeration(name: FieldName, { key, names }: Enumeration): [string, JsonSchema][] {
  const description = sentenceOf(fieldOf(name).description);
  const named = { type: 'string', enum: [...names.values()] };
  const number = { type: 'integer', minimum: 0 };
  if (key === undefined) return [[name, { anyOf: [named, number], description }]];
  return [
    [key, { ...named, description: `Name of ${name}, where it has one.` }],
    [name, { ...number, description }],
  ];
}

function valueSchema(name: FieldName): JsonSchema {
  const { storage } = fieldOf(name);
  switch (storage) {
    case 'address':
    case 'string':
      return { type: 'string' };
    case 'time':
      // An exporter may send a time that no date has.
      return { type: ['string', 'number'], examples: ['2026-01-31T14:00:00.000Z'] };
    case 'unsigned64':
      return { type: ['integer', 'string'], minimum: 0, pattern: '^\\d+$' };
    default:
      return { type: 'integer', minimum: 0 };
  }
}
