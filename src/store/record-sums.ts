import { setImmediate } from 'node:timers/promises';
import { type FieldName, type FlowBatch, knownCount, recordTest, workloadLength } from '../flow/index.ts';
import type { SumTier } from './file-names.ts';
import type { FileRows } from './file-rows.ts';
import { countedMeasures } from './measure-columns.ts';
import { reusedDoubles } from './parquet/index.ts';
import type { RowGroups } from './row-groups.ts';
import { podOfWorkload, summedDeltas, tierMs, type WrittenSums } from './sum-columns.ts';
import { type NumberedRows, writeSumRows } from './sum-rows.ts';
import type { TextColumn } from './text-columns.ts';

/** Rows after which other work has its turn. */
const ROWS_AT_ONCE = 8192;

/** The sums of the records of a file that is being made. What all tiers need of a record is found once. */
export class RecordSums {
  readonly #rows: FileRows;
  readonly #octets: Float64Array;
  readonly #texts = new Map<FieldName, TextColumn>();
  #counts: Promise<Counts> | undefined;

  constructor(rows: FileRows) {
    this.#rows = rows;
    this.#octets = octetsOf(rows);
  }

  /**
   * Writes those of a tier.
   * @returns undefined if a sum is above 2^53, which a double cannot tell exactly
   */
  write(path: string, tier: SumTier): Promise<WrittenSums | undefined> {
    const rows = this.#rows;
    return writeSumRows(path, tier, {
      ...timesOf(tier, rows),
      textsOf: (name) => this.#textsOf(name),
      numbersOf: (name) => rows.numbers.keptValuesOf(name).low,
      addresses: rows.addresses,
      addressesOf: (name) => rows.addressesOf(name),
      restOf: rows.arrays.words(rows.length).fill(0),
      arrays: rows.arrays,
      octets: this.#octets,
      sumsOf: async (groups) => {
        this.#counts ??= countsOf(rows);
        return await sumsOf(await this.#counts, rows, groups);
      },
    });
  }

  #textsOf(name: FieldName): TextColumn {
    const known = this.#texts.get(name) ?? textsOf(name, this.#rows);
    this.#texts.set(name, known);
    return known;
  }
}

function timesOf(tier: SumTier, rows: FileRows): Pick<NumberedRows, 'times' | 'timeNumbers'> {
  const times: number[] = [];
  const timeNumbers = rows.arrays.words(rows.length);
  let [lastMs, number] = [Number.NaN, 0];
  for (let row = 0; row < rows.length; row++) {
    const timeMs = rows.times[row]!;
    if (timeMs !== lastMs) {
      lastMs = timeMs;
      const startMs = Math.floor(timeMs / tierMs[tier]) * tierMs[tier];
      number = times.indexOf(startMs);
      if (number < 0) number = times.push(startMs) - 1;
    }
    timeNumbers[row] = number;
  }
  return { times, timeNumbers };
}

/** A workload is named by itself or by its Pod. */
function textsOf(name: FieldName, rows: FileRows): TextColumn {
  const own = rows.textsOf(name);
  const pod = podOfWorkload[name];
  if (pod === undefined) return own;
  const pods = rows.textsOf(pod);
  const texts = [...own.texts];
  const known = new Map(texts.map((text, i) => [text, i + 1]));
  const ofPods = Uint32Array.from([
    0,
    ...pods.texts.map((text) => {
      const workload = text.slice(0, workloadLength(text));
      const number = known.get(workload) ?? texts.push(workload);
      known.set(workload, number);
      return number;
    }),
  ]);
  const numbers = rows.arrays.words(rows.length);
  for (let row = 0; row < numbers.length; row++)
    numbers[row] = own.numbers[row]! || ofPods[pods.numbers[row]!]!;
  return { texts, numbers };
}

/** The octets of both directions of each row. */
function octetsOf({ numbers }: FileRows): Float64Array {
  const octets = numbers.doublesOf('octetDeltaCount');
  const reverse = numbers.doublesOf('reverseOctetDeltaCount', reverseMemory.ofLength(octets.length));
  for (let row = 0; row < octets.length; row++)
    octets[row] = (knownCount(octets[row]!) || 0) + (knownCount(reverse[row]!) || 0);
  return octets;
}

const reverseMemory = reusedDoubles();

/** What each record adds to each sum. */
type Counts = readonly (Float64Array | Uint8Array)[];

async function countsOf({ arrays, batches, length }: FileRows): Promise<Counts> {
  const deltas = summedDeltas.map(() => arrays.doubles(length));
  const measures = countedMeasures.map(() => arrays.octets(length));
  let [at, turn] = [0, 0];
  for (const batch of batches) {
    for (const [i, name] of summedDeltas.entries()) setCounts(deltas[i]!, at, counterOf(name, batch), batch);
    for (const [i, name] of countedMeasures.entries())
      setCounts(measures[i]!, at, testOf(name, batch), batch);
    at += batch.length;
    if (at - turn < ROWS_AT_ONCE) continue;
    turn = at;
    await setImmediate();
  }
  return [...deltas, ...measures];
}

function setCounts(
  counts: Float64Array | Uint8Array,
  at: number,
  countOf: CountOf,
  { length }: FlowBatch,
): void {
  for (let row = 0; row < length; row++) counts[at + row] = countOf(row);
}

async function sumsOf(
  counts: Counts,
  { arrays, length }: FileRows,
  groups: RowGroups,
): Promise<Float64Array[]> {
  const numbers = arrays.words(length);
  for (let row = 0; row < length; row++) {
    if (row % ROWS_AT_ONCE === 0) await setImmediate();
    numbers[row] = groups.groupOf(row);
  }
  return counts.map((column) => {
    const sums = new Float64Array(groups.size);
    for (let row = 0; row < length; row++) sums[numbers[row]!]! += column[row]!;
    return sums;
  });
}

type CountOf = (row: number) => number;

function counterOf(name: (typeof summedDeltas)[number], { columns }: FlowBatch): CountOf {
  const column = columns[name];
  return (row) => knownCount(column[row]!) || 0;
}

function testOf(name: (typeof countedMeasures)[number], batch: FlowBatch): CountOf {
  const isCounted = recordTest(name, batch);
  return (row) => (isCounted(row) ? 1 : 0);
}
