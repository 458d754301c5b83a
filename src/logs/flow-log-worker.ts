import { serveSink } from '../sinks/index.ts';
import { FlowLogSink } from './flow-log-sink.ts';
import type { FlowLogBirth, FlowLogFacts } from './flow-log-worker-sink.ts';

/* The thread of a log sink, which makes, compresses, pushes and keeps lines. */

await serveSink(
  ({ name, options }: FlowLogBirth, parts) => new FlowLogSink(name, options, parts),
  ({ connections }): FlowLogFacts => ({ connections }),
);
