import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchOf,
  type KnownNamespaces,
  type MetNamespaces,
  type NamespaceReader,
  noCondition,
  parseCondition,
} from '../../src/flow/index.ts';
import { type Query, QueryDesk, type RecordsPart, readQuery } from '../../src/query/index.ts';
import { commandOf } from '../../src/query/query-command.ts';
import { Log, systemClock } from '../../src/runtime/index.ts';
import type { FlowsWanted } from '../../src/store/index.ts';
import { answering, growHistory, isRead } from '../support/answering-processes.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { Program } from '../support/program.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

const query = (more: object = {}): Query =>
  readQuery({ from: '1h', by: ['sourcePod'], measures: ['octets', 'records'], ...more }, Date.now() + 1_000);

const nobodyLeaves = new AbortController().signal;
const everyRecord = { condition: noCondition };

/** Ticks of the processor that the processes have used which answer. */
const usedTicks = (): number =>
  answering().reduce((sum, pid) => {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11);
    return sum + Number(user) + Number(system);
  }, 0);

describe('a desk for questions', () => {
  const small = new HistoryPlace();
  const large = new HistoryPlace();
  /** Of hundreds of parts, which are soon read to the end. */
  const many = new HistoryPlace();

  beforeAll(async () => {
    await using history = await small.open();
    await history.append(batchOf(Array.from({ length: 100 }, (_, i) => numberedFlow(i))));
    await growHistory(large);
    await growHistory(many, 3);
  });
  afterAll(() => {
    for (const place of [small, large, many]) place[Symbol.dispose]();
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

  it('stops its work within 300 ms of processor time when the client leaves, and answers the others', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    await desk.ask(small.directory, query(), nobodyLeaves); // the process runs
    expect(isRead(large)).toBe(false);
    const leaving = new AbortController();
    const left = desk.ask(
      large.directory,
      query({ by: ['source', 'destination', 'sourcePort'] }),
      leaving.signal,
    );
    const next = desk.ask(small.directory, query(), nobodyLeaves);
    await until('a process to read', () => isRead(large), { everyMs: 1 });
    leaving.abort(new Error('left'));
    const before = usedTicks();
    await expect(left).rejects.toThrow('left');
    expect((await next).totals).toEqual([4_950, 100]);
    expect(usedTicks() - before).toBeLessThan(30); // of ten milliseconds; the whole question takes about 80
    await until('the process to be idle', async () => {
      const before = usedTicks();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return usedTicks() - before < 10;
    });
    expect(answering()).toHaveLength(1);
  });

  it('stops while DuckDB works, again and again, and the process lives', async () => {
    for (let time = 0; time < 5; time++) {
      const desk = new QueryDesk(systemClock);
      const asked = [1, 2].map(() => desk.ask(large.directory, query({ step: '1m' }), nobodyLeaves));
      const ended = Promise.allSettled(asked);
      await until('a process to read', () => isRead(large), { everyMs: 1 });
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
    clock.advance(30_000); // at once: the process cannot have answered
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

  it('never gives a reader the rights of one who has left', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    /** Somebody whose rights are found out late. */
    const lateReader = () => {
      const [isAsked, rights] = [Promise.withResolvers<void>(), Promise.withResolvers<KnownNamespaces>()];
      const reader: NamespaceReader = {
        knowsAnyEnd: false,
        namespacesAmong: () => {
          isAsked.resolve();
          return rights.promise;
        },
      };
      return { reader, isAsked: isAsked.promise, rights };
    };
    const [first, second] = [lateReader(), lateReader()];
    const leaving = new AbortController();
    const left = desk.ask(small.directory, query(), leaving.signal, { reader: first.reader });
    await first.isAsked;
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    const asked = desk.ask(small.directory, query(), nobodyLeaves, { reader: second.reader });
    await second.isAsked;
    first.rights.resolve({ readable: ['team-1', 'team-2', 'team-3'], known: [] });
    await first.rights.promise;
    second.rights.resolve({ readable: ['team-1'], known: ['team-1'] });
    expect((await asked).totals).toEqual([970, 20]);
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
    const first = ask('busy');
    const second = Promise.allSettled([ask('busy')]);
    let isThird = false;
    const third = ask('busy', large).finally(() => {
      isThird = true;
    });
    const other = ask('other');
    await expect(ask('busy')).rejects.toMatchObject({
      code: 'WEIR_QUERY_BUSY',
      message: 'busy asks 3 questions already',
    });
    await Promise.all([first, other]);
    // It has just begun, as the second one.
    expect(isThird).toBe(false);
    await Promise.all([desk.stop(), second, expect(third).rejects.toThrow('the process ends')]);
  });

  it('says that a question needs too much memory while DuckDB works for it, and answers the others', async () => {
    const lines: string[] = [];
    const log = new Log(systemClock, (line) => lines.push(line));
    await using desk = new QueryDesk(systemClock, { bounds: { maxHeapMegabytes: 24 }, log });
    const where = Array(60).fill('not port=1').join(' and ');
    const many = query({ by: ['source', 'destination', 'sourcePort'], step: '2s', top: 130, where });
    const asked = desk.ask(large.directory, many, nobodyLeaves);
    const others = [1, 2].map(() => desk.ask(small.directory, query(), nobodyLeaves));
    await expect(asked).rejects.toMatchObject({
      code: 'WEIR_QUERY_FAILED',
      message: 'the answer needs more memory than 24 MB for JavaScript',
      remedy: 'Ask for less: a shorter time, fewer dimensions or measures, or a smaller top.',
    });
    for (const { totals } of await Promise.all(others)) expect(totals).toEqual([4_950, 100]);
    expect((await desk.ask(small.directory, query(), nobodyLeaves)).totals).toEqual([4_950, 100]);
    expect(lines).toHaveLength(1);
    const command = commandOf(many).slice(0, 500);
    expect(lines[0]).toContain(
      `queries: a question has no answer: the answer needs more memory than 24 MB for JavaScript (${command})`,
    );
  });

  it('breaks off a question that takes too much memory outside of JavaScript, and answers the next', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1, bounds: { maxMegabytes: 190 } });
    const many = query({ by: ['source', 'destination', 'sourcePort'], step: '2s', top: 130 });
    await expect(desk.ask(large.directory, many, nobodyLeaves)).rejects.toMatchObject({
      code: 'WEIR_QUERY_FAILED',
      message: 'the answer needs more memory than 190 MB',
    });
    expect((await desk.ask(small.directory, query(), nobodyLeaves)).totals).toEqual([4_950, 100]);
  });

  it('says that DuckDB needs too much memory for a question, and answers the next', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    using place = new HistoryPlace();
    await using history = await place.open();
    for (let first = 0; first < 8_000; first += 100) {
      const long = (name: string, i: number) => `${name}-${first + i}-`.padEnd(8_000, 'x');
      const records = Array.from({ length: 100 }, (_, i) => ({
        ...{ sourceNodeName: long('a', i), destinationNodeName: long('b', i), octetDeltaCount: 1 },
        ...{ sourcePodName: long('c', i), destinationPodName: long('d', i) },
      }));
      await history.append(batchOf(records));
    }
    await history.flush();
    const by = ['sourceNode', 'destinationNode', 'sourcePod', 'destinationPod'];
    await expect(desk.ask(place.directory, query({ by }), nobodyLeaves)).rejects.toMatchObject({
      code: 'WEIR_QUERY_FAILED',
      message: 'DuckDB needs more memory for it than 128MB',
      remedy: expect.stringContaining('Ask for less'),
    });
    expect((await desk.ask(place.directory, query({ by: [] }), nobodyLeaves)).totals).toEqual([8_000, 8_000]);
  });

  it('says that a process has died, and answers the next question in another', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    const asked = desk.ask(large.directory, query({ step: '1m' }), nobodyLeaves);
    const next = desk.ask(small.directory, query(), nobodyLeaves);
    await until('a process to read', () => isRead(large), { everyMs: 1 });
    process.kill(answering()[0]!, 'SIGKILL');
    await expect(asked).rejects.toMatchObject({
      code: 'WEIR_QUERY_FAILED',
      message: 'the process that answers has ended: SIGKILL',
    });
    expect((await next).totals).toEqual([4_950, 100]);
    // One that dies without a question is replaced as well.
    process.kill(answering()[0]!, 'SIGKILL');
    await until('the process to be gone', () => answering().length === 0);
    expect((await desk.ask(small.directory, query(), nobodyLeaves)).totals).toEqual([4_950, 100]);
  });

  it('keeps its process while it is used, also when all processes are asked to end', async () => {
    const clock = new FakeClock();
    await using desk = new QueryDesk(clock, { idleMs: 60_000 });
    await desk.ask(small.directory, query(), nobodyLeaves);
    const first = answering();
    expect(first).toHaveLength(1);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(first[0]!, signal);
    clock.advance(59_000);
    expect((await desk.ask(small.directory, query(), nobodyLeaves)).totals).toEqual([4_950, 100]);
    clock.advance(59_000);
    expect(answering()).toEqual(first);
    clock.advance(1_000);
    await until('the process to end', () => answering().length === 0);
  });

  it('kills a process that goes on with a question for which nobody waits', async () => {
    await using desk = new QueryDesk(systemClock, { mostRunning: 1 });
    const leaving = new AbortController();
    const left = desk.ask(large.directory, query({ step: '1m' }), leaving.signal);
    const next = desk.ask(small.directory, query(), nobodyLeaves);
    await until('a process to read', () => isRead(large), { everyMs: 1 });
    process.kill(answering()[0]!, 'SIGSTOP');
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    expect((await next).totals).toEqual([4_950, 100]);
  });

  /** Reads many records, and takes one part of them. Others wait until `goOn` is called. */
  function readSlowly(desk: QueryDesk, signal = nobodyLeaves, wanted: FlowsWanted = everyRecord) {
    const { promise: gone, resolve: goOn } = Promise.withResolvers<void>();
    const parts: RecordsPart[] = [];
    const end = desk.read(many.directory, wanted, signal, {}, async (part) => {
      parts.push(part);
      if (parts.length > 1) await gone;
    });
    end.catch(() => {}); // it may end before anybody awaits it
    return { parts, goOn, end };
  }

  async function portsOf(desk: QueryDesk, wanted: FlowsWanted, reader?: NamespaceReader): Promise<number[]> {
    const lines: string[] = [];
    await desk.read(small.directory, wanted, nobodyLeaves, { reader }, async ({ text, records }) => {
      lines.push(...Buffer.from(text).toString().split('\n').slice(0, records));
    });
    return lines.map((line) => JSON.parse(line).sourceTransportPort);
  }

  it('hands over records in parts, and makes no more of them than are taken', async () => {
    await using desk = new QueryDesk(systemClock);
    const { parts, goOn, end } = readSlowly(desk);
    await until('a part with records', () => parts.length === 2);
    expect(parts[0]).toMatchObject({ records: 0, reachesBackToMs: expect.any(Number) });
    await until('its process to wait', async () => {
      const before = usedTicks();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return usedTicks() - before < 3;
    });
    expect(parts).toHaveLength(2);
    goOn();
    await end;
    using reader = await many.reader();
    const { records: all } = await reader.stats();
    expect(parts.reduce((sum, { records }) => sum + records, 0)).toBe(all);
    expect(Math.max(...parts.map(({ text }) => text.length))).toBeLessThan(270_000);
  });

  it('hands over nothing to who has left', async () => {
    await using desk = new QueryDesk(systemClock);
    const leaving = new AbortController();
    let parts = 0;
    const leaveLater = () => {
      const untilMs = performance.now() + 300; // the next part is on its way
      while (performance.now() < untilMs);
      leaving.abort(new Error('left'));
    };
    const read = desk.read(large.directory, everyRecord, leaving.signal, {}, async () => {
      if (++parts === 2) setTimeout(leaveLater, 1);
    });
    await expect(read).rejects.toThrow('left');
    const partsOnLeaving = parts;
    expect((await desk.ask(small.directory, query(), nobodyLeaves)).totals).toEqual([4_950, 100]);
    expect(parts).toBe(partsOnLeaving);
  });

  it('hands over what a reader may read, and the newest of it', async () => {
    await using desk = new QueryDesk(systemClock);
    const reader = {
      knowsAnyEnd: false,
      namespacesAmong: async () => ({ readable: ['team-1'], known: ['team-1'] }),
    };
    expect(await portsOf(desk, everyRecord)).toHaveLength(100);
    expect(await portsOf(desk, everyRecord, reader)).toHaveLength(20);
    const newest = { condition: parseCondition('namespace=team-1'), last: 2 };
    expect(await portsOf(desk, newest, reader)).toEqual(await portsOf(desk, newest));
  });

  it('counts flows while somebody reads records slowly, and lets others read after half a minute', async () => {
    const clock = new FakeClock();
    await using desk = new QueryDesk(clock);
    const slow = readSlowly(desk);
    await until('a part with records', () => slow.parts.length === 2);
    expect((await desk.ask(small.directory, query(), nobodyLeaves)).totals).toEqual([4_950, 100]);
    clock.advance(29_000); // nobody waits
    const next = portsOf(desk, everyRecord);
    clock.advance(1_000);
    await expect(slow.end).rejects.toMatchObject({
      code: 'WEIR_QUERY_SLOW',
      message: 'the answer was read slowly for 30 s, and others wait',
    });
    expect(await next).toHaveLength(100);
    // Who reads slowly goes on as long as nobody waits.
    const alone = readSlowly(desk);
    await until('a part with records', () => alone.parts.length === 2);
    clock.advance(300_000);
    alone.goOn();
    await alone.end;
  });

  it('shows the newest records while somebody reads many, and gives them half a minute', async () => {
    const clock = new FakeClock();
    await using desk = new QueryDesk(clock);
    const slow = readSlowly(desk);
    await until('a part with records', () => slow.parts.length === 2);
    const last = 10_000;
    expect(await portsOf(desk, { ...everyRecord, last })).toHaveLength(100);
    const few = readSlowly(desk, nobodyLeaves, { ...everyRecord, last });
    await until('a part with records', () => few.parts.length === 2);
    clock.advance(30_000);
    await expect(few.end).rejects.toMatchObject({ code: 'WEIR_QUERY_SLOW' });
    slow.goOn();
    await slow.end;
  });

  it('does not let slow readers of few records keep both processes', async () => {
    const clock = new FakeClock();
    await using desk = new QueryDesk(clock);
    const few = { ...everyRecord, last: 10_000 };
    const slow = [1, 2].map(() => readSlowly(desk, nobodyLeaves, few));
    await until('parts with records', () => slow.every(({ parts }) => parts.length === 2));
    const counted = desk.ask(small.directory, query(), nobodyLeaves);
    clock.advance(5_000);
    expect((await counted).totals).toEqual([4_950, 100]);
    for (const { end } of slow)
      await expect(end).rejects.toThrow('the answer was read slowly for 5 s, and others wait');
  });

  it('refuses records after half a minute of waiting for who reads fast', async () => {
    const clock = new FakeClock();
    await using desk = new QueryDesk(clock);
    const leaving = new AbortController();
    const other = readSlowly(desk, leaving.signal);
    await until('a part with records', () => other.parts.length === 2);
    const next = portsOf(desk, everyRecord);
    const refused = expect(next).rejects.toMatchObject({ code: 'WEIR_QUERY_BUSY' });
    other.goOn();
    await until('further parts', () => other.parts.length > 4);
    clock.advance(30_000);
    await refused;
    leaving.abort();
    await expect(other.end).rejects.toThrow('aborted');
  });

  it('replaces a process that something has stopped', async () => {
    await using desk = new QueryDesk(systemClock, { bounds: { maxSilenceMs: 10_000 } });
    const stopped = readSlowly(desk);
    await until('a part with records', () => stopped.parts.length === 2);
    process.kill(answering()[0]!, 'SIGSTOP');
    await expect(stopped.end).rejects.toMatchObject({
      code: 'WEIR_QUERY_FAILED',
      message: 'the process that answers has said nothing for 10 s',
    });
    expect(await portsOf(desk, everyRecord)).toHaveLength(100);
  });

  it('leaves no process behind when it is killed', async () => {
    const query = { fromMs: 0, toMs: 1, where: '', by: ['source'], measures: ['octets'], top: 1 };
    const program = `
      import { QueryDesk } from ${JSON.stringify(new URL('../../src/query/index.ts', import.meta.url))};
      import { systemClock } from ${JSON.stringify(new URL('../../src/runtime/index.ts', import.meta.url))};
      const desk = new QueryDesk(systemClock);
      await desk.ask(${JSON.stringify(small.directory)}, ${JSON.stringify(query)}, new AbortController().signal);
      console.log('answered');
      setInterval(() => {}, 1_000);`;
    await using asking = new Program([process.execPath, '--input-type=module', '--eval', program]);
    await until('an answer', () => asking.stdout.includes('answered'));
    const { pid } = asking.process;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number);
    process.kill(pid!, 'SIGKILL');
    await until('its process to end', () => !existsSync(`/proc/${child}`));
  });

  it('tells what is wrong with the history', async () => {
    await using desk = new QueryDesk(systemClock);
    await expect(desk.ask('/nowhere', query(), nobodyLeaves)).rejects.toMatchObject({
      code: 'WEIR_HISTORY_MISSING',
      remedy: expect.stringContaining('weir up'),
    });
  });
});
