import type { ColumnType, ItemValues, NumberValues, ParquetColumn } from './column.ts';
import { deltasOf } from './deltas.ts';
import { packedOf, runOf, zerosOf } from './hybrid.ts';
import { numberDictionaryOf } from './number-dictionary.ts';
import { reusedDoubles, reusedOctets, reusedWords } from './reused-arrays.ts';

/** The numbers of encodings in Parquet. */
export const Encoding = { plain: 0, runs: 3, differences: 5, dictionary: 8 } as const;

/** The content of the pages of a column, before it is compressed. */
export interface ColumnPages {
  readonly dictionary: { readonly octets: Uint8Array; readonly count: number } | undefined;
  readonly data: Uint8Array;
  readonly encoding: number;
  readonly nones: number;
  /** The least and the greatest value, as a plain value; undefined where no reader needs them. */
  readonly range: { readonly least: Uint8Array; readonly greatest: Uint8Array } | undefined;
}

/** Octets of a number in a file. */
const widths: Readonly<Record<Exclude<ColumnType, 'UTF8' | 'BYTES'>, 4 | 8>> = {
  UINT_8: 4,
  UINT_16: 4,
  UINT_32: 4,
  UINT_64: 8,
  INT_64: 8,
  TIMESTAMP_MILLIS: 8,
  TIMESTAMP_MICROS: 8,
};

/* Each is needed until its column has its pages. */
const isNoneMemory = reusedOctets();
const placesMemory = reusedWords();
const lowMemory = reusedWords();
const highMemory = reusedWords();
const numbersMemory = reusedDoubles();

export function pagesOf({ type, values }: ParquetColumn): ColumnPages {
  const made = values();
  return 'items' in made ? itemPages(made) : numberPages(made, widths[type as keyof typeof widths], type);
}

function itemPages({ numbers, items }: ItemValues): ColumnPages {
  const rows = numbers.length;
  const isNone = isNoneMemory.ofLength(rows);
  const places = placesMemory.ofLength(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const number = numbers[row]!;
    isNone[row] = number === 0 ? 1 : 0;
    if (number !== 0) places[count++] = number - 1;
  }
  const nones = rows - count;
  const data = joinedParts([
    levelsOf(isNone, nones, rows),
    indicesOf(places.subarray(0, count), items.length),
  ]);
  const dictionary = { octets: plainItems(items), count: items.length };
  return { dictionary, data, encoding: Encoding.dictionary, nones, range: undefined };
}

function numberPages(values: NumberValues, width: 4 | 8, type: ColumnType): ColumnPages {
  const { low, high, isNone } = values;
  const nones = isNone === undefined ? 0 : countOf(isNone);
  const rows = low.length - nones;
  const levels = levelsOf(isNone, nones, low.length);
  const found = numberDictionaryOf(values, rows);
  const range = rangeOf(values, width, type);
  if (found === undefined) {
    const { data, encoding } = manyNumbers(values, rows, width);
    return { dictionary: undefined, data: joinedParts([levels, data]), encoding, nones, range };
  }
  const different = {
    low: found.low.subarray(0, found.count),
    high: high && found.high.subarray(0, found.count),
  };
  const octets = plainNumbers(different.low, different.high, width);
  const data = joinedParts([levels, indicesOf(found.places, found.count)]);
  return { dictionary: { octets, count: found.count }, data, encoding: Encoding.dictionary, nones, range };
}

function countOf(isNone: Uint8Array): number {
  let nones = 0;
  for (let row = 0; row < isNone.length; row++) nones += isNone[row]!;
  return nones;
}

/** Which rows have a value: 1 for each that has one. */
function levelsOf(isNone: Uint8Array | undefined, nones: number, rows: number): Uint8Array {
  const isAlike = isNone === undefined || nones === 0 || nones === rows;
  const packed = isAlike ? runOf(nones === rows ? 0 : 1, rows, 1) : zerosOf(isNone);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, packed.length, true);
  return joinedParts([size, packed]);
}

