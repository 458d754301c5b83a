import { type Component, describeError } from '../runtime/index.ts';
import { DEFAULT_AGE_MS, DEFAULT_OCTETS } from '../store/index.ts';
import type { Service } from './service.ts';
import type { WiredAggregator } from './wired-aggregator.ts';

/**
 * The history of `weir up`. Without it everything else works: when it cannot start, a warning says why, and
 * what to do.
 */
export class KeptHistory implements Component {
  readonly name = 'history';
  readonly #directory: string;
  readonly #service: Service;
  readonly #keep: WiredAggregator['keepHistory'];

  constructor(directory: string, service: Service, keep: WiredAggregator['keepHistory']) {
    this.#directory = directory;
    this.#service = service;
    this.#keep = keep;
  }

  async start(): Promise<void> {
    const { ledger, log } = this.#service;
    const limits = { maxOctets: DEFAULT_OCTETS, maxAgeMs: DEFAULT_AGE_MS };
    try {
      await this.#keep(this.name, { directory: this.#directory, ...limits });
    } catch (error) {
      log.warn(this.name, `flows are not kept on this machine: ${describeError(error)}`);
      for (const account of [...ledger.accounts]) if (account.name === this.name) ledger.close(account);
    }
  }

  /** The fan-out stops its sinks. */
  async stop(): Promise<void> {}
}
