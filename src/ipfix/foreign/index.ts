/**
 * What foreign exporters mean by their counters and times: those that are neither Weir nor Antrea. A template
 * is looked at once, by RFC 7012 and by what is known of real exporters; what they state in options is
 * remembered for each observation domain. docs/how-to/foreign-exporters.md has the table for users.
 */
export { domainInScope, ExporterStatements } from './exporter-statements.ts';
export { allColumnsBeside, columnsBeside, isForeign } from './foreign-columns.ts';
export { type Findings, ForeignRecords } from './foreign-records.ts';