/** Places in a dictionary. */
function indicesOf(places: Uint32Array, count: number): Uint8Array {
  const width = count <= 1 ? 0 : 32 - Math.clz32(count - 1);
  const packed = width === 0 ? runOf(0, places.length, 0) : packedOf(places, width);
  return joinedParts([Uint8Array.of(width), packed]);
}

/**
 * Many different numbers. Differences of neighbours need few bits, unless some numbers are far larger than
 * the others. Zstd finds the zeros of those.
 */
function manyNumbers(values: NumberValues, rows: number, width: 4 | 8) {
  const { low, high, numbers, range, significantOctets } = presentOf(values, rows);
  if (range < 2 ** 31) {
    const data = deltasOf(numbers);
    if (data.length < significantOctets + PLAIN_OCTETS * rows)
      return { data, encoding: Encoding.differences };
  }
  return { data: plainNumbers(low, high, width), encoding: Encoding.plain };
}

/** What a compressed number of eight octets takes beside those that are not zero, about. */
const PLAIN_OCTETS = 0.6;

function presentOf({ low, high, isNone }: NumberValues, rows: number) {
  const [own, ownHigh] = [lowMemory.ofLength(rows), high && highMemory.ofLength(rows)];
  const numbers = numbersMemory.ofLength(rows);
  let [to, significantOctets, least, greatest] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < low.length; row++) {
    if (isNone !== undefined && isNone[row] === 1) continue;
    const word = low[row]!;
    own[to] = word;
    let number = word;
    let bits = 32 - Math.clz32(word);
    if (ownHigh !== undefined) {
      const upper = high![row]!;
      ownHigh[to] = upper;
      number += (upper | 0) * 2 ** 32;
      if (upper !== 0) bits = 64 - Math.clz32(upper);
    }
    significantOctets += (bits + 7) >>> 3;
    if (number < least) least = number;
    if (number > greatest) greatest = number;
    numbers[to++] = number;
  }
  const isExact = least >= Number.MIN_SAFE_INTEGER && greatest <= Number.MAX_SAFE_INTEGER;
  const range = isExact ? greatest - least : Number.POSITIVE_INFINITY;
  return { low: own, high: ownHigh, numbers, range, significantOctets };
}

function plainNumbers(low: Uint32Array, high: Uint32Array | undefined, width: 4 | 8): Uint8Array {
  const octets = new Uint8Array(low.length * width);
  const view = new DataView(octets.buffer);
  for (let i = 0; i < low.length; i++) {
    view.setUint32(i * width, low[i]!, true);
    if (width === 8 && high !== undefined) view.setUint32(i * width + 4, high[i]!, true);
  }
  return octets;
}

/** Each with its length. */
function plainItems(items: readonly Uint8Array[]): Uint8Array {
  const octets = new Uint8Array(items.reduce((sum, { length }) => sum + 4 + length, 0));
  const view = new DataView(octets.buffer);
  let at = 0;
  for (const item of items) {
    view.setUint32(at, item.length, true);
    octets.set(item, at + 4);
    at += 4 + item.length;
  }
  return octets;
}

/** Readers skip files by their times. */
function rangeOf({ low, high, isNone }: NumberValues, width: 4 | 8, type: ColumnType): ColumnPages['range'] {
  if (type !== 'TIMESTAMP_MILLIS' && type !== 'TIMESTAMP_MICROS') return undefined;
  let [least, greatest] = [-1, -1];
  for (let row = 0; row < low.length; row++) {
    if (isNone !== undefined && isNone[row] === 1) continue;
    if (least < 0 || isBelow(row, least, low, high)) least = row;
    if (greatest < 0 || isBelow(greatest, row, low, high)) greatest = row;
  }
  if (least < 0) return undefined;
  const plainOf = (row: number) =>
    plainNumbers(low.subarray(row, row + 1), high?.subarray(row, row + 1), width);
  return { least: plainOf(least), greatest: plainOf(greatest) };
}

/** Of unsigned numbers, or of signed ones of 64 bits. */
function isBelow(one: number, other: number, low: Uint32Array, high: Uint32Array | undefined): boolean {
  if (high === undefined || high[one] === high[other]) return low[one]! < low[other]!;
  return (high[one]! | 0) < (high[other]! | 0);
}

function joinedParts(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
