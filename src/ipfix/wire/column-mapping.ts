import { type FieldName, fieldNames, fieldOf, type Storage } from '../../flow/index.ts';
import { isReadableLength, naturalLength, variableLength } from './data-type.ts';
import { elementKey, type InformationElement } from './information-element.ts';
import type { Template, TemplateField } from './template.ts';

/** The column of an element: one of a flow batch, or one beside the batch. */
export interface ColumnTarget {
  /** A field of the flow record; the name of a column beside the batch if `isBeside`. */
  readonly name: string;
  readonly storage: Storage;
  /** Of several elements for one field, the lowest rank wins. */
  readonly rank: number;
  /** For values that explain others and are no field of the record. They are doubles, NaN for none. */
  readonly isBeside?: true;
}

/** The column of an element; undefined if it is ignored. */
export type ColumnMapping = (element: InformationElement) => ColumnTarget | undefined;

/** A column of the flow record. */
export interface FieldTarget extends ColumnTarget {
  readonly name: FieldName;
  readonly isBeside?: never;
}

const targets = new Map<number, FieldTarget>();

for (const name of fieldNames) {
  const { storage, elements, ipv6Elements = [] } = fieldOf(name);
  [...elements, ...ipv6Elements].forEach(({ enterprise, id }, rank) => {
    targets.set(elementKey(enterprise, id), { name, storage, rank });
  });
}

/** The column for an element, by the flow record's table of fields; undefined if it has none. */
export function columnOf(element: InformationElement): FieldTarget | undefined {
  return targets.get(elementKey(element.enterprise, element.id));
}

/** The fields of the flow record that records of this template can fill. */
export function flowFieldsOf(template: Template, mapping: ColumnMapping = columnOf): FieldName[] {
  const told = new Set(targetsOf(template, mapping).map(({ name }) => name));
  return fieldNames.filter((name) => told.has(name));
}

/** The columns that records of this template can fill. */
export function targetsOf(template: Template, mapping: ColumnMapping): ColumnTarget[] {
  return template.fields.flatMap((field) => {
    const target = mapping(field.element);
    return target !== undefined && fitsColumn(field, target) ? target : [];
  });
}

/** Whether its column can hold a field's value; if not, the field is ignored. */
export function fitsColumn({ element, length }: TemplateField, target: ColumnTarget): boolean {
  if (length === 0 || !isReadableLength(element.type, length)) return false;
  switch (target.storage) {
    case 'address':
      return length === naturalLength(element.type) && /^ipv[46]Address$/.test(element.type);
    case 'string':
      return element.type === 'string';
    case 'time':
      return length !== variableLength && element.type.startsWith('dateTime');
    default:
      if (element.type === 'float64') return target.storage === 'unsigned64' && length !== variableLength;
      return element.type.startsWith('unsigned');
  }
}
