import { hash } from 'node:crypto';
import type { LoggedLine } from '../flow-lines/index.ts';

/** Distinguishes an entry from others of its time. */
const keyOf = ({ labels, line }: LoggedLine): string =>
  `${line}\n${JSON.stringify(Object.entries(labels).sort())}`;

/**
 * Passes on each entry of an ordered sequence once. Two pages may share the entries of one time, and some
 * servers store a repeated push twice.
 */
export class EntriesOfOneTime {
  #timeNs: bigint | undefined;
  readonly #keys = new Set<string>();

  /** @returns the entries that are new */
  add(entries: readonly LoggedLine[]): LoggedLine[] {
    return entries.filter((entry) => {
      if (entry.timeNs !== this.#timeNs) this.#keys.clear();
      this.#timeNs = entry.timeNs;
      const count = this.#keys.size;
      return this.#keys.add(keyOf(entry)).size > count;
    });
  }
}

/** Entries of any time, hashed, as there may be many. */
export class SeenEntries {
  readonly #times = new Map<string, bigint>();

  constructor(entries: readonly LoggedLine[]) {
    this.addAll(entries, 0n);
  }

  /** Adds those from `sinceNs` on. @returns those that were not there */
  addAll(entries: readonly LoggedLine[], sinceNs: bigint): LoggedLine[] {
    return entries.filter((entry) => {
      const key = hash('sha1', `${entry.timeNs}\n${keyOf(entry)}`, 'base64');
      if (this.#times.has(key)) return false;
      if (entry.timeNs >= sinceNs) this.#times.set(key, entry.timeNs);
      return true;
    });
  }

  forget(beforeNs: bigint): void {
    for (const [key, timeNs] of this.#times) if (timeNs < beforeNs) this.#times.delete(key);
  }
}
