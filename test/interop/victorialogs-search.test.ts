import { afterAll, beforeAll, expect, it } from 'vitest';
import { batchOf } from '../../src/flow/index.ts';
import { type LoggedLine, LogSearch, VictoriaLogsQuery } from '../../src/logs/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { logFlows } from '../support/loki-flows.ts';
import {
  collect,
  numberedFlows,
  numberedLayout,
  numberOf,
  numbersUpTo,
  numberedQuery as query,
} from '../support/numbered-entries.ts';
import { requires } from '../support/requires.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

const ascending = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);

requires('victoria-logs')('a search in VictoriaLogs', () => {
  let server: VictoriaLogs;
  let startMs: number;
  const count = 4_000;

  const log = (numbers: readonly number[], timeMs: (number: number) => number, service_name = 'weir-flows') =>
    logFlows({ url: server.url, server: 'victoriaLogs' }, [batchOf(numberedFlows(numbers, timeMs))], {
      ...numberedLayout,
      staticLabels: { service_name },
    });

  beforeAll(async () => {
    server = await startVictoriaLogs();
    startMs = Date.now() - 30_000;
    // alternating times restart the nanoseconds of each millisecond, so that up to 500 entries share one
    // nanosecond
    await log(numbersUpTo(count), (number) => startMs + (number % 9));
    await server.flush();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  const search = (pageLines?: number) =>
    new LogSearch(
      new VictoriaLogsQuery({ url: server.url, ...(pageLines !== undefined && { pageLines }) }),
      systemClock,
    );

  it.each([
    ['when a page has room for those of some nanoseconds', 700],
    ['when a page has no room for those of one nanosecond', 30],
    ['in one page', undefined],
  ])('finds each entry once, the oldest first, %s', async (_, pageLines) => {
    const found = (await collect(search(pageLines).since(query, startMs - 200_000))).flat();
    expect(ascending(found.map(numberOf))).toEqual(numbersUpTo(count));
    expect(found.every(({ timeNs }, i) => i === 0 || timeNs >= found[i - 1]!.timeNs)).toBe(true);
  });

  it('reads times to the nanosecond, and labels except those of VictoriaLogs', async () => {
    // in one stream, each with its own nanosecond
    await log([0, 8, 16], () => startMs, 'nanoseconds');
    await server.flush();
    const found = (await collect(search().since('{service_name="nanoseconds"}', startMs - 1_000))).flat();
    expect(found.map(({ timeNs }) => timeNs)).toEqual(
      [0n, 1n, 2n].map((i) => BigInt(startMs) * 1_000_000n + i),
    );
    expect(found.map(numberOf)).toEqual([0, 8, 16]);
    expect(found[0]!.labels).toEqual({
      service_name: 'nanoseconds',
      namespace: 'team-0',
      sourcePodNamespace: 'team-0',
    });
  });

  it.each([undefined, 100])(
    'finds the newest entries in order of time, with pages of %s',
    async (pageLines) => {
      const found = await search(pageLines).newest(query, startMs - 3_600_000, 1_500);
      const ages = ascending(numbersUpTo(count).map((number) => number % 9));
      expect(found.map((line) => numberOf(line) % 9)).toEqual(ages.slice(-1_500));
      expect(new Set(found.map(numberOf)).size).toBe(1_500);
      expect(await search().newest(query, startMs - 1_000, 0)).toEqual([]);
    },
  );

  it('joins entries that were pushed twice', async () => {
    const twice = '{service_name="twice"}';
    for (let i = 0; i < 2; i++) await log([9_000, 9_001], () => startMs, 'twice');
    await server.flush();
    expect(await server.count(twice)).toBe(4);
    const found = (await collect(search().since(twice, startMs - 1))).flat();
    expect(ascending(found.map(numberOf))).toEqual([9_000, 9_001]);
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
      await log(numbers, (number) => times[number % 4]!);
      await until('the flows of a round', () => followed.length >= count + (round + 1) * 40);
    }
    ending.abort();
    await following;
    expect(ascending(followed)).toEqual(numbersUpTo(count + 160));
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
    const later = () => log([5_000], () => Date.now());
    await until('a flow that is new', () => later().then(() => isThere), { everyMs: 100 });
    ending.abort();
    expect((await pages.next()).done).toBe(true);
    expect(new Set((await first).map(numberOf))).toEqual(new Set([5_000]));
  });

  it('reports why VictoriaLogs refuses a query', async () => {
    await expect(collect(search().since('{', startMs))).rejects.toMatchObject({
      code: 'WEIR_VICTORIALOGS_REFUSED',
      message: expect.stringMatching(/^VictoriaLogs at http:\S+ says 400: .*cannot parse/),
    });
  });
});
