import { type Ledger, type Log, startWorker } from '../runtime/index.ts';
import { ThreadSink } from '../sinks/index.ts';
import { accountName } from './log-server.ts';
import type { FlowLogOptions } from './options.ts';
import type { PushConnection } from './push/index.ts';

/** What the thread makes its `FlowLogSink` of. */
export interface FlowLogBirth {
  readonly name: string;
  readonly options: FlowLogOptions;
}

export interface FlowLogFacts {
  readonly connections: readonly PushConnection[];
}

/**
 * A `FlowLogSink` in a thread of its own. Starting it throws what kept that from starting: WEIR_LOKI_FILE,
 * WEIR_SPOOL_…
 */
export class FlowLogWorkerSink extends ThreadSink<FlowLogBirth, FlowLogFacts> {
  constructor(name: string, options: FlowLogOptions, parts: { readonly ledger: Ledger; readonly log: Log }) {
    const thread = {
      start: startFlowLogWorker,
      birth: { name, options },
      account: { name: accountName(options.server, name), unit: 'lines' },
    };
    super(name, thread, parts);
  }

  /** The connections that lines are pushed over, as of a moment ago. */
  get connections(): readonly PushConnection[] {
    return this.facts?.connections ?? [];
  }
}

const startFlowLogWorker = (options: Parameters<typeof startWorker>[2]) =>
  startWorker('flow-log-worker', import.meta.url, options);
