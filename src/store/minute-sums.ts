import { setImmediate } from 'node:timers/promises';
import { type FieldName, type FlowBatch, knownCount, recordTest, workloadLength } from '../flow/index.ts';
import type { FileRows } from './file-rows.ts';
import { countedMeasures } from './measure-columns.ts';
import type { RowGroups } from './row-groups.ts';
import { podOfWorkload, sumCounts, summedDeltas, tierMs, type WrittenSums } from './sum-columns.ts';
import { type NumberedRows, writeSumRows } from './sum-rows.ts';

/** Rows after which other work has its turn. */
const ROWS_AT_ONCE = 8192;

/**
 * Writes the sums by minute of the records of a file that is being made.
 * @returns undefined if a sum is above 2^53, which a double cannot tell exactly
 */
export function writeMinuteSums(path: string, rows: FileRows): Promise<WrittenSums | undefined> {
  return writeSumRows(path, numberedRows(rows));
}

function numberedRows(rows: FileRows): NumberedRows {
  return {
    ...minutesOf(rows),
    textsOf: (name) => textsOf(name, rows),
    numbersOf: (name) => rows.numbers.valuesOf(name).low,
    addresses: rows.addresses,
    addressesOf: (name) => rows.addressesOf(name),
    restOf: new Uint32Array(rows.length),
    octets: octetsOf(rows),
    sumsOf: (groups) => sumsOf(rows, groups),
  };
}

function minutesOf({ batches, length }: FileRows): Pick<NumberedRows, 'times' | 'timeNumbers'> {
  const times: number[] = [];
  const timeNumbers = new Uint32Array(length);
  let at = 0;
  for (const { batch, timeMs } of batches) {
    const minuteMs = Math.floor(timeMs / tierMs.minutes) * tierMs.minutes;
    let number = times.indexOf(minuteMs);
    if (number < 0) number = times.push(minuteMs) - 1;
    timeNumbers.fill(number, at, at + batch.length);
    at += batch.length;
  }
  return { times, timeNumbers };
}

/** A workload is named by itself or by its Pod. */
function textsOf(name: FieldName, rows: FileRows) {
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
  const numbers = own.numbers.map((number, row) => number || ofPods[pods.numbers[row]!]!);
  return { texts, numbers };
}

/** The octets of both directions of each row. */
function octetsOf({ numbers }: FileRows): Float64Array {
  const reverse = numbers.doublesOf('reverseOctetDeltaCount');
  return numbers
    .doublesOf('octetDeltaCount')
    .map((count, row) => (knownCount(count) || 0) + (knownCount(reverse[row]!) || 0));
}

async function sumsOf({ batches }: FileRows, groups: RowGroups): Promise<Float64Array[]> {
  let sums = sumCounts.map(() => new Float64Array(4096));
  let row = 0;
  let turn = 0;
  for (const { batch } of batches) {
    const adders = [
      ...summedDeltas.map((name) => counterOf(name, batch)),
      ...countedMeasures.map((name) => testOf(name, batch)),
    ];
    for (let i = 0; i < batch.length; i++) {
      const group = groups.groupOf(row++);
      if (group === sums[0]!.length) sums = sums.map(doubledDoubles);
      for (let sum = 0; sum < adders.length; sum++) sums[sum]![group]! += adders[sum]!(i);
    }
    if (row - turn < ROWS_AT_ONCE) continue;
    turn = row;
    await setImmediate();
  }
  return sums.map((sum) => sum.slice(0, groups.size));
}

function doubledDoubles(array: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
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
