/**
 * What sinks are made of: a thread of its own (`thread/`), and a queue on disk (`spool/`),
 * which any sink can have for what its receiver cannot take; and what describes a kind of sink.
 * Knows what a sink promises (src/flow), and nothing of what any one sink sends.
 */
export { csvCell } from './csv-cell.ts';
export type { SinkContext, SinkKind } from './sink-kind.ts';
export {
  DiskSpool,
  type Frame,
  type Lost,
  type Readings,
  type Recovered,
  type SpoolOptions,
  type Tally,
} from './spool/index.ts';
export { spoolOptions, spoolSettings } from './spool-options.ts';
export { type SpoolableSink, type SpoolingOptions, SpoolingSink } from './spooling-sink.ts';
export { type SinkParts, serveSink, ThreadSink } from './thread/index.ts';
export { ToldColumns } from './told-columns.ts';
