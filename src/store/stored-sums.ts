import type { DuckDBBlobVector } from '@duckdb/node-api';
import { type FieldName, fieldOf } from '../flow/index.ts';
import { AddressNumbers } from './address-numbers.ts';
import type { Engine } from './engine.ts';
import type { SumTier } from './file-names.ts';
import { writeHugeSums } from './huge-sums.ts';
import { rowCount } from './measure-columns.ts';
import { FileArrays } from './parquet/index.ts';
import type { RowGroups } from './row-groups.ts';
import { storedColumn } from './stored-columns.ts';
import {
  keyColumn,
  REST_OF,
  type SummableRows,
  startOfTime,
  sumCounts,
  sumsForm,
  type WrittenSums,
} from './sum-columns.ts';
import { type NumberedRows, writeSumRows } from './sum-rows.ts';
import { columnNumbers, numberTexts } from './text-numbers.ts';

const isText = (name: FieldName): boolean => fieldOf(name).storage === 'string';

/** Writes the sums of the rows of files as a Parquet file. */
export async function writeSums(
  engine: Engine,
  path: string,
  tier: SumTier,
  rows: SummableRows,
): Promise<WrittenSums> {
  const written = await writeSumRows(path, tier, await readNumberedRows(engine, tier, rows));
  return written ?? (await writeHugeSums(engine, path, tier, rows));
}

/** Reads the rows of files as numbers. */
async function readNumberedRows(
  engine: Engine,
  tier: SumTier,
  { form, columns, sql }: SummableRows,
): Promise<NumberedRows> {
  const { connection } = engine;
  const { keys, addresses: ends } = sumsForm[tier];
  const [textKeys, numberKeys] = [keys.filter(isText), keys.filter((name) => !isText(name))];
  const columnOf = (name: FieldName) => keyColumn(tier, name, columns);
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${sql}`);
  const length = Number(counted.getRows()[0]![0]);
  await using texts = await numberTexts(engine, sql, textKeys.map(columnOf), length);
  const times = new Float64Array(length);
  const words = new Map([...textKeys, ...numberKeys].map((name) => [name, new Uint32Array(length)]));
  const addresses = new AddressNumbers();
  const numbersOfEnds = ends.map(() => new Uint32Array(length));
  const restOf = new Uint32Array(length);
  const counts = sumCounts.map(() => new Float64Array(length));
  const selected = [
    ...textKeys.map((name) => texts.selectedOf(columnOf(name))),
    `epoch_ms(${startOfTime(tier)})::DOUBLE`,
    ...numberKeys.map((name) => `${columnOf(name)}::UINTEGER`),
    `${columns.has(REST_OF) ? REST_OF : '0'}::UINTEGER`,
    ...sumCounts.map((name) => `${rowCount(name, columns, form)}::DOUBLE`),
    ...ends.map((name) => storedColumn(name, columns)),
  ];
  const numbers = [times, ...numberKeys.map((name) => words.get(name)!), restOf, ...counts];
  const result = await connection.stream(`SELECT ${selected.join()} FROM ${sql}`);
  let at = 0;
  for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
    if (chunk.rowCount === 0) break;
    for (const [i, name] of textKeys.entries()) words.get(name)!.set(texts.numbersIn(chunk, i), at);
    for (const [i, target] of numbers.entries()) target.set(columnNumbers(chunk, textKeys.length + i), at);
    for (const [i, ofEnd] of numbersOfEnds.entries()) {
      const vector = chunk.getColumnVector(textKeys.length + numbers.length + i) as DuckDBBlobVector;
      for (let row = 0; row < chunk.rowCount; row++)
        ofEnd[at + row] = addresses.numberOfOctets(vector.getItemBytes(row));
    }
    at += chunk.rowCount;
  }
  return {
    ...numberedTimes(times),
    textsOf: (name) => ({ texts: texts.texts, numbers: words.get(name)! }),
    numbersOf: (name) => words.get(name)!,
    addresses,
    addressesOf: (name) => numbersOfEnds[ends.indexOf(name)]!,
    restOf,
    arrays: new FileArrays(),
    octets: counts[0]!.map((octets, row) => octets + counts[1]![row]!),
    sumsOf: async (groups) => sumsOf(counts, groups),
  };
}

function numberedTimes(all: Float64Array): Pick<NumberedRows, 'times' | 'timeNumbers'> {
  const times = [...new Set(all)].sort((one, other) => one - other);
  const numberOf = new Map(times.map((time, number) => [time, number]));
  return { times, timeNumbers: Uint32Array.from(all, (time) => numberOf.get(time)!) };
}

/** Makes sums of counts, in the same arrays: the number of a group is never above that of its first row. */
function sumsOf(counts: readonly Float64Array[], groups: RowGroups): Float64Array[] {
  const rows = counts[0]!.length;
  for (let row = 0; row < rows; row++) {
    const known = groups.size;
    const group = groups.groupOf(row);
    const isNew = group === known;
    for (const column of counts) column[group] = column[row]! + (isNew ? 0 : column[group]!);
  }
  return counts.map((column) => column.subarray(0, groups.size));
}
