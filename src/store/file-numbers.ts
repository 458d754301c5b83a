import { type FieldName, type FlowBatch, fieldOf, knownCount } from '../flow/index.ts';
import { FileArrays, type NumberValues, reusedDoubles } from './parquet/index.ts';

const TWO_32 = 2 ** 32;
/** The range of a Date. */
const MOST_MS = 8.64e15;

/* Each is needed for one column. */
const doublesMemory = reusedDoubles();
const columnArrays = new FileArrays();

/** The numbers of all batches of a file, a field at a time. Times are microseconds, or milliseconds. */
export class FileNumbers {
  readonly rows: number;
  readonly #batches: readonly FlowBatch[];
  readonly #arrays: FileArrays;
  readonly #kept = new Map<FieldName, NumberValues>();

  constructor(batches: readonly FlowBatch[], arrays: FileArrays) {
    this.#batches = batches;
    this.#arrays = arrays;
    this.rows = batches.reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * As they are in batches.
   * @param doubles gets them, one for each row
   */
  doublesOf(name: FieldName, doubles = this.#arrays.doubles(this.rows)): Float64Array {
    let at = 0;
    for (const batch of this.#batches) {
      doubles.set((batch.columns[name] as Float64Array).subarray(0, batch.length), at);
      at += batch.length;
    }
    return doubles;
  }

  /** The values of a field, times in microseconds: until those of the next one. */
  valuesOf(name: FieldName): NumberValues {
    columnArrays.reset();
    return this.#valuesIn(name, columnArrays);
  }

  /** The same, until the file is there. Other fields are guessed from some, and sums need some. */
  keptValuesOf(name: FieldName): NumberValues {
    const kept = this.#kept.get(name) ?? this.#valuesIn(name, this.#arrays);
    this.#kept.set(name, kept);
    return kept;
  }

  #valuesIn(name: FieldName, arrays: FileArrays): NumberValues {
    const { storage } = fieldOf(name);
    const doublesCopy = () => this.doublesOf(name, doublesMemory.ofLength(this.rows));
    if (storage === 'unsigned64') return numbersOfCounts(doublesCopy(), arrays);
    if (storage === 'time') return numbersOfTimes(doublesCopy(), 1000, arrays);
    const low = arrays.words(this.rows);
    let at = 0;
    for (const batch of this.#batches) {
      low.set((batch.columns[name] as Uint32Array).subarray(0, batch.length), at);
      at += batch.length;
    }
    return { low, high: undefined, isNone: undefined };
  }
}

/** Counts as whole numbers. */
export function numbersOfCounts(counts: Float64Array, arrays = new FileArrays()): NumberValues {
  const low = arrays.words(counts.length);
  let high: Uint32Array | undefined;
  let isNone: Uint8Array | undefined;
  for (let row = 0; row < counts.length; row++) {
    const count = counts[row]!;
    // Nearly all are small and whole.
    const word = count >>> 0;
    if (word === count) {
      low[row] = word;
      continue;
    }
    const known = knownCount(count);
    if (Number.isNaN(known)) {
      isNone ??= arrays.octets(counts.length).fill(0);
      isNone[row] = 1;
      low[row] = 0;
      continue;
    }
    low[row] = known;
    if (known < TWO_32) continue;
    high ??= arrays.words(counts.length).fill(0);
    high[row] = Math.floor(known / TWO_32);
  }
  return { low, high, isNone };
}

/** Times in milliseconds as whole numbers.
 * @param scale units in a millisecond */
export function numbersOfTimes(
  times: Float64Array,
  scale: 1 | 1000,
  arrays = new FileArrays(),
): NumberValues {
  const low = arrays.words(times.length);
  const high = arrays.words(times.length);
  let isNone: Uint8Array | undefined;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    if (!isTime(time)) {
      isNone ??= arrays.octets(times.length).fill(0);
      isNone[row] = 1;
      low[row] = 0;
      high[row] = 0;
      continue;
    }
    const units = Math.floor(time * scale);
    const upper = Math.floor(units / TWO_32);
    low[row] = units - upper * TWO_32;
    high[row] = upper;
  }
  return { low, high, isNone };
}

/** Whole microseconds of a time; NaN for none. */
export const microsecondsOf = (ms: number): number => (isTime(ms) ? Math.floor(ms * 1000) : Number.NaN);

const isTime = (ms: number): boolean => ms >= -MOST_MS && ms <= MOST_MS;
