import type { Clock, Log } from '../../runtime/index.ts';
import { faultText } from './authority-state.ts';

/** Says that something is out of reach, since when and why; and when it is back. */
export class Outage {
  readonly #clock: Clock;
  readonly #log: Log;
  #sinceMs: number | undefined;
  #reason = 'nobody has answered yet';

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Why, and since when: "… (since 2026-01-01T00:00:00Z)". */
  get text(): string {
    return this.#sinceMs === undefined ? this.#reason : `${this.#reason} (since ${this.#since})`;
  }

  begin(error: unknown, what: string): void {
    this.#sinceMs ??= this.#clock.monotonic();
    this.#reason = faultText(error);
    this.#log.limited('certificates', 'out of reach', `${what}: ${this.text}`);
  }

  end(): void {
    if (this.#sinceMs === undefined) return;
    this.#log.info('certificates', `certificates in the cluster can be read again, after ${this.#since}`);
    this.#sinceMs = undefined;
  }

  get #since(): string {
    return new Date(this.#clock.wallAt(this.#sinceMs!)).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}
