import { setImmediate } from 'node:timers/promises';
import {
  type FieldName,
  type FlowBatch,
  fieldOf,
  knownCount,
  recordTest,
  workloadLength,
} from '../flow/index.ts';
import { numbersOfCounts } from './file-numbers.ts';
import type { FileRows } from './file-rows.ts';
import { countedMeasures } from './measure-columns.ts';
import type { ParquetColumn } from './parquet/index.ts';
import { writeParquet } from './parquet/index.ts';
import { addressItems, numberTypes, textItems, timeColumn } from './record-columns.ts';
import { RowGroups } from './row-groups.ts';
import { COLLECTION_TIME } from './stored-columns.ts';
import {
  KEYS,
  MOST_ADDRESSES,
  MOST_ROWS,
  podOfWorkload,
  REST_OF,
  REST_OF_DESTINATIONS,
  REST_OF_ROWS,
  REST_OF_SOURCES,
  type SumsExtent,
  tierMs,
} from './sums-query.ts';

/*
 * The sums of records by minute, as `sums-query.ts` makes them in SQL. A file that is being made has its
 * records in memory, and there it takes a tenth of the time.
 */

/** Rows after which other work has its turn. */
const ROWS_AT_ONCE = 8192;

const counters = [
  'octetDeltaCount',
  'reverseOctetDeltaCount',
  'packetDeltaCount',
  'reversePacketDeltaCount',
] as const;
const ends = [
  { name: 'sourceIP', rest: REST_OF_SOURCES },
  { name: 'destinationIP', rest: REST_OF_DESTINATIONS },
] as const;

/** A column of the sums: what distinguishes rows, as a number of each row of records. */
interface KeyColumn {
  readonly name: string;
  readonly words: Uint32Array;
  /** The column of the file, of the numbers that its rows have. */
  readonly columnOf: (words: Uint32Array) => ParquetColumn;
}

/**
 * Writes the sums by minute of the rows of a file.
 * @returns undefined if a sum is above 2^53, which a double cannot tell exactly
 */
export async function writeMinuteSums(
  path: string,
  rows: FileRows,
): Promise<(SumsExtent & { readonly octets: number }) | undefined> {
  const octets = octetsOf(rows);
  const minutes = minutesOf(rows);
  const largest = ends.map(({ name }) => largestOf(rows, name, octets));
  const keys: KeyColumn[] = [
    minutes,
    ...KEYS.map((name) => keyColumn(name, rows)),
    ...ends.map(({ name }, i) => addressColumn(name, largest[i]!.kept, rows)),
    numberColumn(
      REST_OF,
      'UINT_8',
      largest[0]!.rest.map((bits, row) => bits | largest[1]!.rest[row]!),
    ),
  ];
  // Columns with one value distinguish nothing.
  const telling = keys.filter(({ words }) => words.some((word) => word !== words[0]));
  const groups = new RowGroups(telling.map(({ words }) => words));
  const sums = await sumsOf(rows, groups);
  if (sums === undefined) return undefined;
  const wordsOf = (key: KeyColumn): Uint32Array =>
    telling.includes(key)
      ? groups.wordsOf(telling.indexOf(key))
      : new Uint32Array(groups.size).fill(key.words[0]!);
  const all = { keys: keys.map(wordsOf), sums };
  const { keys: words, sums: counts } = largestRows(all);
  const order = sortedRows(words);
  const inOrder = <T extends Uint32Array | Float64Array>(column: T): T =>
    column.map((_, i) => column[order[i]!]!) as T;
  const columns = [
    ...keys.map(({ columnOf }, i) => columnOf(inOrder(words[i]!))),
    ...[...counters, ...countedMeasures].map((name, i) => countColumn(name, inOrder(counts[i]!))),
  ];
  const written = await writeParquet(path, columns, order.length);
  const times = minutes.times;
  return {
    rows: order.length,
    records: rows.length,
    fromMs: Math.min(...times),
    toMs: Math.max(...times),
    restOf: words.at(-1)!.reduce((bits, word) => bits | word, 0),
    octets: written,
  };
}

function minutesOf({ batches, length }: FileRows): KeyColumn & { readonly times: readonly number[] } {
  const times: number[] = [];
  const words = new Uint32Array(length);
  let at = 0;
  for (const { batch, timeMs } of batches) {
    const minuteMs = Math.floor(timeMs / tierMs.minutes) * tierMs.minutes;
    let word = times.indexOf(minuteMs);
    if (word < 0) word = times.push(minuteMs) - 1;
    words.fill(word, at, at + batch.length);
    at += batch.length;
  }
  const columnOf = (own: Uint32Array) =>
    timeColumn(
      COLLECTION_TIME,
      Float64Array.from(own, (word) => times[word]!),
    );
  return { name: COLLECTION_TIME, words, columnOf, times };
}

