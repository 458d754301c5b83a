/** A sink in a thread of its own. */
export { FlowLogWorkerSink } from './flow-log-worker-sink.ts';
