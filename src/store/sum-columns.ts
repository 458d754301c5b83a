import type { FieldName } from '../flow/index.ts';
import { workloadOfPod } from './dimension-columns.ts';
import type { SumTier } from './file-names.ts';
import { countedMeasures, type RowForm } from './measure-columns.ts';
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
export const ADDRESSES = ['sourceIP', 'destinationIP'] as const;

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

/** The counters of a row of sums, in the order of their columns. */
export const summedDeltas = [
  'octetDeltaCount',
  'reverseOctetDeltaCount',
  'packetDeltaCount',
  'reversePacketDeltaCount',
] as const;
/** What a row of sums counts. */
export const sumCounts = [...summedDeltas, ...countedMeasures] as const;
export const countColumns = sumCounts.map(quotedName);

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
  const counts = countColumns.map((name) => `${name}::HUGEINT AS ${name}`).join();
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

/** A file of sums that is on disk. */
export interface WrittenSums extends SumsExtent {
  readonly octets: number;
}

const TIME = quotedName(COLLECTION_TIME);
const unitOf: Readonly<Record<SumTier, string>> = { minutes: 'minute', hours: 'hour' };

/** The beginning of a row's minute or hour. */
export const startOfTime = (tier: SumTier): string => `date_trunc('${unitOf[tier]}', ${TIME})`;

/** A workload is named by its own name or by its Pod's. */
export const podOfWorkload: Partial<Record<FieldName, FieldName>> = {
  sourceWorkloadName: 'sourcePodName',
  destinationWorkloadName: 'destinationPodName',
};

/** What a row has of a key. A number is never NULL. */
export function keyColumn(name: FieldName, columns: ReadonlySet<string>): string {
  const column = storedColumn(name, columns);
  const pod = podOfWorkload[name];
  if (pod !== undefined && columns.has(pod)) {
    return `coalesce(${column}, ${workloadOfPod(quotedName(pod))})`;
  }
  // Files that are summed up together may lack it.
  return storedField(name).missing === '0' ? `coalesce(${column}, 0)` : column;
}
