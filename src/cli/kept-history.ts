import type { SinkOptions } from '../aggregator/index.ts';
import { type Component, describeError } from '../runtime/index.ts';
import { DEFAULT_AGE_MS, DEFAULT_OCTETS, HistoryWorkerSink } from '../store/index.ts';
import type { Service } from './service.ts';

/**
 * The history of `weir up`. Without it everything else works: when it cannot start, a warning says why, and
 * what to do.
 */
export class KeptHistory implements Component {
  readonly name = 'history';
  readonly #directory: string;
  readonly #service: Service;
  readonly #addSink: (make: () => SinkOptions) => Promise<void>;

  constructor(directory: string, service: Service, addSink: (make: () => SinkOptions) => Promise<void>) {
    this.#directory = directory;
    this.#service = service;
    this.#addSink = addSink;
  }

  async start(): Promise<void> {
    const { ledger, log } = this.#service;
    const limits = { maxOctets: DEFAULT_OCTETS, maxAgeMs: DEFAULT_AGE_MS };
    try {
      await this.#addSink(() => ({
        sink: new HistoryWorkerSink(this.name, { directory: this.#directory, ...limits }, { ledger, log }),
      }));
    } catch (error) {
      log.warn(this.name, `flows are not kept on this machine: ${describeError(error)}`);
      for (const account of [...ledger.accounts]) if (account.name === this.name) ledger.close(account);
    }
  }

  /** The fan-out stops its sinks. */
  async stop(): Promise<void> {}
}
