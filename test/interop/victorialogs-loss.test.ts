import { expect, it } from 'vitest';
import { allFlows, expectAccounted } from '../support/flow-logs.ts';
import { LastingVictoriaLogs } from '../support/lasting-victoria-logs.ts';
import { requires } from '../support/requires.ts';
import { ShiftedClock } from '../support/shifted-clock.ts';
import { numberOfLine, SinkUnderTest } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

/** Small batches, so that some thousand lines are many pushes. */
const small = { server: 'victoriaLogs', batchOctets: 50_000, batchAgeMs: 100 } as const;
const patience = { everyMs: 100 };

/** The numbers of the flows with stored lines; a repeated line counts twice. */
async function storedNumbers(server: VictoriaLogs): Promise<number[]> {
  await server.flush();
  return (await server.lines('*')).map(({ line }) => numberOfLine(line)).sort((one, other) => one - other);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

/** Pushes under load while the server ends, and after it has restarted on its data. */
async function pushedThrough(lasting: LastingVictoriaLogs, signal: 'SIGKILL' | 'SIGTERM', total: number) {
  const sink = await SinkUnderTest.start({ url: lasting.server.url, ...small, batchOctets: 10_000 });
  const before = sink.write(total / 2);
  await until('some lines', () => sink.account.sent > total / 8, { ...patience, everyMs: 5 });
  await lasting.end(signal);
  const after = before.then(() => sink.write(total / 2));
  await until('a push to be put off', () => !sink.sink.isUp, patience);
  await lasting.startAgain();
  await after;
  await until('the rest', () => sink.account.held === 0, patience);
  await sink.stop();
  expect(sink.account.sent, sink.statement).toBe(total);
  return sink;
}

requires('victoria-logs')('flows for a VictoriaLogs that fails', () => {
  it('all arrive once although it is restarted under load', async () => {
    await using lasting = await LastingVictoriaLogs.start();
    await using sink = await pushedThrough(lasting, 'SIGTERM', 10_000);
    const numbers = await storedNumbers(lasting.server);
    expect([...new Set(numbers)]).toEqual(upTo(10_000));
    const perhapsTwice = sink.events['pushed again, perhaps stored twice'] ?? 0;
    expect(numbers.length - 10_000, sink.statement).toBeLessThanOrEqual(perhapsTwice);
  });

  it('arrive after a kill under load, except those of the last seconds, which the ledger counts', async () => {
    await using lasting = await LastingVictoriaLogs.start();
    await using sink = await pushedThrough(lasting, 'SIGKILL', 10_000);
    const numbers = await storedNumbers(lasting.server);
    const distinct = new Set(numbers).size;
    const perhapsLost = sink.events['stored shortly before the server went away, perhaps lost'] ?? 0;
    const perhapsTwice = sink.events['pushed again, perhaps stored twice'] ?? 0;
    expect(10_000 - distinct, sink.statement).toBeLessThanOrEqual(perhapsLost);
    expect(numbers.length - distinct, sink.statement).toBeLessThanOrEqual(perhapsTwice);
    expect(perhapsLost, 'not more than it had acknowledged').toBeLessThanOrEqual(sink.account.sent);
    expect(perhapsLost).toBeGreaterThan(0);
  });

  it('are at least counted in the ledger when it crashes and returns before the next push', async () => {
    await using lasting = await LastingVictoriaLogs.start();
    const second = () => Math.floor(Date.now() / 1000);
    const startedAt = second();
    await using sink = await SinkUnderTest.start({ url: lasting.server.url, ...small });
    await sink.write(500);
    await until('the first', () => sink.account.held === 0, patience);
    await lasting.end('SIGKILL');
    await until('another second, of which VictoriaLogs tells its start', () => second() > startedAt);
    await lasting.startAgain();
    await sink.write(500);
    await until('the others', () => sink.account.held === 0, patience);
    const perhapsLost = 'stored shortly before the server went away, perhaps lost';
    await until('the restart to be seen', () => sink.events[perhapsLost], patience);
    expect(sink.account.sent - (await lasting.server.count('*')), sink.statement).toBeLessThanOrEqual(
      sink.events[perhapsLost]!,
    );
    await until('it to be told', () => sink.said.some((line) => line.includes('the server restarted')));
  });

  it('are counted in the ledger even if the crash affects a single line', async () => {
    await using lasting = await LastingVictoriaLogs.start();
    await using sink = await SinkUnderTest.start({ url: lasting.server.url, ...small });
    await sink.write(500);
    await until('the first', () => sink.account.held === 0, patience);
    await lasting.end('SIGKILL');
    await sink.write(1);
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    await lasting.startAgain();
    await until('the last', () => sink.account.held === 0, patience);
    await lasting.server.flush();
    const lost = 501 - (await lasting.server.count('*'));
    expect(lost, sink.statement).toBeLessThanOrEqual(
      sink.events['stored shortly before the server went away, perhaps lost']!,
    );
    await until('it to be told', () =>
      sink.said.some((line) => line.includes('the server accepts lines again')),
    );
  });

  it.each([
    ['in memory', false],
    ['with a spool', true],
  ])('all arrive after its absence of ten minutes: %s', async (_, hasSpool) => {
    using directory = new TemporaryDirectory();
    const spool = { directory: directory.path, maxOctets: 100_000_000 };
    await using lasting = await LastingVictoriaLogs.start();
    const clock = new ShiftedClock();
    clock.shiftMs = -660_000;
    const options = { url: lasting.server.url, ...small, ...(hasSpool && { spool, queueOctets: 200_000 }) };
    await using sink = await SinkUnderTest.start(options, clock);
    const then = (minutes: number) => ({ more: { flowEndMilliseconds: Date.now() - minutes * 60_000 } });
    await sink.write(1_000, then(11));
    await until('the first', () => sink.account.held === 0, patience);
    await lasting.end('SIGTERM');
    for (let minute = 10; minute >= 0; minute--) {
      clock.shiftMs = -minute * 60_000;
      await sink.write(500, then(minute));
    }
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    expect(sink.account.held).toBe(5_500);
    await lasting.startAgain();
    await until('the rest', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(lasting.server, allFlows, sink);
    expect(sink.account.sent).toBe(6_500);
  });

  it('all arrive after days on disk, in the right streams with the right times', async () => {
    using directory = new TemporaryDirectory();
    const spool = { directory: directory.path, maxOctets: 100_000_000 };
    const options = { ...small, spool, queueOctets: 10_000 };
    const clock = new ShiftedClock();
    await using before = await SinkUnderTest.start({ url: 'http://127.0.0.1:9', ...options }, clock);
    for (const hours of [100, 50, 20, 5, 1]) {
      clock.shiftMs = -hours * 3_600_000;
      await before.write(1_000, { more: { flowEndMilliseconds: clock.now() } });
    }
    await before.stop();
    expect(before.account.held, before.statement).toBe(5_000);
    await using server = await startVictoriaLogs();
    await using sink = await SinkUnderTest.start({ url: server.url, ...options });
    await sink.write(100);
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(server, allFlows, sink);
    expect(sink.account.sent).toBe(5_100);
    expect(await server.streams('*')).toHaveLength(5);
    expect(await server.count('_time:[now-101h, now-19h]')).toBe(3_000);
  });
});

requires('victoria-logs')('two aggregators', () => {
  it('write the same streams at one time without loss or duplicates', async () => {
    await using server = await startVictoriaLogs();
    const start = () => SinkUnderTest.start({ url: server.url, ...small });
    await using one = await start();
    await using other = await start();
    await Promise.all([one.write(10_000), other.write(10_000, { more: { destinationIP: '10.244.0.2' } })]);
    await Promise.all([one.stop(), other.stop()]);
    await expectAccounted(server, allFlows, one, other);
    expect([one.account.sent, other.account.sent]).toEqual([10_000, 10_000]);
    expect(await server.streams('*')).toHaveLength(5);
    const distinct = await server.query('* | uniq by (_msg) | stats count() as n');
    expect(distinct).toEqual([{ n: '20000' }]);
  });
});
