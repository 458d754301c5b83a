import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoggedLine } from '../../../src/logs/index.ts';
import { logServers } from '../../../src/logs/log-server.ts';
import type { LogQuery, LogSpan, SearchDirection } from '../../../src/logs/search/log-query.ts';
import { LogSearch } from '../../../src/logs/search/log-search.ts';
import { systemClock, WeirError } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { collect } from '../../support/numbered-entries.ts';

/** A server with these entries, which tells those of one time in another order each time it is asked. */
class ShufflingServer implements LogQuery {
  readonly server = logServers.victoriaLogs;
  readonly crowdedRemedy = 'Ask for less.';
  readonly #entries: readonly LoggedLine[];
  readonly #mostOctets: number;
  pageLines: number;
  mostPageLines: number;
  #asked = 0;

  constructor(
    entries: readonly LoggedLine[],
    { pageLines = 5, mostPageLines = 1_000, mostOctets = Number.POSITIVE_INFINITY } = {},
  ) {
    this.#entries = entries;
    this.pageLines = pageLines;
    this.mostPageLines = mostPageLines;
    this.#mostOctets = mostOctets;
  }

  async page(_: string, span: LogSpan, direction: SearchDirection): Promise<LoggedLine[] | undefined> {
    this.#asked += 7;
    const sign = direction === 'forward' ? 1 : -1;
    const rotated = this.#entries.map((_, i) => this.#entries[(i + this.#asked) % this.#entries.length]!);
    const page = rotated
      .filter(({ timeNs }) => timeNs >= span.startNs && timeNs < span.endNs)
      .sort((one, other) => sign * Number(one.timeNs - other.timeNs))
      .slice(0, this.pageLines);
    return page.reduce((octets, { line }) => octets + line.length, 0) > this.#mostOctets ? undefined : page;
  }
}

const entry = (timeNs: number, number: number): LoggedLine => ({
  labels: { number: String(number) },
  timeNs: BigInt(timeNs),
  line: 'line',
});
const numbers = (entries: readonly LoggedLine[]) => entries.map(({ labels }) => Number(labels.number));
const searchOf = (server: LogQuery) => new LogSearch(server, systemClock);
const anyTimes = fc.array(fc.nat({ max: 12 }), { maxLength: 60 });

describe('a search', () => {
  it('finds each entry once with any page size, the oldest first', () =>
    fc.assert(
      fc.asyncProperty(anyTimes, fc.integer({ min: 2, max: 9 }), async (times, pageLines) => {
        const search = searchOf(new ShufflingServer(times.map(entry), { pageLines }));
        const found = (await collect(search.since('', 0))).flat();
        expect(numbers(found).toSorted((a, b) => a - b)).toEqual([...times.keys()]);
        expect(found.map(({ timeNs }) => Number(timeNs))).toEqual(times.toSorted((a, b) => a - b));
      }),
    ));

  it('finds the newest entries, in order of time', () =>
    fc.assert(
      fc.asyncProperty(anyTimes, fc.nat({ max: 70 }), async (times, count) => {
        const search = searchOf(new ShufflingServer(times.map(entry), { pageLines: 3 }));
        const found = await search.newest('', 0, count);
        const sorted = times.toSorted((a, b) => a - b);
        expect(found.map(({ timeNs }) => Number(timeNs))).toEqual(count === 0 ? [] : sorted.slice(-count));
        expect(new Set(numbers(found)).size).toBe(found.length);
      }),
    ));

  it('joins equal entries of one time, and separates those of two times', async () => {
    const twice = [entry(1, 0), entry(1, 0), entry(2, 0), entry(2, 1)];
    const found = (await collect(searchOf(new ShufflingServer(twice)).since('', 0))).flat();
    expect(numbers(found).toSorted()).toEqual([0, 0, 1]);
  });

  it('requests fewer entries at a time when they are long', async () => {
    const server = new ShufflingServer(
      Array.from({ length: 40 }, (_, i) => entry(i, i)),
      {
        pageLines: 32,
        mostOctets: 40,
      },
    );
    expect(numbers((await collect(searchOf(server).since('', 0))).flat())).toHaveLength(40);
    expect(server.pageLines).toBe(8);
  });

  it.each([
    [
      'as many of one time as the server tells',
      { pageLines: 2, mostPageLines: 8 },
      'WEIR_VICTORIALOGS_CROWDED',
    ],
    ['long ones of one time', { pageLines: 8, mostOctets: 20 }, 'WEIR_VICTORIALOGS_CROWDED'],
    ['one that is longer than any', { mostOctets: 3 }, 'WEIR_VICTORIALOGS_REFUSED'],
  ])('reports %s', async (_, options, code) => {
    const server = new ShufflingServer(
      Array.from({ length: 20 }, (_, i) => entry(1, i)),
      options,
    );
    await expect(collect(searchOf(server).since('', 0))).rejects.toMatchObject({ code });
  });

  it('continues to follow after the server was away, reports this once, and misses nothing', async () => {
    const clock = new FakeClock(600_000);
    const entries: LoggedLine[] = [entry(1, 0)];
    const server = new ShufflingServer(entries, { pageLines: 100 });
    const page = server.page.bind(server);
    let isAway = false;
    server.page = async (...asked) => {
      if (isAway) throw new WeirError('WEIR_VICTORIALOGS_UNREACHABLE', 'no answer from VictoriaLogs');
      return page(...asked);
    };
    const told: string[] = [];
    const ending = new AbortController();
    const found: number[] = [];
    const following = (async () => {
      const pages = new LogSearch(server, clock).follow('', 0, ending.signal, {
        onTrouble: (text) => told.push(text),
      });
      for await (const lines of pages) found.push(...numbers(lines));
    })();
    const pass = async (seconds: number) => {
      for (let step = 0; step < seconds * 10; step++) {
        await turn();
        clock.advance(100);
      }
    };
    await pass(2);
    isAway = true;
    entries.push(entry(clock.now() * 1e6, 1));
    await pass(30);
    entries.push(entry(clock.now() * 1e6, 2));
    isAway = false;
    await pass(3);
    ending.abort();
    await following;
    expect(found).toEqual([0, 1, 2]);
    expect(told).toEqual(['no answer from VictoriaLogs; asking again', 'VictoriaLogs answers again']);
  });
});
