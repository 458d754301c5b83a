/**
 * What sinks are made of: a queue on disk for what a receiver cannot take (`spool/`), and a thread of its own (`thread/`).
 * Knows what a sink promises (src/flow), and nothing of what any one sink sends.
 */
export {
  DiskSpool,
  type Frame,
  type Lost,
  type Readings,
  type Recovered,
  type SpoolOptions,
  type Tally,
} from './spool/index.ts';
export { type SinkParts, serveSink, ThreadSink } from './thread/index.ts';
