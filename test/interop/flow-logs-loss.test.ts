import { expect, it } from 'vitest';
import { allFlows, expectAccounted, roomyLimits, storedLines, storedNumbers } from '../support/flow-logs.ts';
import { type Loki, startLoki } from '../support/loki.ts';
import { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { ShiftedClock } from '../support/shifted-clock.ts';
import { SinkUnderTest } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

/** Small batches, so that some thousand lines are many pushes. */
const small = { batchOctets: 50_000, batchAgeMs: 100 };
/** The minimum size of these entries. */
const leastOctets = 100;
const patience = { everyMs: 100 };

/** A Loki with a folder for its data, and a port that it keeps over restarts. */
class LastingLoki implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  #loki: Loki;

  private constructor(loki: Loki) {
    this.#loki = loki;
  }

  static async start(): Promise<LastingLoki> {
    const lasting = new LastingLoki(undefined as unknown as Loki);
    await lasting.startAgain();
    return lasting;
  }

  get loki(): Loki {
    return this.#loki;
  }

  async startAgain(): Promise<void> {
    const port = this.#loki === undefined ? 0 : Number(new URL(this.#loki.url).port);
    this.#loki = await startLoki({ dataDirectory: this.#directory.file('data'), port, limits: roomyLimits });
  }

  kill(): Promise<unknown> {
    return this.#loki.program.stop('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loki.stop();
    this.#directory[Symbol.dispose]();
  }
}

