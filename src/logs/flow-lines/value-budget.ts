import type { Dictionary } from '../../flow/index.ts';

/** The name for all values without a number of their own. */
export const OTHER_VALUE = 'other';

/**
 * Numbers for the values of a label: 1 for "other", and from 2 on for the first values that arrive. A value
 * keeps its number, so that streams stay the same. The numbers are bounded, whatever names come and go.
 */
export class ValueBudget {
  readonly #limit: number;
  readonly #texts: string[] = ['', OTHER_VALUE];
  readonly #numbers = new Map<string, number>([[OTHER_VALUE, 1]]);
  #dictionary: Dictionary | undefined;
  /** By id of the dictionary: the number of the value, 0 when not yet known. */
  #known = new Uint16Array(256);

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Values that found no free number. */
  folded = 0;

  /** Call before ids of another batch. */
  bind(dictionary: Dictionary): void {
    if (dictionary !== this.#dictionary || dictionary.size > this.#known.length) {
      this.#known = new Uint16Array(Math.max(dictionary.size * 2, this.#known.length));
      this.#dictionary = dictionary;
    }
  }

  value(id: number): number {
    return this.#known[id] || this.#find(id);
  }

  text(value: number): string {
    return this.#texts[value]!;
  }

  #find(id: number): number {
    const text = this.#dictionary!.text(id);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      if (this.#numbers.size > this.#limit) {
        this.folded++;
        number = 1;
      } else {
        number = this.#texts.push(text) - 1;
        this.#numbers.set(text, number);
      }
    }
    this.#known[id] = number;
    return number;
  }
}
