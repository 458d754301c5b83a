import type { Clock } from '../runtime/index.ts';
import { whenOutputCloses } from './standard-output.ts';

/** A second signal this soon comes from the same key press: a terminal and npm both pass Ctrl-C on. */
const SAME_KEY_MS = 300;

export interface EndingOptions {
  /** A program with finite work ends with it. */
  readonly done?: Promise<void>;
  /**
   * Called on SIGHUP instead of ending. For daemons: files may have moved, or a terminal that they do not
   * need has closed.
   */
  readonly onHangup?: () => void;
}

/**
 * Receives the request to end a program: Ctrl-C, SIGTERM, SIGHUP, or the reader of its output has gone. The
 * first asks it to drain and end, a second ends it at once.
 */
export class Ending {
  /** Resolves on the request to end. */
  readonly requested: Promise<void>;
  #request = () => {};
  #requestedMs: number | undefined;
  readonly #clock: Clock;
  readonly #onHangup: (() => void) | undefined;
  readonly #onSignal = (signal: NodeJS.Signals) => this.#handle(signal);

  constructor(clock: Clock, { onHangup, done }: EndingOptions = {}) {
    this.#clock = clock;
    this.#onHangup = onHangup;
    this.requested = new Promise((resolve) => {
      this.#request = resolve;
    });
    for (const signal of signals) process.on(signal, this.#onSignal);
    whenOutputCloses(() => this.request());
    done?.then(
      () => this.request(),
      () => this.request(),
    );
  }

  request(): void {
    this.#requestedMs ??= this.#clock.monotonic();
    this.#request();
  }

  #handle(signal: NodeJS.Signals): void {
    if (signal === 'SIGHUP' && this.#onHangup !== undefined) {
      this.#onHangup();
      return;
    }
    const again =
      this.#requestedMs !== undefined && this.#clock.monotonic() - this.#requestedMs > SAME_KEY_MS;
    if (again) process.exit(128 + numbers[signal]!);
    this.request();
  }

  /** Restores the previous handling of the signals. */
  [Symbol.dispose](): void {
    for (const signal of signals) process.off(signal, this.#onSignal);
  }
}

const numbers: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
const signals = Object.keys(numbers) as NodeJS.Signals[];
