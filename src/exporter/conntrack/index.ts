/**
 * The kernel's connection tracking as a source of rows: dumps of the whole table and the events new, update
 * and destroy, parsed by worker threads into batches of columns; the sysctls that its counters depend on, the
 * state of the table, the nftables table that keeps tracking on, and whether both are still as they should
 * be.
 *
 * It knows nothing of flows: what rows mean for a flow record is told by the connection store.
 */
export { ConnectionBatch, ConnectionStatus, RowKind, type TupleColumns } from './connection-batch.ts';
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
