import { RepeatedName } from '../../flow/index.ts';

/** Names held at most. Beyond that it starts anew: names in use then exist twice until their objects go. */
const MOST_NAMES = 65_536;

/** Gives objects with the same text one name, so that it is held once. */
export class NamePool {
  readonly #names = new Map<string, RepeatedName>();

  share(text: string): RepeatedName {
    if (text === '') return noName;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#names.size >= MOST_NAMES) this.#names.clear();
    const name = new RepeatedName(text);
    this.#names.set(text, name);
    return name;
  }
}

export const noName = new RepeatedName('');
