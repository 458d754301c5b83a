import type { FieldName } from '../flow/index.ts';
import { workloadOfPod } from './dimension-columns.ts';
import type { FileMark } from './file-mark.ts';
import type { SumTier } from './file-names.ts';
import { countedMeasures, type RowForm } from './measure-columns.ts';
import { COLLECTION_TIME, quotedName, storedColumn, storedField } from './stored-columns.ts';

/*
 * A row of a file of sums has many records: those of a minute, hour and so on that are alike in the fields
 * below. It has the sums of their counters, and the counts that only records imply.
 */

/** The length of time that a row sums up, in milliseconds. */
export const tierMs: Readonly<Record<SumTier, number>> = {
  minutes: 60_000,
  hours: 3_600_000,
  fourHours: 4 * 3_600_000,
  days: 24 * 3_600_000,
};

/** The finer sums of which those of a tier are made; undefined: of records. */
export const madeOf: Readonly<Record<SumTier, SumTier | undefined>> = {
  minutes: undefined,
  hours: 'minutes',
  // Minutes and hours may have a rest.
  fourHours: undefined,
  days: 'fourHours',
};

/** What rows of sums have of a flow, beside its addresses. With Pods there would be a row a record. */
const KEYS: readonly FieldName[] = [
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

/** What the rows of a tier have. */
export interface SumsForm {
  readonly keys: readonly FieldName[];
  /** Only the largest ones of a file. */
  readonly addresses: readonly (typeof ADDRESSES)[number][];
  /** Whether an end with a workload has its node, too. A node alone stands for itself. */
  readonly hasNodes: boolean;
  /** Rows that a file has for one time. All others are one. */
  readonly mostRows: number;
}

const detailed: SumsForm = { keys: KEYS, addresses: ADDRESSES, hasNodes: true, mostRows: 20_000 };
/** Without nodes a pair of workloads is one row. So a day has hardly more rows than an hour. */
const pairs: SumsForm = {
  keys: KEYS.filter((name) => !name.endsWith('Zone')),
  addresses: [],
  hasNodes: false,
  mostRows: 100_000,
};

export const sumsForm: Readonly<Record<SumTier, SumsForm>> = {
  minutes: detailed,
  hours: detailed,
  fourHours: pairs,
  days: pairs,
};

/** The fields that have a value in a row of a tier wherever its records have one. */
export function summedFields(tier: SumTier): FieldName[] {
  const { keys, addresses, hasNodes } = sumsForm[tier];
  return [...keys.filter((name) => hasNodes || !(name in workloadOfNode)), ...addresses];
}

/** The name of the workload in place of which a node stands. */
export const workloadOfNode: Partial<Record<FieldName, FieldName>> = {
  sourceNodeName: 'sourceWorkloadName',
  destinationNodeName: 'destinationWorkloadName',
};

/** Column of the bits that say what a row is the rest of. */
export const REST_OF = 'restOf';
/** The row has no address of this end, since only the largest ones of a file have rows of their own. */
export const REST_OF_SOURCES = 1;
export const REST_OF_DESTINATIONS = 2;
/** The row has no field at all, since only the largest rows of a time are kept. */
export const REST_OF_ROWS = 4;

/** Addresses of either end that a file has rows of, the ones with the most octets. */
export const MOST_ADDRESSES = 100;

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
  /** The beginning of its first and its last time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Bits of what its rows are the rest of. */
  readonly restOf: number;
}

/** A file of sums that is on disk. */
export interface WrittenSums extends SumsExtent, FileMark {}

const TIME = quotedName(COLLECTION_TIME);

/** The beginning of a row's minute, hour and so on. */
export function startOfTime(tier: SumTier): string {
  const unit = tierMs[tier] * 1_000;
  return `make_timestamp(epoch_us(${TIME}) // ${unit} * ${unit})`;
}

/** A workload is named by its own name or by its Pod's. */
export const podOfWorkload: Partial<Record<FieldName, FieldName>> = {
  sourceWorkloadName: 'sourcePodName',
  destinationWorkloadName: 'destinationPodName',
};

/** What a row of a tier has of a key. A number is never NULL. */
export function keyColumn(tier: SumTier, name: FieldName, columns: ReadonlySet<string>): string {
  const column = storedColumn(name, columns);
  const workload = workloadOfNode[name];
  if (workload !== undefined && !sumsForm[tier].hasNodes)
    return `CASE WHEN ${keyColumn(tier, workload, columns)} IS NULL THEN ${column} END`;
  const pod = podOfWorkload[name];
  if (pod !== undefined && columns.has(pod)) {
    return `coalesce(${column}, ${workloadOfPod(quotedName(pod))})`;
  }
  // Files that are summed up together may lack it.
  return storedField(name).missing === '0' ? `coalesce(${column}, 0)` : column;
}
