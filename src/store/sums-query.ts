import type { FieldName, MeasureName } from '../flow/index.ts';
import { workloadOfPod } from './dimension-columns.ts';
import type { Engine } from './engine.ts';
import type { SumTier } from './file-names.ts';
import { countedMeasures, measureColumn, type RowForm } from './measure-columns.ts';
import { copyTo } from './parquet-writer.ts';
import { COLLECTION_TIME, quotedName, storedColumn, storedField } from './stored-columns.ts';

/*
 * A row of a file of sums has many records: those of a minute or hour that are alike in the fields below. It
 * has the sums of their counters, and the counts that only records imply.
 */

/** The length of time that a row sums up, in milliseconds. */
export const tierMs: Readonly<Record<SumTier, number>> = { minutes: 60_000, hours: 3_600_000 };

/** What a row of sums has of a flow, beside its addresses. With Pods there would be a row a record. */
export const KEYS: readonly FieldName[] = [
  'sourcePodNamespace',
  'sourceWorkloadKind',
  'sourceWorkloadName',
  'sourceNodeName',
  'sourceZone',
  'sourceRangeName',
  'destinationPodNamespace',
  'destinationWorkloadKind',
  'destinationWorkloadName',
  'destinationNodeName',
  'destinationZone',
  'destinationRangeName',
  'destinationServicePortName',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowType',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyName',
  'egressNetworkPolicyRuleName',
  'egressNetworkPolicyRuleAction',
  'clusterId',
];
const ADDRESSES = ['sourceIP', 'destinationIP'] as const;

/** The fields that can have a value in a row of sums. */
export const summedFields: readonly FieldName[] = [...KEYS, ...ADDRESSES];

/** Column of the bits that say what a row is the rest of. */
export const REST_OF = 'restOf';
/** The row has no address of this end, since only the largest ones of a file have rows of their own. */
export const REST_OF_SOURCES = 1;
export const REST_OF_DESTINATIONS = 2;
/** The row has no field at all, since only the largest rows of a time are kept. */
export const REST_OF_ROWS = 4;

/** Addresses of either end that a file has rows of, the ones with the most octets. */
export const MOST_ADDRESSES = 100;
/** Rows that a file has for one minute or hour. */
export const MOST_ROWS = 20_000;

/** What a row of sums counts: by the name of its column, the measure. */
const counted: readonly (readonly [column: string, measure: MeasureName])[] = [
  ['octetDeltaCount', 'sentOctets'],
  ['reverseOctetDeltaCount', 'receivedOctets'],
  ['packetDeltaCount', 'sentPackets'],
  ['reversePacketDeltaCount', 'receivedPackets'],
  ...countedMeasures.map((name) => [name, name] as const),
];
const countNames = counted.map(([name]) => quotedName(name));
const OCTETS = '"octetDeltaCount" + "reverseOctetDeltaCount"';
const TIME = quotedName(COLLECTION_TIME);

/** Rows to sum up: of records or of sums. */
export interface SummableRows {
  readonly form: RowForm;
  readonly columns: ReadonlySet<string>;
  /** What comes after FROM. */
  readonly sql: string;
}

/** The rows of several files of one form. A file of sums may lack columns that another one has. */
export function unitedRows(
  form: RowForm,
  files: readonly { readonly columns: ReadonlySet<string>; readonly source: string }[],
): SummableRows {
  const columns = new Set(files.flatMap((file) => [...file.columns]));
  if (form === 'records') return { form, columns, sql: files[0]!.source };
  const counts = countNames.map((name) => `${name}::HUGEINT AS ${name}`).join();
  const selects = files.map(({ source }) => `SELECT * REPLACE (${counts}) FROM ${source}`);
  return { form, columns, sql: `(${selects.join(' UNION ALL BY NAME ')})` };
}

/** What a file of sums has. */
export interface SumsExtent {
  readonly rows: number;
  readonly records: number;
  /** The beginning of its first and its last minute or hour. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Bits of what its rows are the rest of. */
  readonly restOf: number;
}

