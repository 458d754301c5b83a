/** A sink in a thread of its own: `ThreadSink` in the main thread, `serveSink` in the other. */
export { type SinkParts, serveSink } from './serve-sink.ts';
export { ThreadSink } from './thread-sink.ts';
