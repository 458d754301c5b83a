/** A sink in its own thread: `ThreadSink` in the main thread, `serveSink` in the other. */
export { type SinkParts, serveSink } from './serve-sink.ts';
export { ThreadSink } from './thread-sink.ts';
