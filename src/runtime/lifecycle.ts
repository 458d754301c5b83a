import type { Clock } from './clock.ts';
import { describeError } from './errors.ts';
import type { Log } from './log.ts';

/** A part of a process: its constructor does nothing yet, it starts once and stops once. */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  /** Ends the waiting of a `start` that waits for something outside; `start` then resolves. */
  abandonStart?(): void;
  /** Drains what it holds within the deadline, then releases its resources. */
  stop(deadlineMs: number): Promise<void>;
}

/**
 * Starts components sinks first and stops them sources first: data always has somewhere to go, and what is
 * under way drains downstream. When one fails to start, those before it are stopped again.
 */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #started: Component[] = [];
  #starting: Component | undefined;
  #isAbandoned = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * @param components sinks first, sources last
   * @returns whether all have started; not all when the start was abandoned
   */
  async start(components: readonly Component[]): Promise<boolean> {
    for (const component of components) {
      if (this.#isAbandoned) return false;
      this.#starting = component;
      try {
        await component.start();
      } catch (error) {
        await this.stop(1_000);
        throw error;
      }
      this.#started.push(component);
    }
    return !this.#isAbandoned;
  }

  /** Starts no further component, and does not wait for one that waits for something outside. */
  abandonStart(): void {
    this.#isAbandoned = true;
    this.#starting?.abandonStart?.();
  }

  /** Stops the component that started last first. One that exceeds the deadline is logged and left behind. */
  async stop(deadlineMs: number): Promise<void> {
    const end = this.#clock.monotonic() + deadlineMs;
    for (let component = this.#started.pop(); component !== undefined; component = this.#started.pop()) {
      const leftMs = Math.max(0, end - this.#clock.monotonic());
      try {
        await withDeadline(this.#clock, component.stop(leftMs), leftMs + 500);
      } catch (error) {
        this.#log.error(component.name, `did not stop cleanly: ${describeError(error)}`);
      }
    }
  }
}

/** Settles as `promise` does, or rejects when `deadlineMs` have passed. */
export async function withDeadline<T>(clock: Clock, promise: Promise<T>, deadlineMs: number): Promise<T> {
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(deadlineMs, () => reject(new Error(`not done within ${Math.round(deadlineMs)} ms`)));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
