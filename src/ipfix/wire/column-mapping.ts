import { type FieldName, fieldNames, fieldOf, type Storage } from '../../flow/index.ts';
import { isReadableLength, naturalLength, variableLength } from './data-type.ts';
import { elementKey, type InformationElement } from './information-element.ts';
import type { Template, TemplateField } from './template.ts';

/** Which column of a flow batch an element belongs to. */
export interface ColumnTarget {
  readonly name: FieldName;
  readonly storage: Storage;
  /** Where several elements carry one field: the lower, the rather. */
  readonly rank: number;
}

const targets = new Map<number, ColumnTarget>();

for (const name of fieldNames) {
  const { storage, elements, ipv6Elements = [] } = fieldOf(name);
  [...elements, ...ipv6Elements].forEach(({ enterprise, id }, rank) => {
    targets.set(elementKey(enterprise, id), { name, storage, rank });
  });
}

/** The column for an element, by the flow record's table of fields; undefined if it has none. */
export function columnOf(element: InformationElement): ColumnTarget | undefined {
  return targets.get(elementKey(element.enterprise, element.id));
}

/** The fields of the flow record that records of this template can tell. */
export function flowFieldsOf(template: Template): FieldName[] {
  const told = new Set(template.fields.filter(fitsColumn).map(({ element }) => columnOf(element)?.name));
  return fieldNames.filter((name) => told.has(name));
}

/** Whether a field's octets can be told as its column holds them; if not it is passed over. */
export function fitsColumn({ element, length }: TemplateField): boolean {
  const storage = columnOf(element)?.storage;
  if (storage === undefined || length === 0 || !isReadableLength(element.type, length)) return false;
  switch (storage) {
    case 'address':
      return length === naturalLength(element.type) && /^ipv[46]Address$/.test(element.type);
    case 'string':
      return element.type === 'string';
    case 'time':
      return length !== variableLength && element.type.startsWith('dateTime');
    default:
      return element.type.startsWith('unsigned');
  }
}
