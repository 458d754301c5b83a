import { type Ledger, type Log, startWorker } from '../runtime/index.ts';
import { ThreadSink } from '../sinks/index.ts';
import type { HistorySettings } from './history-sink.ts';

/** The data from which the thread makes its `HistorySink`. */
export interface HistoryBirth {
  readonly name: string;
  readonly settings: HistorySettings;
}

/** A `HistorySink` in its own thread. Starting it throws the error that kept it from starting. */
export class HistoryWorkerSink extends ThreadSink<HistoryBirth, undefined> {
  /** A local disk is slow for seconds at most. */
  readonly isAwaited = true;

  constructor(
    name: string,
    settings: HistorySettings,
    parts: { readonly ledger: Ledger; readonly log: Log },
  ) {
    const thread = {
      start: startHistoryWorker,
      birth: { name, settings },
      account: { name, unit: 'records' },
      isTerminable: false,
    };
    super(name, thread, parts);
  }
}

const startHistoryWorker = (options: Parameters<typeof startWorker>[2]) =>
  startWorker('history-worker', import.meta.url, options);
