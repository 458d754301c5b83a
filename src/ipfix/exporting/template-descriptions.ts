import {
  ANTREA,
  type Element,
  elementsOf,
  type Field,
  type FieldName,
  fieldNames,
  fieldOf,
} from '../../flow/index.ts';
import { optionsTemplates } from '../options-templates.ts';
import { type DataRecord, elementKey, numberOfDataType, type Template, type Value } from '../wire/index.ts';

/** What identifies a flow in a record. The connection's number tells two flows of the same ends apart. */
const keyFields: readonly FieldName[] = [
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowId',
];

const keyElements = new Set(
  keyFields.flatMap((name) =>
    [...elementsOf(name, 4), ...elementsOf(name, 6)].map(({ enterprise, id }) => elementKey(enterprise, id)),
  ),
);

/** Fields that flowKeyIndicator has bits for. */
const INDICATOR_BITS = 64;

/** Which fields of a template are flow keys, the first field being bit 0 (RFC 7011 section 4.4). */
export function flowKeysOf(template: Template): DataRecord {
  let indicator = 0n;
  for (const [place, { element }] of template.fields.slice(0, INDICATOR_BITS).entries()) {
    if (keyElements.has(elementKey(element.enterprise, element.id))) indicator |= 1n << BigInt(place);
  }
  return { template: optionsTemplates.flowKeys, values: [template.id, indicator] };
}

/** IANA's numbers of semantics and units (RFC 5610 section 3.10). */
const Semantics = { none: 0, quantity: 1, totalCounter: 2, deltaCounter: 3, identifier: 4 } as const;
const Units = { none: 0, octets: 2, packets: 3, seconds: 5 } as const;

/** Fields by their elements of an enterprise. */
const fieldsByElement = new Map(
  fieldNames.flatMap((name) =>
    [...elementsOf(name, 4), ...elementsOf(name, 6)]
      .filter(({ enterprise }) => enterprise === ANTREA)
      .map((element): [number, Field] => [elementKey(element.enterprise, element.id), fieldOf(name)]),
  ),
);

/**
 * The type of each enterprise element of a template (RFC 5610). Reverse elements need none: their type is
 * that of IANA's element (RFC 5103).
 */
export function elementTypesOf(template: Template): DataRecord[] {
  return template.fields
    .filter(({ element }) => element.enterprise === ANTREA)
    .map(({ element: { enterprise, id, name, type } }) => {
      const field = fieldsByElement.get(elementKey(enterprise, id));
      const values: Value[] = [
        enterprise,
        id,
        numberOfDataType(type),
        semanticsOf(name, field),
        unitOf(type, field),
        ...rangeOf(type, field),
        name,
        field?.description ?? 'UID of a Kubernetes object; zero without one',
      ];
      return { template: optionsTemplates.elementTypes, values };
    });
}

function semanticsOf(name: string, field: Field | undefined): number {
  if (field?.unit === 'bits per second') return Semantics.quantity;
  if (field?.unit !== undefined)
    return name.includes('Total') ? Semantics.totalCounter : Semantics.deltaCounter;
  return field?.storage.startsWith('unsigned') ? Semantics.identifier : Semantics.none;
}

/** IANA has no unit for a rate. */
function unitOf(type: string, field: Field | undefined): number {
  if (type === 'dateTimeSeconds') return Units.seconds;
  return field?.unit === 'octets' || field?.unit === 'packets' ? Units[field.unit] : Units.none;
}

/** The least and the greatest value of a number; both zero for anything else. */
function rangeOf(type: Element['type'] | string, field: Field | undefined): [number, number | bigint] {
  if (!type.startsWith('unsigned')) return [0, 0];
  const numbers = [...(field?.enumeration?.names.keys() ?? [])];
  if (numbers.length > 0) return [0, Math.max(...numbers)];
  return [0, 2n ** BigInt(type.slice('unsigned'.length)) - 1n];
}
