import {
  type Clock,
  type Component,
  formatLedger,
  Ledger,
  Lifecycle,
  Log,
  type LogLevel,
  systemClock,
} from '../runtime/index.ts';
import { Ending } from './ending.ts';

/** How long what is under way may take to drain. */
const DRAIN_MS = 10_000;

/** What the parts of one process share. */
export class Service {
  readonly clock: Clock = systemClock;
  readonly ledger = new Ledger();
  readonly log: Log;
  /** Where lines of the log go; the live view takes them while it has the terminal. */
  writeLine = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  #isReady = false;

  constructor(level: LogLevel = 'info') {
    this.log = new Log(this.clock, (line) => this.writeLine(line), level);
  }

  /** Whether all parts have started and none has been stopped. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Starts the components, waits until the end is asked for, drains, and prints the ledger to standard error.
   * @param components sinks first, sources last
   * @throws what kept a component from starting
   */
  async run(components: readonly Component[]): Promise<void> {
    using ending = new Ending(this.clock);
    const lifecycle = new Lifecycle(this.clock, this.log);
    await lifecycle.start(components);
    this.#isReady = true;
    this.log.info('weir', 'ready');
    await ending.requested;
    this.#isReady = false;
    await lifecycle.stop(DRAIN_MS);
    process.stderr.write(`${formatLedger(this.ledger.toJSON())}\n`);
  }
}
