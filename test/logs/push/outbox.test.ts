import { readdirSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type FlowLogOptions, FlowLogSink } from '../../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../../src/runtime/index.ts';
import { DiskSpool } from '../../../src/sinks/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeLoki } from '../../support/fake-loki.ts';
import { Program } from '../../support/program.ts';
import { numberOfLine, SinkUnderTest } from '../../support/sink-under-test.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

/** Small batches that are pushed at once, so that some hundred lines are many pushes. */
const small = { batchOctets: 2_000, batchAgeMs: 10 };
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const storedIn = (loki: FakeLoki) => loki.stored.map(numberOfLine).sort((one, other) => one - other);
const away = () => ({ status: 503, headers: { 'retry-after': '0' } });

/** What a spool has for the next process. */
async function linesIn(directory: string): Promise<number> {
  await using spool = await DiskSpool.open({ directory, maxOctets: 2 ** 30 });
  return spool.readings.records;
}

describe('lines for Loki', () => {
  it('are pushed when they are enough, or when the first has waited long enough', async () => {
    await using loki = await new FakeLoki().start();
    const clock = new FakeClock(Date.now());
    const options = { url: loki.url, batchOctets: 10_000, batchAgeMs: 1_000, concurrency: 1 };
    await using sink = await SinkUnderTest.start(options, clock);
    await sink.write(10);
    clock.advance(900);
    await turn();
    expect(loki.pushes).toEqual([]);
    clock.advance(200);
    await until('ten lines', () => loki.stored.length === 10);
    await sink.write(60);
    await until('a full batch', () => loki.stored.length > 40);
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers(70));
    expect(sink.account.sent).toBe(70);
  });

  it('stay in order within their stream, with one lane per concurrent push', async () => {
    await using loki = await new FakeLoki().start();
    let [underWay, most] = [0, 0];
    loki.answer = async () => {
      most = Math.max(most, ++underWay);
      if (most < 3) await until('three pushes at a time', () => most === 3);
      underWay--;
      return Math.random() < 0.2 ? away() : { status: 204 };
    };
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, concurrency: 3 });
    await sink.write(500);
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers(500));
    const byStream = Map.groupBy(loki.stored.map(numberOfLine), (number) => number % 5);
    expect([...byStream.values()].map(({ length }) => length)).toEqual([100, 100, 100, 100, 100]);
    for (const lines of byStream.values()) expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(most).toBe(3);
  });

  it('make their producer wait when memory is full, and go on when Loki is back', async () => {
    await using loki = await new FakeLoki().start();
    loki.answer = () => 'reset';
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, queueOctets: 20_000 });
    let isWritten = false;
    const written = sink.write(1_000).then(() => {
      isWritten = true;
    });
    await until('a push to be put off', () => (sink.events['put off: unreachable'] ?? 0) > 3);
    expect([isWritten, sink.sink.isUp]).toEqual([false, false]);
    // What is queued, a batch under way and one open in each of four lanes, and the one that was over the
    // bound.
    expect(sink.account.held * 200).toBeLessThan(20_000 + 8 * 2_000 + 100 * 200);
    loki.answer = () => ({ status: 204 });
    await written;
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers(1_000));
    expect(sink.sink.isUp).toBe(true);
  });

  it('release their waiting producer when the sink stops, and are counted as dropped', async () => {
    await using loki = await new FakeLoki().start();
    loki.answer = () => 'silence';
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, queueOctets: 5_000 });
    const written = sink.write(100, { perBatch: 100 });
    await sink.stop(1_100);
    await written;
    expect(sink.dropped).toEqual({ 'not delivered in time': 100 });
    expect(sink.account.held).toBe(0);
  });

  it('wait on disk when memory is full, and all arrive when Loki is back', async () => {
    using directory = new TemporaryDirectory();
    await using loki = await new FakeLoki().start();
    loki.answer = away;
    const spool = { directory: directory.path, maxOctets: 10_000_000 };
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, queueOctets: 10_000, spool });
    await sink.write(1_000);
    expect(sink.account.held).toBe(1_000);
    expect(readdirSync(directory.path).filter((name) => name.endsWith('.segment'))).not.toEqual([]);
    loki.answer = () => (Math.random() < 0.1 ? away() : { status: 204 });
    await until('all lines', () => sink.account.sent === 1_000);
    await sink.write(10);
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers(1_010));
    expect(await linesIn(directory.path)).toBe(0);
  });

  it('go to disk at the end if Loki is away, and the next process pushes them', async () => {
    using directory = new TemporaryDirectory();
    await using loki = await new FakeLoki().start();
    loki.answer = away;
    const options = { url: loki.url, ...small, spool: { directory: directory.path, maxOctets: 10_000_000 } };
    await using first = await SinkUnderTest.start(options);
    await first.write(300);
    await until('a push to be put off', () => !first.sink.isUp);
    await first.stop();
    expect(first.account).toMatchObject({ sent: 0, totalDropped: 0, held: 300 });
    loki.answer = () => ({ status: 204 });
    await using second = await SinkUnderTest.start(options);
    expect(second.events).toEqual({ 'left by an earlier process': 300 });
    await until('all lines', () => second.account.sent === 300);
    await second.stop();
    expect(storedIn(loki)).toEqual(numbers(300));
  });

  it('return to disk during a push when the sink stops, except those already stored', async () => {
    using directory = new TemporaryDirectory();
    await using loki = await new FakeLoki().start();
    loki.answer = away;
    const options = { url: loki.url, batchOctets: 100_000, batchAgeMs: 10, concurrency: 1 };
    const spool = { directory: directory.path, maxOctets: 10_000_000 };
    {
      await using first = await SinkUnderTest.start({ ...options, spool });
      await first.write(300);
      await until('a push to be put off', () => !first.sink.isUp);
      await first.stop();
    }
    // Streams go alone at first: of five two are stored.
    loki.answer = () => (loki.stored.length < 120 ? { status: 204 } : 'silence');
    await using second = await SinkUnderTest.start({ ...options, spool });
    await until('two streams', () => loki.stored.length === 120);
    await until('a third one', () => loki.pushes.at(-1)!.lines.length > 0 && second.account.sent === 120);
    await second.stop();
    expect(second.account).toMatchObject({ sent: 120, held: 180, totalDropped: 0 });
    loki.answer = () => ({ status: 204 });
    await using third = await SinkUnderTest.start({ ...options, spool });
    await until('the others', () => third.account.sent === 180);
    await third.stop();
    expect(storedIn(loki)).toEqual(numbers(300));
  });

  it('are dropped, the oldest first, and counted when the disk’s share is full', async () => {
    using directory = new TemporaryDirectory();
    await using loki = await new FakeLoki().start();
    loki.answer = away;
    const spool = { directory: directory.path, maxOctets: 40_000 };
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, queueOctets: 5_000, spool });
    await sink.write(3_000);
    expect(sink.dropped['spool full']).toBeGreaterThan(500);
    loki.answer = () => ({ status: 204 });
    await until('the rest', () => sink.account.held === 0);
    await sink.stop();
    expect(loki.stored.length + sink.dropped['spool full']!).toBe(3_000);
    expect(new Set(storedIn(loki)).size).toBe(loki.stored.length);
    expect(storedIn(loki)).toContain(2_999);
  });

  it('appear in the ledger twice if they are dropped during a push', async () => {
    using directory = new TemporaryDirectory();
    await using loki = await new FakeLoki().start();
    loki.answer = away;
    const options = { url: loki.url, ...small, queueOctets: 5_000, concurrency: 1 };
    {
      const spool = { directory: directory.path, maxOctets: 10_000_000 };
      await using first = await SinkUnderTest.start({ ...options, spool });
      await first.write(20, { more: { destinationIP: '10.244.0.99' } });
      await until('a push to be put off', () => !first.sink.isUp);
      await first.stop();
    }
    const { promise: letGo, resolve: release } = Promise.withResolvers<void>();
    loki.answer = async ({ lines }) => {
      if (!lines.some((line) => line.includes('10.244.0.99'))) return away();
      await letGo;
      return { status: 204 };
    };
    const pushed = loki.pushes.length;
    await using second = await SinkUnderTest.start({
      ...options,
      spool: { directory: directory.path, maxOctets: 20_000 },
    });
    await until('the replay', () => loki.pushes.length > pushed);
    await second.write(2_000);
    expect(second.dropped['spool full']).toBeGreaterThan(20);
    release();
    await until('the end of that push', () => second.events['pushed, though let go']);
    loki.answer = () => ({ status: 204 });
    await until('the rest', () => second.account.held === 0);
    await second.stop();
    const { sent, totalDropped } = second.account;
    expect(sent + totalDropped).toBe(2_020 + second.events['pushed, though let go']!);
  });

  it('are dropped and counted when a frame on disk contains no lines, and the next ones arrive', async () => {
    using directory = new TemporaryDirectory();
    {
      await using spool = await DiskSpool.open({ directory: directory.path, maxOctets: 1_000_000 });
      await spool.append({ payload: Uint8Array.of(1, 2, 3), records: 7, timeMs: Date.now() });
    }
    await using loki = await new FakeLoki().start();
    const spool = { directory: directory.path, maxOctets: 1_000_000 };
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, spool });
    await until('the frame to be given up', () => sink.dropped['spool damaged'] === 7);
    await sink.write(10);
    await sink.stop();
    expect(storedIn(loki)).toEqual(numbers(10));
  });

  it('use the new token after its file changes', async () => {
    using directory = new TemporaryDirectory();
    const bearerTokenFile = directory.file('token');
    writeFileSync(bearerTokenFile, 'old');
    await using loki = await new FakeLoki().start();
    loki.answer = ({ headers }) => ({ status: headers.authorization === 'Bearer new' ? 204 : 401 });
    const clock = new FakeClock(Date.now());
    await using sink = await SinkUnderTest.start({ url: loki.url, ...small, bearerTokenFile }, clock);
    await sink.write(10);
    await until('a refusal', () => {
      clock.advance(100);
      return sink.events['put off: 401'];
    });
    writeFileSync(bearerTokenFile, 'new');
    await until('all lines', () => {
      clock.advance(1_000);
      return sink.account.sent === 10;
    });
    await sink.stop();
  });
});

