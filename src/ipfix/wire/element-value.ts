import type { DataRecord, Value } from './value.ts';

/** The value of the first field of an IANA element in a record; undefined if the record lacks it. */
export function valueOfElement({ template, values }: DataRecord, id: number): Value | undefined {
  return values[indexOfElement(template, id)];
}

/**
 * The same as a number; undefined for values that are none.
 * @param from index of the first field to accept
 * @param to index after the last one
 */
export function numberOfElement(record: DataRecord, id: number, from = 0, to = Infinity): number | undefined {
  const index = indexOfElement(record.template, id);
  if (index < from || index >= to) return undefined;
  const value = record.values[index];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

const indexOfElement = ({ fields }: DataRecord['template'], id: number): number =>
  fields.findIndex(({ element }) => element.id === id && element.enterprise === 0);
