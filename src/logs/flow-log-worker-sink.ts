import { type Ledger, type Log, startWorker } from '../runtime/index.ts';
import { ThreadSink } from '../sinks/index.ts';
import { accountName } from './log-server.ts';
import type { FlowLogOptions } from './options.ts';
import type { PushConnection } from './push/index.ts';

/** The data from which the thread makes its `FlowLogSink`. */
export interface FlowLogBirth {
  readonly name: string;
  readonly options: FlowLogOptions;
}

export interface FlowLogFacts {
  readonly connections: readonly PushConnection[];
}

/**
 * A `FlowLogSink` in its own thread. Starting it throws the error that kept it from starting: WEIR_LOKI_FILE,
 * WEIR_SPOOL_…
 */
export class FlowLogWorkerSink extends ThreadSink<FlowLogBirth, FlowLogFacts> {
  constructor(name: string, options: FlowLogOptions, parts: { readonly ledger: Ledger; readonly log: Log }) {
    const thread = {
      start: startFlowLogWorker,
      birth: { name, options },
      account: { name: accountName(options.server, name), unit: 'lines' },
      isTerminable: true,
    };
    super(name, thread, parts);
  }

  /** The connections for pushes, as last reported. */
  get connections(): readonly PushConnection[] {
    return this.facts?.connections ?? [];
  }
}

const startFlowLogWorker = (options: Parameters<typeof startWorker>[2]) =>
  startWorker('flow-log-worker', import.meta.url, options);