function keyColumn(name: FieldName, rows: FileRows): KeyColumn {
  const { storage } = fieldOf(name);
  if (storage === 'unsigned8' || storage === 'unsigned16') {
    return numberColumn(name, numberTypes[storage], rows.numbers.valuesOf(name).low);
  }
  const { texts, numbers } = textsOf(name, rows);
  const columnOf = (words: Uint32Array): ParquetColumn => ({
    name,
    type: 'UTF8',
    values: () => textItems({ texts, numbers: words }),
  });
  return { name, words: numbers, columnOf };
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

function numberColumn(name: string, type: 'UINT_8' | 'UINT_16', words: Uint32Array): KeyColumn {
  const columnOf = (own: Uint32Array): ParquetColumn => ({
    name,
    type,
    values: () => ({ low: own, high: undefined, isNone: undefined }),
  });
  return { name, words, columnOf };
}

function addressColumn(name: 'sourceIP' | 'destinationIP', words: Uint32Array, rows: FileRows): KeyColumn {
  return { name, words, columnOf: (own) => ({ name, type: 'BYTES', values: () => addressItems(own, rows) }) };
}

function doubledDoubles(array: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}

const countColumn = (name: string, counts: Float64Array): ParquetColumn => ({
  name,
  type: 'UINT_64',
  values: () => numbersOfCounts(counts),
});

/** The octets of both directions of each row. */
function octetsOf({ numbers }: FileRows): Float64Array {
  const reverse = numbers.doublesOf('reverseOctetDeltaCount');
  return numbers
    .doublesOf('octetDeltaCount')
    .map((count, row) => (knownCount(count) || 0) + (knownCount(reverse[row]!) || 0));
}

/** The addresses with the most octets, and bits of the rows that have another one. */
function largestOf(rows: FileRows, name: 'sourceIP' | 'destinationIP', octets: Float64Array) {
  const numbers = rows.addressesOf(name);
  const sums = new Float64Array(rows.addresses.size);
  const isThere = new Uint8Array(sums.length);
  for (let row = 0; row < numbers.length; row++) {
    sums[numbers[row]!]! += octets[row]!;
    isThere[numbers[row]!] = 1;
  }
  const found = [...isThere.keys()].filter((number) => number > 0 && isThere[number] === 1);
  if (found.length > MOST_ADDRESSES) found.sort((one, other) => sums[other]! - sums[one]! || one - other);
  const isLarge = new Uint8Array(sums.length);
  for (const number of found.slice(0, MOST_ADDRESSES)) isLarge[number] = 1;
  const rest = ends.find((end) => end.name === name)!.rest;
  return {
    kept: numbers.map((number) => (isLarge[number] === 1 ? number : 0)),
    rest: numbers.map((number) => (number !== 0 && isLarge[number] === 0 ? rest : 0)),
  };
}

/** The counters and counts of each group; undefined if a double cannot hold one. */
async function sumsOf({ batches }: FileRows, groups: RowGroups): Promise<Float64Array[] | undefined> {
  let sums = [...counters, ...countedMeasures].map(() => new Float64Array(4096));
  let row = 0;
  let turn = 0;
  for (const { batch } of batches) {
    const adders = [
      ...counters.map((name) => counterOf(name, batch)),
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
  const isExact = sums.every((sum) => sum.every((count) => count <= Number.MAX_SAFE_INTEGER));
  return isExact ? sums.map((sum) => sum.slice(0, groups.size)) : undefined;
}

type CountOf = (row: number) => number;

function counterOf(name: (typeof counters)[number], { columns }: FlowBatch): CountOf {
  const column = columns[name];
  return (row) => knownCount(column[row]!) || 0;
}

function testOf(name: (typeof countedMeasures)[number], batch: FlowBatch): CountOf {
  const isCounted = recordTest(name, batch);
  return (row) => (isCounted(row) ? 1 : 0);
}

interface SumRows {
  readonly keys: Uint32Array[];
  readonly sums: Float64Array[];
}

/** For each minute the largest rows, and one for all others. */
function largestRows({ keys, sums }: SumRows): SumRows {
  const minutes = keys[0]!;
  const rowsOf = new Map<number, number[]>();
  for (const [row, minute] of minutes.entries()) {
    const rows = rowsOf.get(minute);
    if (rows === undefined) rowsOf.set(minute, [row]);
    else rows.push(row);
  }
  if ([...rowsOf.values()].every(({ length }) => length <= MOST_ROWS)) return { keys, sums };
  const octetsOf = (row: number) => sums[0]![row]! + sums[1]![row]!;
  const kept: number[] = [];
  const rests: { readonly minute: number; readonly rows: readonly number[] }[] = [];
  for (const [minute, rows] of rowsOf) {
    if (rows.length > MOST_ROWS) rows.sort((one, other) => octetsOf(other) - octetsOf(one));
    const most = rows.length > MOST_ROWS ? MOST_ROWS - 1 : rows.length;
    for (const row of rows.slice(0, most)) kept.push(row);
    if (most < rows.length) rests.push({ minute, rows: rows.slice(most) });
  }
  const restWords = (column: number) =>
    rests.map(({ minute }) => (column === 0 ? minute : column === keys.length - 1 ? REST_OF_ROWS : 0));
  return {
    keys: keys.map((words, i) => Uint32Array.from([...kept.map((row) => words[row]!), ...restWords(i)])),
    sums: sums.map((counts) =>
      Float64Array.from([
        ...kept.map((row) => counts[row]!),
        ...rests.map(({ rows }) => rows.reduce((sum, row) => sum + counts[row]!, 0)),
      ]),
    ),
  };
}

/** The places of rows, so that alike ones are neighbours. */
function sortedRows(keys: readonly Uint32Array[]): Uint32Array {
  return Uint32Array.from(keys[0]!.keys()).sort((one, other) => {
    for (const words of keys) if (words[one] !== words[other]) return words[one]! - words[other]!;
    return 0;
  });
}
