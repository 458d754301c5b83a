/**
 * The kernel's connection tracking as a source of rows. Worker threads read dumps of the whole table and the
 * events new, update and destroy, and parse them into batches. It also has the sysctls for its counters, the
 * state of the table, the nftables table that keeps tracking on, and the check of both.
 *
 * It knows nothing of flows: the connection store turns rows into flow records.
 */
export {
  ConnectionBatch,
  ConnectionStatus,
  IS_OFFLOADED,
  RowKind,
  type TupleColumns,
} from './connection-batch.ts';
export type { DumpSummary } from './connection-dump.ts';
export { ConnectionParser } from './connection-parser.ts';
export {
  type ConntrackCounters,
  type ConntrackHandlers,
  ConntrackSource,
  type ConntrackSourceOptions,
} from './conntrack-source.ts';
export { enableAccounting, readSysctl, type SysctlReport } from './sysctls.ts';
export { checkConntrack, readTableState, type TableState, type TableWarning } from './table-state.ts';
export type { TrackingReport } from './tracking-check.ts';
export type { TableIdentity } from './tracking-rules.ts';
export { TrackingTable } from './tracking-table.ts';
