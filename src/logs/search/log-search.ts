import { type Clock, WeirError } from '../../runtime/index.ts';
import type { LoggedLine } from '../flow-lines/index.ts';
import { EntriesOfOneTime, SeenEntries } from './known-entries.ts';
import type { LogQuery, LogSpan, SearchDirection } from './log-query.ts';

/**
 * How late an entry may arrive and still be followed. An aggregator reports an ended flow up to 90 s after
 * its last packet (inactiveFlowRecordTimeout), an agent up to 15 s. A push may be repeated.
 */
const LATE_MS = 300_000;
/** How far ahead of this clock an entry's may be. */
const AHEAD_MS = 60_000;
const POLL_MS = 1_000;
/** A poll takes at most one part in this many of the time. */
const REST = 4;

const nanosecondsOf = (ms: number): bigint => BigInt(Math.floor(ms)) * 1_000_000n;

export interface FollowOptions {
  /** Entries that have already been shown. */
  readonly shown?: readonly LoggedLine[];
  /** Called when the server is away, and when it is back. */
  readonly onTrouble?: (text: string) => void;
}

/** Whether a repeated query may help. */
const isOfAway = (error: unknown): error is WeirError =>
  error instanceof WeirError && /_(UNREACHABLE|BUSY)$/.test(error.code);

/** Finds any number of entries in a Loki or VictoriaLogs. */
export class LogSearch {
  readonly #server: LogQuery;
  readonly #clock: Clock;

  constructor(server: LogQuery, clock: Clock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** All entries since a time, the oldest first. */
  since(query: string, startMs: number): AsyncGenerator<LoggedLine[]> {
    return this.#pages(query, this.#since(startMs), 'forward');
  }

  /** The newest `count` entries since a time, the oldest of them first. */
  async newest(query: string, startMs: number, count: number): Promise<LoggedLine[]> {
    const found: LoggedLine[] = [];
    if (count > 0) {
      this.#server.pageLines = Math.min(this.#server.pageLines, Math.max(count, LEAST_PAGE));
      for await (const page of this.#pages(query, this.#since(startMs), 'backward')) {
        found.push(...page);
        if (found.length >= count) break;
      }
    }
    return found.slice(0, count).reverse();
  }

  /**
   * Entries that arrive from now on, each once, until the signal aborts. They arrive in any order of their
   * times, so each poll goes back as far as an entry may be late. Once it has begun, it queries an
   * unavailable server repeatedly.
   * @param startMs includes entries that are there since this time
   */
  async *follow(
    query: string,
    startMs: number | undefined,
    signal: AbortSignal,
    { shown = [], onTrouble = () => {} }: FollowOptions = {},
  ): AsyncGenerator<LoggedLine[]> {
    const seen = new SeenEntries(shown);
    let looked = this.#clock.monotonic();
    const lateMs = this.#clock.wallAt(looked) - LATE_MS;
    for await (const page of this.since(query, Math.min(startMs ?? lateMs, lateMs))) {
      const fresh = seen.addAll(page, nanosecondsOf(lateMs));
      const wanted =
        startMs === undefined ? [] : fresh.filter(({ timeNs }) => timeNs >= nanosecondsOf(startMs));
      if (wanted.length > 0) yield wanted;
    }
    let isAway = false;
    while (!signal.aborted) {
      const tookMs = isAway ? 0 : this.#clock.monotonic() - looked;
      await this.#pause(Math.max(POLL_MS, REST * tookMs), signal);
      if (signal.aborted) return;
      const fromMs = this.#clock.wallAt(looked) - LATE_MS;
      const look = this.#clock.monotonic();
      seen.forget(nanosecondsOf(fromMs));
      try {
        for await (const page of this.since(query, fromMs)) {
          const fresh = seen.addAll(page, nanosecondsOf(fromMs));
          if (fresh.length > 0) yield fresh;
        }
        if (isAway) onTrouble(`${this.#server.server.title} answers again`);
        isAway = false;
        looked = look;
      } catch (error) {
        if (!isOfAway(error)) throw error;
        if (!isAway) onTrouble(`${error.message}; asking again`);
        isAway = true;
      }
    }
  }

  #pause(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#clock.after(durationMs, finish);
      signal.addEventListener('abort', finish);
    });
  }

  #since(startMs: number): LogSpan {
    return { startNs: nanosecondsOf(startMs), endNs: nanosecondsOf(this.#clock.now() + AHEAD_MS) };
  }

  /** Each page begins with the last time of the previous one, which may have had only some of its entries. */
  async *#pages(query: string, span: LogSpan, direction: SearchDirection): AsyncGenerator<LoggedLine[]> {
    let { startNs, endNs } = span;
    const known = new EntriesOfOneTime();
    for (;;) {
      const page = await this.#page(query, { startNs, endNs }, direction);
      const fresh = known.add(page);
      if (fresh.length > 0) yield fresh;
      if (page.length < this.#server.pageLines) return;
      const edgeNs = page.at(-1)!.timeNs;
      if (page[0]!.timeNs === edgeNs) this.#raisePage(edgeNs);
      if (direction === 'forward') startNs = edgeNs;
      else endNs = edgeNs + 1n;
    }
  }

  /** A page, of fewer entries when they are long. */
  async #page(query: string, span: LogSpan, direction: SearchDirection): Promise<LoggedLine[]> {
    for (;;) {
      const page = await this.#server.page(query, span, direction);
      if (page !== undefined) return page;
      if (this.#server.pageLines === 1) throw tooLong(this.#server);
      this.#server.pageLines = Math.ceil(this.#server.pageLines / 2);
      this.#server.mostPageLines = this.#server.pageLines;
    }
  }

  /** For a page with entries of a single time. */
  #raisePage(timeNs: bigint): void {
    const { pageLines, mostPageLines } = this.#server;
    if (pageLines >= mostPageLines) throw tooMany(this.#server, timeNs);
    this.#server.pageLines = Math.min(2 * pageLines, mostPageLines);
  }
}

/** A smaller page would often have a single nanosecond. */
const LEAST_PAGE = 1_000;

const tooMany = ({ server, pageLines, crowdedRemedy }: LogQuery, timeNs: bigint): WeirError =>
  new WeirError(
    `WEIR_${server.code}_CROWDED`,
    `${pageLines} entries or more are of the one nanosecond ${timeNs}, which is the most that ${server.title} returns at a time`,
    { remedy: crowdedRemedy },
  );

const tooLong = ({ server }: LogQuery): WeirError =>
  new WeirError(
    `WEIR_${server.code}_REFUSED`,
    `${server.title} was asked for one entry, and its response is longer than any entry`,
    { remedy: `Give the URL of ${server.title}, or of the gateway in front of it, with --server.` },
  );
