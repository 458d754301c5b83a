import type { NumberValues } from './column.ts';
import { reusedWords } from './reused-arrays.ts';

/** The different numbers of a column in the order in which they come, and the place of each row's. */
export interface NumberDictionary {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  readonly count: number;
  /** Of the rows that have a value. */
  readonly places: Uint32Array;
}

/** With more, differences of neighbours are smaller. */
const MOST_DIFFERENT = 4096;
const SLOTS = 16_384;

const low = new Uint32Array(MOST_DIFFERENT);
const high = new Uint32Array(MOST_DIFFERENT);
/** Places by hash, plus 1; 0 is free. */
const slots = new Uint16Array(SLOTS);
const placesMemory = reusedWords();

/** Undefined if there are too many different numbers. The result is valid until the next call. */
export function numberDictionaryOf(values: NumberValues, rows: number): NumberDictionary | undefined {
  slots.fill(0);
  const places = placesMemory.ofLength(rows);
  let count = 0;
  let last = -1;
  for (let row = 0, to = 0; row < values.low.length; row++) {
    if (values.isNone !== undefined && values.isNone[row] === 1) continue;
    const one = values.low[row]!;
    const other = values.high === undefined ? 0 : values.high[row]!;
    // Most columns repeat the value before.
    if (last < 0 || low[last] !== one || high[last] !== other) {
      let slot = (Math.imul(one ^ Math.imul(other, 0x85ebca6b), 0x9e3779b1) >>> 18) & (SLOTS - 1);
      for (;;) {
        last = slots[slot]! - 1;
        if (last < 0) {
          if (count === MOST_DIFFERENT) return undefined;
          last = count++;
          low[last] = one;
          high[last] = other;
          slots[slot] = count;
          break;
        }
        if (low[last] === one && high[last] === other) break;
        slot = (slot + 1) & (SLOTS - 1);
      }
    }
    places[to++] = last;
  }
  return { low, high, count, places };
}
