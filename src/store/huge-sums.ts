import { chmod } from 'node:fs/promises';
import type { Engine } from './engine.ts';
import { markOfFile } from './file-mark.ts';
import type { SumTier } from './file-names.ts';
import { measureColumn, rowCount, sumOfRows } from './measure-columns.ts';
import { copyTo } from './parquet-writer.ts';
import { COLLECTION_TIME, quotedName, storedColumn, storedField } from './stored-columns.ts';
import {
  countColumns,
  keyColumn,
  MOST_ADDRESSES,
  REST_OF,
  REST_OF_ROWS,
  type SummableRows,
  startOfTime,
  sumCounts,
  sumsForm,
  type WrittenSums,
} from './sum-columns.ts';
import { syncFile } from './synced-file.ts';

const OCTETS = '"octetDeltaCount" + "reverseOctetDeltaCount"';
const TIME = quotedName(COLLECTION_TIME);

/** Writes the sums of rows as a Parquet file, also of counts above 2^53. DuckDB makes them in SQL. */
export async function writeHugeSums(
  engine: Engine,
  path: string,
  tier: SumTier,
  rows: SummableRows,
): Promise<WrittenSums> {
  const { connection } = engine;
  try {
    await connection.run(`CREATE TEMP TABLE groups AS ${groupsOf(tier, rows)}`);
    if (await hasTooManyRows(engine, tier))
      await connection.run(`CREATE TEMP TABLE sums AS ${largestGroups(tier)}`);
    else await connection.run('ALTER TABLE groups RENAME TO sums');
    const greatest = countColumns.map((name) => `max(${name}) > 18446744073709551615`);
    const answer = await connection.runAndReadAll(
      `SELECT count(*), sum("records")::BIGINT, epoch_ms(min(${TIME})), epoch_ms(max(${TIME})), bit_or(${REST_OF}), ${greatest.join()} FROM sums`,
    );
    const [count, records, from, to, restOf, ...isGreat] = answer.getRows()[0]!;
    // Only a sum of absurd counts is above 64 bits. A file has no integers of more.
    const counts = countColumns.map(
      (name, i) => `${name}::${isGreat[i] ? 'DECIMAL(38, 0)' : 'UBIGINT'} AS ${name}`,
    );
    await copyTo(engine, path, `SELECT * FROM (SELECT * REPLACE (${counts.join()}) FROM sums) ORDER BY ALL`);
    await chmod(path, 0o600);
    await syncFile(path);
    return {
      rows: Number(count),
      records: Number(records),
      fromMs: Number(from),
      toMs: Number(to),
      restOf: Number(restOf),
      ...(await markOfFile(path)),
    };
  } finally {
    await connection.run('DROP TABLE IF EXISTS sums');
    await connection.run('DROP TABLE IF EXISTS groups');
  }
}

/** A row for each time and combination of keys. Each record is in one row. */
function groupsOf(tier: SumTier, { form, columns, sql }: SummableRows): string {
  const { keys: names, addresses } = sumsForm[tier];
  const keys = names.map((name) => `${keyColumn(tier, name, columns)} AS ${quotedName(name)}`);
  const counts = sumCounts.map(
    (name) => `${sumOfRows(rowCount(name, columns, form))} AS ${quotedName(name)}`,
  );
  const ends = addresses.map((name) => ({ name, sql: storedColumn(name, columns) }));
  const octets = measureColumn('octets', columns, form);
  const largest = ends.map(
    ({ name, sql: address }) =>
      `largest_${name} AS (SELECT ${address} AS address FROM ${sql} WHERE ${address} IS NOT NULL
        GROUP BY 1 ORDER BY ${octets} DESC, 1 LIMIT ${MOST_ADDRESSES})`,
  );
  const isLarge = ({ name, sql: address }: (typeof ends)[number]) => `${address} IN (FROM largest_${name})`;
  const kept = ends.map((end) => `CASE WHEN ${isLarge(end)} THEN ${end.sql} END AS ${quotedName(end.name)}`);
  const rests = ends.map(
    (end, i) => `CASE WHEN ${end.sql} IS NOT NULL AND NOT ${isLarge(end)} THEN ${1 << i} ELSE 0 END`,
  );
  const rest = [columns.has(REST_OF) ? REST_OF : '0', ...rests].join(' | ');
  const withLargest = largest.length === 0 ? '' : `WITH ${largest.join()}`;
  return `${withLargest}
    SELECT ${startOfTime(tier)}::TIMESTAMP_MS AS ${TIME}, ${[...keys, ...kept].join()},
      (${rest})::UTINYINT AS ${REST_OF}, ${counts.join()}
    FROM ${sql} GROUP BY ALL`;
}

async function hasTooManyRows({ connection }: Engine, tier: SumTier): Promise<boolean> {
  const answer = await connection.runAndReadAll(
    `SELECT max(rows) > ${sumsForm[tier].mostRows} FROM (SELECT count(*) AS rows FROM groups GROUP BY ${TIME})`,
  );
  return answer.getRows()[0]![0] === true;
}

/** For each time the largest groups, and one for all others. */
function largestGroups(tier: SumTier): string {
  const { keys, addresses, mostRows } = sumsForm[tier];
  const fields = [...keys, ...addresses].map((name) => {
    const { missing, type } = storedField(name);
    return `CASE WHEN place < ${mostRows} THEN ${quotedName(name)} ELSE ${missing}::${type} END AS ${quotedName(name)}`;
  });
  const rest = `(CASE WHEN place < ${mostRows} THEN ${REST_OF} ELSE ${REST_OF_ROWS} END)::UTINYINT AS ${REST_OF}`;
  const counts = countColumns.map((name) => `sum(${name}) AS ${name}`);
  return `SELECT ${TIME}, ${fields.join()}, ${rest}, ${counts.join()} FROM (
      SELECT *, row_number() OVER (PARTITION BY ${TIME} ORDER BY ${OCTETS} DESC) AS place FROM groups
    ) GROUP BY ALL`;
}
