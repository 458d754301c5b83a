import { type FieldName, fieldOf } from '../flow/index.ts';
import { numbersOfTimes } from './file-numbers.ts';
import type { FileRows } from './file-rows.ts';
import { durationColumn, guessedColumn } from './guessed-columns.ts';
import { type ColumnType, type ItemValues, type ParquetColumn, reusedWords } from './parquet/index.ts';
import { COLLECTION_TIME } from './stored-columns.ts';
import type { TextColumn } from './text-columns.ts';

/** The columns of a file of records. */
export function recordColumns(rows: FileRows): ParquetColumn[] {
  const { numbers, told } = rows;
  const fields = [...told].map((name) => {
    const start = name === 'flowStartMilliseconds' ? durationColumn(told, numbers) : undefined;
    return start ?? guessedColumn(name, told, numbers) ?? fieldColumn(name, rows);
  });
  return [timeColumn(COLLECTION_TIME, rows.times), ...fields];
}

/** The columns of a file for other programs: fields as they are, and addresses as texts. */
export function exportColumns(rows: FileRows): ParquetColumn[] {
  return [...rows.told].map((name) =>
    fieldOf(name).storage === 'address'
      ? { name, type: 'UTF8', values: () => addressTexts(rows.addressesOf(name), rows) }
      : fieldColumn(name, rows),
  );
}

function fieldColumn(name: FieldName, rows: FileRows): ParquetColumn {
  const { storage } = fieldOf(name);
  switch (storage) {
    case 'string':
      return { name, type: 'UTF8', values: () => textItems(rows.textsOf(name)) };
    case 'address':
      return { name, type: 'BYTES', values: () => addressItems(rows.addressesOf(name), rows) };
    case 'time':
      return timeColumn(name, rows.numbers.doublesOf(name));
    default:
      return { name, type: numberTypes[storage], values: () => rows.numbers.valuesOf(name) };
  }
}

export const numberTypes = {
  unsigned8: 'UINT_8',
  unsigned16: 'UINT_16',
  unsigned32: 'UINT_32',
  unsigned64: 'UINT_64',
} as const satisfies Record<string, ColumnType>;

/** Most exporters have times in milliseconds, which compress better. */
export function timeColumn(name: string, times: Float64Array): ParquetColumn {
  const isWhole = areWhole(times);
  return {
    name,
    type: isWhole ? 'TIMESTAMP_MILLIS' : 'TIMESTAMP_MICROS',
    values: () => numbersOfTimes(times, isWhole ? 1 : 1000),
  };
}

function areWhole(times: Float64Array): boolean {
  for (let row = 0; row < times.length; row++)
    if (!Number.isInteger(times[row]) && !Number.isNaN(times[row])) return false;
  return true;
}

/** The texts that a column has, of those that its numbers mean. */
export function textItems({ texts, numbers }: TextColumn): ItemValues {
  return usedItems(numbers, texts.length + 1, (number) => Buffer.from(texts[number - 1]!));
}

/** The addresses that a column has, of all that the file has. */
export function addressItems(numbers: Uint32Array, { addresses }: Pick<FileRows, 'addresses'>): ItemValues {
  return usedItems(numbers, addresses.size, (number) => addresses.octetsOf(number));
}

function addressTexts(numbers: Uint32Array, { addresses }: FileRows): ItemValues {
  return usedItems(numbers, addresses.size, (number) => Buffer.from(addresses.textOf(number)));
}

/* Each is needed for one column. */
const ownMemory = reusedWords();
const numbersMemory = reusedWords();

function usedItems(numbers: Uint32Array, size: number, itemOf: (number: number) => Uint8Array): ItemValues {
  const own = ownMemory.ofLength(size).fill(0);
  const items: Uint8Array[] = [];
  const ownNumbers = numbersMemory.ofLength(numbers.length);
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row]!;
    if (number !== 0 && own[number] === 0) own[number] = items.push(itemOf(number));
    ownNumbers[row] = own[number]!;
  }
  return { numbers: ownNumbers, items };
}