requires('loki')('flows for a Loki that fails', () => {
  it('all arrive after its kill under load and restart on its data, and only unanswered ones twice', async () => {
    await using lasting = await LastingLoki.start();
    const [concurrency, linesOfAPush] = [4, 100];
    const batchOctets = linesOfAPush * leastOctets;
    await using sink = await SinkUnderTest.start({
      url: lasting.loki.url,
      ...small,
      concurrency,
      batchOctets,
    });
    const written = sink.write(4_500);
    await until('some lines', () => sink.account.sent > 1_000, patience);
    await lasting.kill();
    const sentBefore = sink.account.sent;
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    await lasting.startAgain();
    await written;
    await until('the rest', () => sink.account.held === 0, patience);
    await sink.stop();
    expect(sentBefore).toBeLessThan(4_500);
    expect(sink.account.sent).toBe(4_500);
    const numbers = await until('all lines in Loki', async () => {
      const found = await storedNumbers(lasting.loki).catch(() => []); // just started, it may not answer yet
      return found.length >= 4_500 && found;
    });
    expect([...new Set(numbers)]).toEqual(Array.from({ length: 4_500 }, (_, number) => number));
    expect(numbers.length - 4_500).toBeLessThanOrEqual(concurrency * linesOfAPush);
  });

  it.each([
    ['in memory', false],
    ['with a spool', true],
  ])('all arrive after its absence of ten minutes: %s', async (_, hasSpool) => {
    using directory = new TemporaryDirectory();
    const spool = { directory: directory.path, maxOctets: 100_000_000 };
    await using lasting = await LastingLoki.start();
    const clock = new ShiftedClock();
    clock.shiftMs = -660_000;
    const options = { url: lasting.loki.url, ...small, ...(hasSpool && { spool, queueOctets: 200_000 }) };
    await using sink = await SinkUnderTest.start(options, clock);
    const then = (minutes: number) => ({ more: { flowEndMilliseconds: Date.now() - minutes * 60_000 } });
    await sink.write(1_000, then(11));
    await until('the first', () => sink.account.held === 0, patience);
    await lasting.kill();
    for (let minute = 10; minute >= 0; minute--) {
      clock.shiftMs = -minute * 60_000;
      await sink.write(500, then(minute));
    }
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    expect(sink.account.held).toBe(5_500);
    await lasting.startAgain();
    await until('the rest', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(lasting.loki, allFlows, sink);
    expect(sink.account.sent).toBe(6_500);
  });

  it('all arrive after hours on disk, in separate streams', async () => {
    using directory = new TemporaryDirectory();
    const options = {
      ...small,
      spool: { directory: directory.path, maxOctets: 100_000_000 },
      queueOctets: 10_000,
    };
    const clock = new ShiftedClock();
    clock.shiftMs = -9_000_000; // Loki does not query its ingesters for lines of three hours or older
    await using before = await SinkUnderTest.start({ url: 'http://127.0.0.1:9', ...options }, clock);
    for (let half = 0; half < 5; half++) {
      await before.write(1_000, { more: { flowEndMilliseconds: clock.now() } });
      clock.shiftMs += 1_800_000;
    }
    await until('a push to be put off', () => !before.sink.isUp, patience);
    await before.stop();
    expect(before.account.held).toBe(5_000);

    await using lasting = await LastingLoki.start();
    await using sink = await SinkUnderTest.start({ url: lasting.loki.url, ...options });
    await sink.write(100);
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(lasting.loki, allFlows, sink);
    expect(sink.account.sent).toBe(5_100);
    expect(await storedLines(lasting.loki, '{service_name="weir-flows", replayed=~".+"}')).toBe(5_000);
  });

  it('are pushed by the next process when a killed one had them on disk', async () => {
    using directory = new TemporaryDirectory();
    const options = {
      url: 'http://127.0.0.1:9',
      ...small,
      queueOctets: 100_000,
      spool: { directory: directory.path, maxOctets: 100_000_000 },
    };
    const source = `
      import { ShiftedClock } from '../support/shifted-clock.ts';
import { SinkUnderTest } from '${new URL('../support/sink-under-test.ts', import.meta.url).pathname}';
      const sink = await SinkUnderTest.start(${JSON.stringify(options)});
      for (;;) {
        await sink.write(500);
        console.log('written', sink.written);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }`;
    await using program = new Program([process.execPath, '--input-type=module', '--eval', source]);
    await program.says(/written \d{5}/, patience);
    await program.stop('SIGKILL');
    const written = Number(program.stdout.match(/written (\d+)\n(?!.*written)/)![1]);

    await using lasting = await LastingLoki.start();
    await using sink = await SinkUnderTest.start({ ...options, url: lasting.loki.url });
    await until('what was left', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(lasting.loki, allFlows, sink);
    expect(sink.account.sent).toBe(sink.events['left by an earlier process']);
    // With 200 octets a line: the queue, the open and pushed batches of four lanes, and the last 500.
    expect(written - sink.account.sent).toBeLessThan((100_000 + 8 * 50_000) / 150 + 500);
  });
});

requires('loki')('two aggregators', () => {
  it('write the same streams at one time without loss or duplicates', async () => {
    await using loki = await startLoki({ limits: roomyLimits });
    const start = () => SinkUnderTest.start({ url: loki.url, ...small });
    await using one = await start();
    await using other = await start();
    await Promise.all([one.write(10_000), other.write(10_000, { more: { destinationIP: '10.244.0.2' } })]);
    await Promise.all([one.stop(), other.stop()]);
    await expectAccounted(loki, allFlows, one, other);
    expect([one.account.sent, other.account.sent]).toEqual([10_000, 10_000]);
    expect((await loki.streams(allFlows)).length).toBe(5);
  });

  it('may be hours apart, and all lines of the late one arrive', async () => {
    await using loki = await startLoki({ limits: roomyLimits });
    const clock = new ShiftedClock();
    clock.shiftMs = -7_200_000;
    await using late = await SinkUnderTest.start({ url: loki.url, ...small }, clock);
    await using ahead = await SinkUnderTest.start({ url: loki.url, ...small });
    await ahead.write(1_000);
    await ahead.stop();
    await late.write(1_000, { more: { flowEndMilliseconds: clock.now() } });
    await late.stop();
    await expectAccounted(loki, allFlows, ahead, late);
    expect(late.account.sent).toBe(1_000);
  });
});
