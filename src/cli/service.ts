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

/** Deadline for draining. */
const DRAIN_MS = 10_000;

/** What the parts of one process share. */
export class Service {
  readonly clock: Clock = systemClock;
  readonly ledger = new Ledger();
  readonly log: Log;
  /** Where log lines go; the live view takes them while it has the terminal. */
  writeLine = (line: string): void => {
    writeError(`${line}\n`, () => this.#countLostLine());
  };
  readonly #watched: (() => readonly string[])[] = [];
  readonly #remarking: (() => readonly string[])[] = [];
  #lostLines: Account | undefined;
  #isReady = false;

  constructor(level: LogLevel = 'info') {
    this.log = new Log(this.clock, (line) => this.writeLine(line), level);
  }

  /** Whether all parts have started and none has been stopped. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Why the process may miss flows, as its parts report. */
  get problems(): readonly string[] {
    return this.#watched.flatMap((problems) => problems());
  }

  /** The process is ready only while the part reports no problem. */
  heed(problems: () => readonly string[]): void {
    this.#watched.push(problems);
  }

  /** What its parts lack while the process is ready all the same. */
  get remarks(): readonly string[] {
    return this.#remarking.flatMap((remarks) => remarks());
  }

  /** The answer about readiness has what the part remarks. */
  remark(remarks: () => readonly string[]): void {
    this.#remarking.push(remarks);
  }

  /** The account opens with the first lost line. */
  #countLostLine(): void {
    this.#lostLines ??= this.ledger.open('log', 'lines', () => 0);
    this.#lostLines.received++;
    this.#lostLines.drop('not written');
  }

  /**
   * Starts the components, waits for the request to end, drains, and prints the ledger to standard error.
   * @param components sinks first, sources last
   * @throws the error of a component that could not start
   */
  async run(components: readonly Component[], options: EndingOptions = {}): Promise<void> {
    using ending = new Ending(this.clock, options);
    const lifecycle = new Lifecycle(this.clock, this.log);
    ending.requested.then(() => lifecycle.abandonStart());
    if (await lifecycle.start(components)) {
      this.#isReady = true;
      this.log.info('weir', 'ready');
      await ending.requested;
      this.#isReady = false;
    }
    await lifecycle.stop(DRAIN_MS);
    writeError(`${formatLedger(this.ledger.toJSON())}\n`);
  }
}

/**
 * A program that continues without a terminal, and after logrotate's SIGHUP: each file is reopened by its own
 * sink.
 */
export const untilStopped = ({ log }: Service): EndingOptions => ({
  onHangup: () => log.info('weir', 'continues after SIGHUP; it opens a moved file again for the next record'),
});
