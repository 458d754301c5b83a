import {
  type Account,
  type Clock,
  type Component,
  formatLedger,
  Ledger,
  Lifecycle,
  Log,
  type LogLevel,
  systemClock,
} from '../runtime/index.ts';
import { Ending, type EndingOptions } from './ending.ts';
import { writeError } from './standard-error.ts';

/** How long what is under way may take to drain. */
const DRAIN_MS = 10_000;

/** What the parts of one process share. */
export class Service {
  readonly clock: Clock = systemClock;
  readonly ledger = new Ledger();
  readonly log: Log;
  /** Where lines of the log go; the live view takes them while it has the terminal. */
  writeLine = (line: string): void => {
    writeError(`${line}\n`, () => this.#countLostLine());
  };
  readonly #watched: (() => readonly string[])[] = [];
  #lostLines: Account | undefined;
  #isReady = false;

  constructor(level: LogLevel = 'info') {
    this.log = new Log(this.clock, (line) => this.writeLine(line), level);
  }

  /** Whether all parts have started and none has been stopped. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Why the process may miss what it is there to see, as its parts tell. */
  get problems(): readonly string[] {
    return this.#watched.flatMap((problems) => problems());
  }

  /** Makes the process ready only while the part tells of no problem. */
  heed(problems: () => readonly string[]): void {
    this.#watched.push(problems);
  }

  /** The account is there once it has something to tell. */
  #countLostLine(): void {
    this.#lostLines ??= this.ledger.open('log', 'lines', () => 0);
    this.#lostLines.received++;
    this.#lostLines.drop('not written');
  }

  /**
   * Starts the components, waits until the end is asked for, drains, and prints the ledger to standard error.
   * @param components sinks first, sources last
   * @throws what kept a component from starting
   */
  async run(components: readonly Component[], options: EndingOptions = {}): Promise<void> {
    using ending = new Ending(this.clock, options);
    const lifecycle = new Lifecycle(this.clock, this.log);
    await lifecycle.start(components);
    this.#isReady = true;
    this.log.info('weir', 'ready');
    await ending.requested;
    this.#isReady = false;
    await lifecycle.stop(DRAIN_MS);
    writeError(`${formatLedger(this.ledger.toJSON())}\n`);
  }
}

/**
 * A program that goes on without a terminal, and when logrotate says that it has moved files: each is opened
 * again by itself.
 */
export const daemon = ({ log }: Service): EndingOptions => ({
  onHangup: () =>
    log.info('weir', 'goes on after SIGHUP; a file that was moved is opened again when there is more for it'),
});
