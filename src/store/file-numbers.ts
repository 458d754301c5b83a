import { type FieldName, type FlowBatch, fieldOf, knownCount, type Storage } from '../flow/index.ts';
import { type NumberValues, reusedDoubles } from './parquet/index.ts';

const TWO_32 = 2 ** 32;
/** The range of a Date. */
const MOST_MS = 8.64e15;

const doublesMemory = reusedDoubles();

/** The numbers of all batches of a file, a field at a time. Times are microseconds, or milliseconds. */
export class FileNumbers {
  readonly rows: number;
  readonly #batches: readonly FlowBatch[];
  /** Fields that others are guessed from are needed again. */
  readonly #known = new Map<FieldName, NumberValues>();

  constructor(batches: readonly FlowBatch[]) {
    this.#batches = batches;
    this.rows = batches.reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * As they are in batches.
   * @param doubles gets them, one for each row
   */
  doublesOf(name: FieldName, doubles = new Float64Array(this.rows)): Float64Array {
    let at = 0;
    for (const batch of this.#batches) {
      doubles.set((batch.columns[name] as Float64Array).subarray(0, batch.length), at);
      at += batch.length;
    }
    return doubles;
  }

  /** The values of a field, times in microseconds. */
  valuesOf(name: FieldName): NumberValues {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const { storage } = fieldOf(name);
    const values = this.#valuesOf(name, storage);
    if (storage === 'unsigned64' || storage === 'time') this.#known.set(name, values);
    return values;
  }

  #valuesOf(name: FieldName, storage: Storage): NumberValues {
    const doublesCopy = () => this.doublesOf(name, doublesMemory.ofLength(this.rows));
    if (storage === 'unsigned64') return numbersOfCounts(doublesCopy());
    if (storage === 'time') return numbersOfTimes(doublesCopy(), 1000);
    const low = new Uint32Array(this.rows);
    let at = 0;
    for (const batch of this.#batches) {
      low.set((batch.columns[name] as Uint32Array).subarray(0, batch.length), at);
      at += batch.length;
    }
    return { low, high: undefined, isNone: undefined };
  }
}

/** Counts as whole numbers. */
export function numbersOfCounts(counts: Float64Array): NumberValues {
  const low = new Uint32Array(counts.length);
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
      isNone ??= new Uint8Array(counts.length);
      isNone[row] = 1;
      continue;
    }
    low[row] = known;
    if (known < TWO_32) continue;
    high ??= new Uint32Array(counts.length);
    high[row] = Math.floor(known / TWO_32);
  }
  return { low, high, isNone };
}

/** Times in milliseconds as whole numbers.
 * @param scale units in a millisecond */
export function numbersOfTimes(times: Float64Array, scale: 1 | 1000): NumberValues {
  const low = new Uint32Array(times.length);
  const high = new Uint32Array(times.length);
  let isNone: Uint8Array | undefined;
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    if (!isTime(time)) {
      isNone ??= new Uint8Array(times.length);
      isNone[row] = 1;
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
