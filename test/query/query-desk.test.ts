import { linkSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type MetNamespaces, type NamespaceReader } from '../../src/flow/index.ts';
import { type Query, QueryDesk, readQuery } from '../../src/query/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

const query = (more: object = {}): Query =>
  readQuery({ from: '1h', by: ['sourcePod'], measures: ['octets', 'records'], ...more }, Date.now() + 1_000);

const nobodyLeaves = new AbortController().signal;

/** Makes a history that takes seconds to read, out of a file that it has many times. */
async function growHistory(place: HistoryPlace): Promise<void> {
  await using history = await place.open({ maxOctets: 1e12 });
  for (const batch of new FlowCorpus({ records: 40_960, startMs: Date.now(), distinct: 4_096 }).batches())
    await history.append(batch);
  await history.flush();
  await history.close();
  const name = readdirSync(place.directory).find((each) => each.endsWith('.parquet'))!;
  for (let number = 1_000; number < 1_060; number++)
    linkSync(
      join(place.directory, name),
      join(place.directory, `${String(number).padStart(12, '0')}.parquet`),
    );
  await using again = await place.open({ maxOctets: 1e12 });
  await again.close();
}

/** Whether this process has a file of the history open: its thread reads it. */
const isRead = ({ directory }: HistoryPlace): boolean =>
  readdirSync('/proc/self/fd').some((fd) => targetOf(`/proc/self/fd/${fd}`).startsWith(`${directory}/`));

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ''; // it is closed by now
  }
}

