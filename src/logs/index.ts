/**
 * Loki: flows as lines of streams (`flow-lines/`), and their way there (`push/`). Knows nothing of where flows come from.
 */
export { LokiSink } from './loki-sink.ts';
export type { LokiSinkOptions } from './options.ts';
