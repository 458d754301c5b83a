/** A sink in a thread of its own. */
export { LokiWorkerSink } from './loki-worker-sink.ts';
