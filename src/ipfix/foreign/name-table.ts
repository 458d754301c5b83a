import type { Dictionary } from '../../flow/index.ts';
import type { StatementRoom } from './statement-room.ts';

/** Upper bound of the memory of an entry without its text, of a character, and maximum characters. */
const ENTRY_OCTETS = 256;
const CHARACTER_OCTETS = 2;
const MAX_CHARACTERS = 255;

interface Entry {
  readonly text: string;
  heardMs: number;
}

/** A name as plain data. */
export type KeptName = readonly [number: number, name: string, heardMs: number];

const octetsOf = ({ text }: Entry): number => ENTRY_OCTETS + text.length * CHARACTER_OCTETS;

/** What an exporter calls its interfaces or VRFs, by their numbers. */
export class NameTable {
  readonly #room: StatementRoom;
  readonly #entries = new Map<number, Entry>();
  /** Ids of the texts in the dictionary that was asked last. */
  readonly #ids = new Map<number, number>();
  /** How often names have come, changed and gone. */
  changes = 0;
  #dictionary: Dictionary | undefined;

  constructor(room: StatementRoom) {
    this.#room = room;
  }

  get size(): number {
    return this.#entries.size;
  }

  get kept(): KeptName[] {
    return [...this.#entries].map(([number, { text, heardMs }]) => [number, text, heardMs]);
  }

  /** Stores a name; an empty one removes it. False when there is no room for it. */
  put(number: number, name: string, nowMs: number): boolean {
    const text = name.slice(0, MAX_CHARACTERS);
    const known = this.#entries.get(number);
    if (known?.text === text) {
      known.heardMs = nowMs;
      return true;
    }
    this.#delete(number);
    if (text === '') return true;
    const entry = { text, heardMs: nowMs };
    if (!this.#room.take(octetsOf(entry))) return false;
    this.#entries.set(number, entry);
    this.changes++;
    return true;
  }

  /** Takes the names that were not heard before a time. */
  restore(kept: readonly KeptName[], oldestMs: number): void {
    for (const [number, name, heardMs] of kept) if (heardMs >= oldestMs) this.put(number, name, heardMs);
  }

  /** The id of a number's name in a dictionary; 0 without one. */
  idOf(number: number, dictionary: Dictionary): number {
    if (this.#dictionary !== dictionary) {
      this.#dictionary = dictionary;
      this.#ids.clear();
    }
    const id = this.#ids.get(number);
    if (id !== undefined) return id;
    const entry = this.#entries.get(number);
    if (entry === undefined) return 0;
    const added = dictionary.internText(entry.text);
    this.#ids.set(number, added);
    return added;
  }

  /** Forgets the names that were last heard before this time. */
  expire(beforeMs: number): void {
    for (const [number, { heardMs }] of this.#entries) if (heardMs < beforeMs) this.#delete(number);
  }

  clear(): void {
    for (const number of this.#entries.keys()) this.#delete(number);
  }

  #delete(number: number): void {
    const entry = this.#entries.get(number);
    if (entry === undefined) return;
    this.#entries.delete(number);
    this.#ids.delete(number);
    this.changes++;
    this.#room.take(-octetsOf(entry));
  }
}
