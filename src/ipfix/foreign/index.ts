/**
 * What foreign exporters, neither Weir nor Antrea, mean by their counters and times. Each template is
 * interpreted once, by RFC 7012 and by the habits of real exporters. Statements in options are kept for each
 * observation domain. docs/how-to/foreign-exporters.md has the table for users.
 */
export { domainInScope, ExporterStatements, type KeptStatements } from './exporter-statements.ts';
export { allColumnsBeside, columnsBeside, isForeign } from './foreign-columns.ts';
export { type Findings, ForeignRecords } from './foreign-records.ts';
export { LossReports, type ReportTimes } from './loss-reports.ts';
export type { StatementRoom } from './statement-room.ts';