describe('a desk for questions', { timeout: 300_000 }, () => {
  const small = new HistoryPlace();
  const large = new HistoryPlace();

  beforeAll(async () => {
    await using history = await small.open();
    await history.append(batchOf(Array.from({ length: 100 }, (_, i) => numberedFlow(i))));
    await growHistory(large);
  }, 300_000);
  afterAll(() => {
    small[Symbol.dispose]();
    large[Symbol.dispose]();
  });

  it('answers in JSON, with what the answer covers and the command that prints the same', async () => {
    await using desk = new QueryDesk(systemClock);
    const asked = query({ top: 2, step: '20m', compare: 'previous', where: 'namespace=team-1' });
    const answer = await desk.ask(small.directory, asked, nobodyLeaves);
    expect(answer).toMatchObject({
      stepMs: 1_200_000,
      by: ['sourcePod'],
      measures: ['octets', 'records'],
      // The numbers 1, 6, …, 96, two of each Pod.
      totals: [970, 20],
      previousTotals: [0, 0],
      groupCount: 10,
      groups: [
        { key: ['team-1/cart-46'], isRest: false, totals: [142, 2], previous: [0, 0] },
        { key: ['team-1/cart-41'], isRest: false, totals: [132, 2] },
        { key: [], isRest: true, totals: [696, 16] },
      ],
      coverage: { tiers: ['records'], unreadableRecords: 0, files: 0, rows: 100 },
    });
    const firstBucketMs = asked.fromMs - (asked.fromMs % 1_200_000);
    expect(answer.firstBucketMs).toBe(firstBucketMs);
    for (const [measure, total] of [142, 2].entries()) {
      const counts = answer.groups[0]!.series![measure]!;
      expect(counts).toHaveLength(Math.ceil((asked.toMs - firstBucketMs) / 1_200_000));
      expect(counts.slice(0, 2)).toEqual([0, 0]);
      expect(counts.reduce<number>((sum, count) => sum + Number(count), 0)).toBe(total);
    }
    expect(answer.coverage.gaps).toMatchObject([{ fromMs: asked.fromMs, why: 'before the history' }]);
    expect(answer.coverage.previous?.gaps).toEqual([
      { fromMs: asked.fromMs - 3_600_000, toMs: asked.fromMs, why: 'before the history' },
    ]);
    expect(answer.coverage.notices).toMatchObject([
      'The compared time is covered to 0.0 %: its counts may be too low, and changes too large.',
      expect.stringMatching(/^Before .*Z it is not known when a process wrote: a quiet time may be a gap\.$/),
    ]);
    expect(answer.command).toBe(
      `weir query --since ${new Date(asked.fromMs).toISOString()} --until ${new Date(asked.toMs).toISOString()} --by sourcePod --measure octets,records --top 2 --where namespace=team-1 --step 1200000ms --compare 3600000ms`,
    );
  });

  it('stops its work within 200 ms when the client leaves, and answers the others', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    await desk.ask(small.directory, query(), nobodyLeaves); // the thread runs
    expect(isRead(large)).toBe(false);
    const leaving = new AbortController();
    const left = desk.ask(
      large.directory,
      query({ by: ['source', 'destination', 'sourcePort'] }),
      leaving.signal,
    );
    const next = desk.ask(small.directory, query(), nobodyLeaves);
    await until('the thread to read', () => isRead(large), { everyMs: 1 });
    leaving.abort(new Error('left'));
    const leftMs = performance.now();
    await expect(left).rejects.toThrow('left');
    expect(performance.now() - leftMs).toBeLessThan(200);
    expect((await next).totals).toEqual([4_950, 100]);
    await until('its processor is idle', async () => {
      const before = process.cpuUsage();
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { user, system } = process.cpuUsage(before);
      return user + system < 100_000;
    });
  });

  it('stops while DuckDB works, again and again, and the process lives', async () => {
    for (let time = 0; time < 5; time++) {
      const desk = new QueryDesk(systemClock);
      const asked = [1, 2].map(() => desk.ask(large.directory, query({ step: '1m' }), nobodyLeaves));
      const ended = Promise.allSettled(asked);
      await until('the thread to read', () => isRead(large), { everyMs: 1 });
      await desk.stop();
      expect(await ended).toMatchObject(asked.map(() => ({ reason: { message: 'the process ends' } })));
      expect(isRead(large)).toBe(false);
    }
  });

  it('ends a question that takes longer than its limit, and answers the next', async () => {
    const clock = new FakeClock();
    await using desk = new QueryDesk(clock, { mostRunning: 1 });
    const slow = desk.ask(large.directory, query({ step: '1m' }), nobodyLeaves);
    const next = desk.ask(small.directory, query(), nobodyLeaves);
    clock.advance(30_000); // at once: the thread cannot have answered
    await expect(slow).rejects.toMatchObject({
      code: 'WEIR_QUERY_SLOW',
      message: 'the answer takes longer than 30 s',
    });
    expect((await next).totals).toEqual([4_950, 100]);
  });

  it('refuses a question when too many wait', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1, mostWaiting: 2 });
    const asked = Array.from({ length: 3 }, () => desk.ask(small.directory, query(), nobodyLeaves));
    await expect(desk.ask(small.directory, query(), nobodyLeaves)).rejects.toMatchObject({
      code: 'WEIR_QUERY_BUSY',
      message: '3 questions are asked already',
    });
    for (const { totals } of await Promise.all(asked)) expect(totals).toEqual([4_950, 100]);
  });

  it('counts only what a reader may read, and asks him about the namespaces that meet', async () => {
    await using desk = new QueryDesk(systemClock);
    const met: MetNamespaces[] = [];
    const reader: NamespaceReader = {
      knowsAnyEnd: false,
      namespacesAmong: async (all) => {
        met.push(...all);
        return { readable: ['team-1'], known: ['team-1'] };
      },
    };
    const answer = await desk.ask(small.directory, query(), nobodyLeaves, { reader });
    expect(answer.totals).toEqual([970, 20]);
    expect(answer.coverage).not.toHaveProperty('rows');
    expect(met.map(({ source }) => source).toSorted()).toEqual(
      ['team-0', 'team-1', 'team-2', 'team-3', 'team-4'].toSorted(),
    );
  });

  it('fails a question when nobody can say what its reader may read, and answers the next', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    const namespacesAmong = async () => {
      throw new Error('the API server is away');
    };
    const failed = desk.ask(small.directory, query(), nobodyLeaves, {
      reader: { knowsAnyEnd: true, namespacesAmong },
    });
    const next = desk.ask(small.directory, query(), nobodyLeaves);
    await expect(failed).rejects.toThrow('the API server is away');
    expect((await next).totals).toEqual([4_950, 100]);
  });

  it('answers others before one who asks much, and refuses him at some time', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 2, mostOfOne: 3 });
    const ask = (name: string, place = small) => desk.ask(place.directory, query(), nobodyLeaves, { name });
    const quick = [ask('busy'), ask('busy')];
    let isThird = false;
    const third = ask('busy', large).finally(() => {
      isThird = true;
    });
    const other = ask('other');
    await expect(ask('busy')).rejects.toMatchObject({
      code: 'WEIR_QUERY_BUSY',
      message: 'busy asks 3 questions already',
    });
    await Promise.all([...quick, other]);
    expect(isThird).toBe(false);
    await Promise.all([desk.stop(), expect(third).rejects.toThrow('the process ends')]);
  });

  it('outlives its thread', async () => {
    await using desk = new QueryDesk(systemClock, { maxMegabytes: 24 });
    // All of it is in the log: a thread that dies while DuckDB works takes the process with it.
    using place = new HistoryPlace();
    await using history = await place.open({ maxOctets: 1e12 });
    for (const batch of new FlowCorpus({ records: 40_960, startMs: Date.now(), distinct: 40_960 }).batches())
      await history.append(batch);
    const many = query({ by: ['source', 'destination', 'sourcePort'], step: '2s', top: 130 });
    await expect(desk.ask(place.directory, many, nobodyLeaves)).rejects.toMatchObject({
      code: 'WEIR_QUERY_FAILED',
    });
    expect((await desk.ask(small.directory, query({ by: [] }), nobodyLeaves)).totals).toEqual([4_950, 100]);
  });

  it('tells what is wrong with the history', async () => {
    await using desk = new QueryDesk(systemClock);
    await expect(desk.ask('/nowhere', query(), nobodyLeaves)).rejects.toMatchObject({
      code: 'WEIR_HISTORY_MISSING',
      remedy: expect.stringContaining('weir up'),
    });
  });
});
