import type { DataRecord, Value } from './value.ts';

/** The value of the first field of an IANA element in a record; undefined if the record lacks it. */
export function valueOfElement(record: DataRecord, id: number): Value | undefined {
  return record.values[indexOfElement(record, id)];
}

/**
 * The same as a number; undefined for values that are none.
 * @param from index of the first field to accept
 * @param to index after the last one
 */
export function numberOfElement(record: DataRecord, id: number, from = 0, to = Infinity): number | undefined {
  const index = indexOfElement(record, id);
  if (index < from || index >= to) return undefined;
  const value = record.values[index];
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

/** The values of all fields of an IANA element that are numbers, in their order. */
export function numbersOfElement({ template: { fields }, values }: DataRecord, id: number): number[] {
  return values.flatMap((value, i) => {
    const { element } = fields[i]!;
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    return element.id === id && element.enterprise === 0 && isNumber ? [Number(value)] : [];
  });
}

/** Its first value as text; undefined for values that are none. */
export function textOfElement(record: DataRecord, id: number): string | undefined {
  const value = valueOfElement(record, id);
  return typeof value === 'string' ? value : undefined;
}

/** A record that is read briefly has only the first of its values. */
function indexOfElement({ template: { fields }, values }: DataRecord, id: number): number {
  for (let i = 0; i < values.length; i++) {
    const { element } = fields[i]!;
    if (element.id === id && element.enterprise === 0) return i;
  }
  return -1;
}
