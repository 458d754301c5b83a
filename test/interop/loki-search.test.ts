import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { type LoggedLine, LogSearch, LokiQuery } from '../../src/logs/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import {
  collect,
  numberedFlows,
  numberOf,
  numbersUpTo,
  numberedLayout as options,
  numberedQuery as query,
} from '../support/numbered-entries.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';

requires('loki')('a search in Loki', () => {
  let loki: Loki;
  let startMs: number;
  const count = 4_000;

  beforeAll(async () => {
    loki = await startLoki({ limits: { ...unhurried, max_entries_limit_per_query: 700 } });
    startMs = Date.now() - 30_000;
    // alternating times restart the nanoseconds of each millisecond, so that up to 500 entries share one
    // nanosecond
    const timeMs = (number: number) => startMs + (number % 9);
    const rows = numberedFlows(numbersUpTo(count), timeMs);
    await logFlows(loki, [batchOf(rows)], options);
  });

  afterAll(() => loki?.[Symbol.asyncDispose]());

  const search = (pageLines?: number) =>
    new LogSearch(
      new LokiQuery({ url: loki.url, ...(pageLines !== undefined && { pageLines }) }),
      systemClock,
    );

  it("finds each entry once across Loki's page limit, the oldest first", async () => {
    const pages = await collect(search().since(query, startMs - 1_000));
    const found = pages.flat();
    expect(pages.length).toBeGreaterThan(5);
    expect(found.map(numberOf).toSorted((a, b) => a - b)).toEqual(numbersUpTo(count));
    expect(found.every(({ timeNs }, i) => i === 0 || timeNs >= found[i - 1]!.timeNs)).toBe(true);
  });

  it('finds the newest entries page by page, in order of time', async () => {
    const found = await search().newest(query, startMs - 1_000, 1_500);
    const ages = numbersUpTo(count)
      .map((number) => number % 9)
      .toSorted((a, b) => a - b);
    expect(found.map((line) => numberOf(line) % 9)).toEqual(ages.slice(-1_500));
    expect(new Set(found.map(numberOf)).size).toBe(1_500);
    expect(await search().newest(query, startMs - 1_000, 0)).toEqual([]);
  });

  it('reports a nanosecond with more entries than Loki returns at a time', async () => {
    await expect(collect(search(100).since(query, startMs - 1_000))).rejects.toMatchObject({
      code: 'WEIR_LOKI_CROWDED',
      remedy: expect.stringContaining('max_entries_limit_per_query'),
    });
  });

  it('follows late, early and simultaneous entries, each once', async () => {
    const ending = new AbortController();
    const followed: number[] = [];
    const following = (async () => {
      for await (const page of search().follow(query, startMs, ending.signal))
        followed.push(...page.map(numberOf));
    })();
    await until('what is there already', () => followed.length === count);
    const nowMs = Date.now();
    const times = [nowMs - 200_000, startMs, nowMs, nowMs + 20_000];
    for (let round = 0; round < 4; round++) {
      const numbers = numbersUpTo(40).map((i) => count + round * 40 + i);
      await logFlows(loki, [batchOf(numberedFlows(numbers, (number) => times[number % 4]!))], options);
      await until('the flows of a round', () => followed.length >= count + (round + 1) * 40);
    }
    ending.abort();
    await following;
    expect(followed.toSorted((a, b) => a - b)).toEqual(numbersUpTo(count + 160));
  });

  it('follows without existing entries if no time is given', async () => {
    const ending = new AbortController();
    const pages = search().follow(query, undefined, ending.signal);
    let isThere = false;
    const first = pages.next().then(({ value }) => {
      isThere = true;
      return value as LoggedLine[];
    });
    // repeatedly, because entries before the first query are already there
    const later = () => logFlows(loki, [batchOf(numberedFlows([5_000], () => Date.now()))], options);
    await until('a flow that is new', () => later().then(() => isThere), { everyMs: 100 });
    ending.abort();
    expect((await pages.next()).done).toBe(true);
    expect(new Set((await first).map(numberOf))).toEqual(new Set([5_000]));
  });

  it('reports why Loki refuses a query', async () => {
    await expect(collect(search().since('{', startMs))).rejects.toMatchObject({
      code: 'WEIR_LOKI_REFUSED',
      message: expect.stringMatching(/^Loki at http:\S+ says 400: parse error/),
    });
  });
});
