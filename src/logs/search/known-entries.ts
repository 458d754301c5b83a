import { hash } from 'node:crypto';
import type { LoggedLine } from '../flow-lines/index.ts';

/** What tells an entry from others of its time. */
const keyOf = ({ labels, line }: LoggedLine): string =>
  `${line}\n${JSON.stringify(Object.entries(labels).sort())}`;

/**
 * Takes entries that come in order for new once. Those of one time may be divided between two pages; a push
 * that was sent twice is stored twice by some servers.
 */
export class EntriesOfOneTime {
  #timeNs: bigint | undefined;
  readonly #keys = new Set<string>();

  /** @returns those that have not come yet */
  add(entries: readonly LoggedLine[]): LoggedLine[] {
    return entries.filter((entry) => {
      if (entry.timeNs !== this.#timeNs) this.#keys.clear();
      this.#timeNs = entry.timeNs;
      const count = this.#keys.size;
      return this.#keys.add(keyOf(entry)).size > count;
    });
  }
}

/** Entries of any times by what tells them apart, hashed, as there may be many. */
export class SeenEntries {
  readonly #times = new Map<string, bigint>();

  constructor(entries: readonly LoggedLine[]) {
    this.addAll(entries, 0n);
  }

  /** Adds those from `sinceNs` on. @returns those that were not among the seen */
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
