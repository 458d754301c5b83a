/** A sink in its own thread: `ThreadSink` in the main thread, `serveSink` in the other. */
export type { SentBatch } from './messages.ts';
export { BatchSender, ReceivedBatches } from './sent-batches.ts';
export { type SinkParts, serveSink } from './serve-sink.ts';
export { ThreadSink } from './thread-sink.ts';
