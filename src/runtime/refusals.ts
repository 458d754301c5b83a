import type { Log, Refused } from './log.ts';

/** Logs why something is refused that is looked at again and again: once for each reason. */
export class Refusals {
  readonly #log: Log;
  readonly #component: string;
  readonly #refused: Refused;
  #told: string | undefined;

  constructor(log: Log, component: string, refused: Refused) {
    this.#log = log;
    this.#component = component;
    this.#refused = refused;
  }

  refuse(text: string): void {
    if (text !== this.#told) this.#log.refuse(this.#component, this.#refused, text);
    this.#told = text;
  }

  /** Logs the next refusal, even if it has the same reason as the last one. */
  accept(): void {
    this.#told = undefined;
  }
}
