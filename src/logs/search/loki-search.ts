import { hash } from 'node:crypto';
import { type Clock, WeirError } from '../../runtime/index.ts';
import type { LoggedLine } from '../flow-lines/index.ts';
import { type Direction, LokiQuery, type LokiSearchOptions, type LokiSpan } from './loki-query.ts';

/**
 * How far behind its time an entry may come to Loki and still be followed: an aggregator tells of a flow that has ended up to 90 s after its
 * last packet (inactiveFlowRecordTimeout), an agent up to 15 s, a push may be repeated.
 */
const LATE_MS = 300_000;
/** How far ahead of this clock an entry's may be. */
const AHEAD_MS = 60_000;
const POLL_MS = 1_000;
/** Of the time, a poll takes at most one part in so many. */
const REST = 4;

const ns = (ms: number): bigint => BigInt(Math.floor(ms)) * 1_000_000n;

/** Finds entries in a Loki, however many. */
export class LokiSearch {
  readonly #loki: LokiQuery;
  readonly #clock: Clock;

  constructor(options: LokiSearchOptions, clock: Clock) {
    this.#loki = new LokiQuery(options);
    this.#clock = clock;
  }

  /** All entries since a time, the oldest first. */
  since(query: string, startMs: number): AsyncGenerator<LoggedLine[]> {
    return this.#pages(query, this.#since(startMs), 'forward');
  }

  /** The newest so many entries since a time, the oldest of them first. */
  async newest(query: string, startMs: number, count: number): Promise<LoggedLine[]> {
    const found: LoggedLine[] = [];
    if (count > 0) {
      this.#loki.pageLines = Math.min(this.#loki.pageLines, Math.max(count, LEAST_PAGE));
      for await (const page of this.#pages(query, this.#since(startMs), 'backward')) {
        found.push(...page);
        if (found.length >= count) break;
      }
    }
    return found.slice(0, count).reverse();
  }

  /**
   * Entries that come to Loki from now on, each once, until the signal. They come in any order of their times, so that each look goes back
   * as far as an entry may come late.
   * @param startMs to begin with those that are there since this time
   * @param shown of those, such as are told already
   */
  async *follow(
    query: string,
    startMs: number | undefined,
    signal: AbortSignal,
    shown: readonly LoggedLine[] = [],
  ): AsyncGenerator<LoggedLine[]> {
    const seen = new SeenEntries(shown);
    let lookedMs = this.#clock.now();
    const lateMs = lookedMs - LATE_MS;
    for await (const page of this.since(query, Math.min(startMs ?? lateMs, lateMs))) {
      const fresh = seen.addAll(page, ns(lateMs));
      const wanted = startMs === undefined ? [] : fresh.filter(({ timeNs }) => timeNs >= ns(startMs));
      if (wanted.length > 0) yield wanted;
    }
    while (!signal.aborted) {
      const tookMs = this.#clock.now() - lookedMs;
      await this.#pause(Math.max(POLL_MS, REST * tookMs), signal);
      if (signal.aborted) return;
      const fromMs = lookedMs - LATE_MS;
      lookedMs = this.#clock.now();
      seen.forget(ns(fromMs));
      for await (const page of this.since(query, fromMs)) {
        const fresh = seen.addAll(page, ns(fromMs));
        if (fresh.length > 0) yield fresh;
      }
    }
  }

  #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#clock.after(durationMs, end);
      signal.addEventListener('abort', end);
    });
  }

  #since(startMs: number): LokiSpan {
    return { startNs: ns(startMs), endNs: ns(this.#clock.now() + AHEAD_MS) };
  }

  /**
   * Entries of one time may be divided between two pages: each page begins with the last time of the one before, and what that had of it
   * is taken off.
   */
  async *#pages(query: string, span: LokiSpan, direction: Direction): AsyncGenerator<LoggedLine[]> {
    let { startNs, endNs } = span;
    let had = new Map<string, number>();
    for (;;) {
      const page = await this.#loki.page(query, { startNs, endNs }, direction);
      const fresh = page.filter((entry) => !takeOff(had, entry));
      if (fresh.length > 0) yield fresh;
      if (page.length < this.#loki.pageLines) return;
      const edgeNs = page.at(-1)!.timeNs;
      if (page[0]!.timeNs === edgeNs) throw tooMany(page.length, edgeNs);
      had = countsOf(page.filter(({ timeNs }) => timeNs === edgeNs));
      if (direction === 'forward') startNs = edgeNs;
      else endNs = edgeNs + 1n;
    }
  }
}

/** Fewer would often be those of one nanosecond. */
const LEAST_PAGE = 1_000;

/** What tells an entry from others of its time. */
const keyOf = ({ labels, line }: LoggedLine): string =>
  `${line}\n${JSON.stringify(Object.entries(labels).sort())}`;

function countsOf(entries: readonly LoggedLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const entry of entries) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
  return counts;
}

/** Whether it was among those counted, of which there is one less then. */
function takeOff(counts: Map<string, number>, entry: LoggedLine): boolean {
  if (counts.size === 0) return false;
  const key = keyOf(entry);
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}

/** Entries by what tells them apart, hashed, as there may be many. */
class SeenEntries {
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

const tooMany = (lines: number, timeNs: bigint): WeirError =>
  new WeirError(
    'WEIR_LOKI_CROWDED',
    `${lines} entries or more are of the one nanosecond ${timeNs}, which is all that Loki tells at one time`,
    {
      remedy:
        'Ask for fewer flows with filters, or raise max_entries_limit_per_query in limits_config of Loki.',
    },
  );
