import { REST_OF_ROWS } from './sum-columns.ts';

/** Rows of sums: the time first of the keys, and last what they are the rest of. */
export interface SumRows {
  readonly keys: readonly Uint32Array[];
  /** The octets of both directions first. */
  readonly sums: readonly Float64Array[];
}

/** For each time the largest rows, and one for all others. Of equal ones, the first are kept. */
export function largestRows({ keys, sums }: SumRows, mostRows: number): SumRows {
  const [times, restOf] = [keys[0]!, keys.at(-1)!];
  const full = fullTimes(times, mostRows);
  if (full.length === 0) return { keys, sums };
  const sizes = sizesOf(sums, restOf);
  /** For each row the number of the rest that it is in, from 1; 0 for a row that is kept. */
  const rests = new Uint32Array(times.length);
  for (const [i, time] of full.entries()) leaveRest(i + 1, time, times, sizes, mostRows - 1, rests);
  const keptRows = rowsWithout(rests);
  const kept = keptRows.length;
  const restWord = (i: number, column: number) =>
    column === 0 ? full[i]! : column === keys.length - 1 ? REST_OF_ROWS : 0;
  return {
    keys: keys.map((words, column) => {
      const all = new Uint32Array(kept + full.length);
      for (let at = 0; at < kept; at++) all[at] = words[keptRows[at]!]!;
      for (let i = 0; i < full.length; i++) all[kept + i] = restWord(i, column);
      return all;
    }),
    sums: sums.map((counts) => {
      const all = new Float64Array(kept + full.length);
      for (let at = 0; at < kept; at++) all[at] = counts[keptRows[at]!]!;
      for (let row = 0; row < counts.length; row++)
        if (rests[row] !== 0) all[kept + rests[row]! - 1]! += counts[row]!;
      return all;
    }),
  };
}

/** The rows that are in no rest. */
function rowsWithout(rests: Uint32Array): Uint32Array {
  const rows = new Uint32Array(rests.length);
  let kept = 0;
  for (let row = 0; row < rests.length; row++) if (rests[row] === 0) rows[kept++] = row;
  return rows.subarray(0, kept);
}

/** The times that have more rows than that. */
function fullTimes(times: Uint32Array, most: number): number[] {
  const rows = new Map<number, number>();
  let [last, count] = [-1, 0];
  for (let row = 0; row < times.length; row++) {
    if (times[row] !== last) {
      rows.set(last, count);
      last = times[row]!;
      count = rows.get(last) ?? 0;
    }
    count++;
  }
  rows.set(last, count);
  return [...rows].filter(([, ofTime]) => ofTime > most).map(([time]) => time);
}

/** A rest of rows joins the new one, whatever its size. */
function sizesOf(sums: readonly Float64Array[], restOf: Uint32Array): Float64Array {
  const sizes = new Float64Array(restOf.length);
  for (let row = 0; row < sizes.length; row++)
    sizes[row] = restOf[row] === REST_OF_ROWS ? -1 : sums[0]![row]! + sums[1]![row]!;
  return sizes;
}

/** Marks the rows of a time that are not among its largest. */
function leaveRest(
  rest: number,
  time: number,
  times: Uint32Array,
  sizes: Float64Array,
  most: number,
  rests: Uint32Array,
): void {
  const sorted = sizes.filter((_, row) => times[row] === time).sort();
  const least = sorted[sorted.length - most]!;
  let equal = 0;
  for (let i = sorted.length - most; i < sorted.length && sorted[i] === least; i++) equal++;
  for (let row = 0; row < times.length; row++) {
    if (times[row] !== time) continue;
    const size = sizes[row]!;
    if (size > least) continue;
    if (size === least && equal > 0) equal--;
    else rests[row] = rest;
  }
}