/**
 * Writes flows to a sink with a spool, whose Loki is away, until it is killed; says how many lines the sink
 * has taken.
 */
const writer = (options: FlowLogOptions) => `
  import { SinkUnderTest } from '${new URL('../../support/sink-under-test.ts', import.meta.url).pathname}';
  const sink = await SinkUnderTest.start(${JSON.stringify(options)});
  for (;;) {
    await sink.write(50);
    console.log('written', sink.written);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
`;

describe('a process that is killed while Loki is away', () => {
  it('leaves all lines on disk to the next process', async () => {
    using directory = new TemporaryDirectory();
    await using loki = await new FakeLoki().start();
    loki.answer = away;
    const options = {
      url: loki.url,
      ...small,
      queueOctets: 10_000,
      spool: { directory: directory.path, maxOctets: 100_000_000 },
    };
    await using program = new Program([process.execPath, '--input-type=module', '--eval', writer(options)]);
    await program.says(/written [3-9]\d{3}/);
    await program.stop('SIGKILL');
    const written = Number(program.stdout.match(/written (\d+)\n(?!.*written)/)![1]);
    loki.answer = () => ({ status: 204 });
    await using next = await SinkUnderTest.start(options);
    const left = next.events['left by an earlier process']!;
    await until('what was left', () => next.account.sent === left);
    await next.stop();
    expect(new Set(storedIn(loki)).size).toBe(left);
    // Of 200 octets a line: the queue, and what is open and under way in four lanes.
    expect(written - left).toBeLessThan((10_000 + 8 * 2_000 + 50 * 200) / 150);
  });
});

describe('a sink that cannot start', () => {
  it.each([
    [{ bearerTokenFile: '/nowhere/token' }, 'WEIR_LOKI_FILE'],
    [{ spool: { directory: '/dev/null/spool', maxOctets: 1_000_000 } }, /^WEIR_SPOOL_/],
  ])('reports why: %j', async (options, code) => {
    const log = new Log(systemClock, () => {});
    const sink = new FlowLogSink(
      'loki',
      { url: 'http://127.0.0.1:9', ...options },
      { clock: systemClock, ledger: new Ledger(), log },
    );
    await expect(sink.start()).rejects.toMatchObject({ code: expect.stringMatching(code) });
    await sink.stop(0);
  });
});