/** Writes the sums of rows as a Parquet file. */
export async function writeSums(
  engine: Engine,
  path: string,
  tier: SumTier,
  rows: SummableRows,
): Promise<SumsExtent> {
  const { connection } = engine;
  try {
    await connection.run(`CREATE TEMP TABLE groups AS ${groupsOf(tier, rows)}`);
    if (await hasTooManyRows(engine)) await connection.run(`CREATE TEMP TABLE sums AS ${largestGroups()}`);
    else await connection.run('ALTER TABLE groups RENAME TO sums');
    const greatest = countNames.map((name) => `max(${name}) > 18446744073709551615`);
    const answer = await connection.runAndReadAll(
      `SELECT count(*), sum("records")::BIGINT, epoch_ms(min(${TIME})), epoch_ms(max(${TIME})), bit_or(${REST_OF}), ${greatest.join()} FROM sums`,
    );
    const [count, records, from, to, restOf, ...isGreat] = answer.getRows()[0]!;
    // Only a sum of absurd counts is above 64 bits. A file has no integers of more.
    const counts = countNames.map(
      (name, i) => `${name}::${isGreat[i] ? 'DECIMAL(38, 0)' : 'UBIGINT'} AS ${name}`,
    );
    await copyTo(engine, path, `SELECT * FROM (SELECT * REPLACE (${counts.join()}) FROM sums) ORDER BY ALL`);
    return {
      rows: Number(count),
      records: Number(records),
      fromMs: Number(from),
      toMs: Number(to),
      restOf: Number(restOf),
    };
  } finally {
    await connection.run('DROP TABLE IF EXISTS sums');
    await connection.run('DROP TABLE IF EXISTS groups');
  }
}

/** A row for each time and combination of keys. Each record is in one row. */
function groupsOf(tier: SumTier, { form, columns, sql }: SummableRows): string {
  const keys = KEYS.map((name) => `${keyColumn(name, columns)} AS ${quotedName(name)}`);
  const counts = counted.map(
    ([name, measure]) => `${measureColumn(measure, columns, form)} AS ${quotedName(name)}`,
  );
  const ends = ADDRESSES.map((name) => ({ name, sql: storedColumn(name, columns) }));
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
  return `WITH ${largest.join()}
    SELECT date_trunc('${unitOf[tier]}', ${TIME})::TIMESTAMP_MS AS ${TIME}, ${keys.join()}, ${kept.join()},
      (${rest})::UTINYINT AS ${REST_OF}, ${counts.join()}
    FROM ${sql} GROUP BY ALL`;
}

const unitOf: Readonly<Record<SumTier, string>> = { minutes: 'minute', hours: 'hour' };

/** A workload is named by its own name or by its Pod's. */
export const podOfWorkload: Partial<Record<FieldName, FieldName>> = {
  sourceWorkloadName: 'sourcePodName',
  destinationWorkloadName: 'destinationPodName',
};

function keyColumn(name: FieldName, columns: ReadonlySet<string>): string {
  const column = storedColumn(name, columns);
  const pod = podOfWorkload[name];
  if (pod !== undefined && columns.has(pod)) {
    return `coalesce(${column}, ${workloadOfPod(quotedName(pod))})`;
  }
  // Files that are summed up together may lack it.
  return storedField(name).missing === '0' ? `coalesce(${column}, 0)` : column;
}

async function hasTooManyRows({ connection }: Engine): Promise<boolean> {
  const answer = await connection.runAndReadAll(
    `SELECT max(rows) > ${MOST_ROWS} FROM (SELECT count(*) AS rows FROM groups GROUP BY ${TIME})`,
  );
  return answer.getRows()[0]![0] === true;
}

/** For each time the largest groups, and one for all others. */
function largestGroups(): string {
  const fields = summedFields.map((name) => {
    const { missing, type } = storedField(name);
    return `CASE WHEN place < ${MOST_ROWS} THEN ${quotedName(name)} ELSE ${missing}::${type} END AS ${quotedName(name)}`;
  });
  const rest = `(CASE WHEN place < ${MOST_ROWS} THEN ${REST_OF} ELSE ${REST_OF_ROWS} END)::UTINYINT AS ${REST_OF}`;
  const counts = countNames.map((name) => `sum(${name}) AS ${name}`);
  return `SELECT ${TIME}, ${fields.join()}, ${rest}, ${counts.join()} FROM (
      SELECT *, row_number() OVER (PARTITION BY ${TIME} ORDER BY ${OCTETS} DESC) AS place FROM groups
    ) GROUP BY ALL`;
}
