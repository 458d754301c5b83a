import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { batchOf, type FlowRecord } from '../../src/flow/index.ts';
import type { FlowLogOptions } from '../../src/logs/index.ts';
import { type Clock, systemClock } from '../../src/runtime/index.ts';
import { expectAccounted } from '../support/flow-logs.ts';
import { LastingVictoriaLogs } from '../support/lasting-victoria-logs.ts';
import { requires } from '../support/requires.ts';
import { ShiftedClock } from '../support/shifted-clock.ts';
import { numberedFlow, SinkUnderTest } from '../support/sink-under-test.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

/** Small batches, so that some thousand lines are many pushes. */
const small = { batchOctets: 50_000, batchAgeMs: 100 };
const patience = { everyMs: 100 };
const day = 86_400_000;

/** A clock for a sink that repeats a push, and reads its files again, after a second at most. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  wallAt: (monotonicMs) => systemClock.wallAt(monotonicMs),
  after: (delayMs, callback) => systemClock.after(Math.min(delayMs, 1_000), callback),
  every: (periodMs, callback) => systemClock.every(Math.min(periodMs, 1_000), callback),
};

const start = (server: VictoriaLogs, options: Partial<FlowLogOptions> = {}, clock?: Clock) =>
  SinkUnderTest.start({ url: server.url, server: 'victoriaLogs', ...small, ...options }, clock);

/** The lines that VictoriaLogs dropped silently; it counts only those dropped for their time. */
const droppedByServer = (server: VictoriaLogs) => server.metric('vl_rows_dropped_total');

requires('victoria-logs')('flows for a VictoriaLogs with limits', () => {
  it('wait while it requires a password, and all arrive once the file has the right one', async () => {
    using directory = new TemporaryDirectory();
    const passwordFile = directory.file('password');
    writeFileSync(passwordFile, 'wrong');
    const basic = `Basic ${btoa('weir:right')}`;
    await using server = await startVictoriaLogs({
      flags: { 'httpAuth.username': 'weir', 'httpAuth.password': 'right' },
      headers: { authorization: basic },
    });
    await using sink = await start(server, { username: 'weir', passwordFile }, hurried);
    await sink.write(500);
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    expect(sink.account).toMatchObject({ sent: 0, held: 500 });
    expect(Object.keys(sink.events), sink.statement).toEqual(['put off: 401']);
    writeFileSync(passwordFile, 'right');
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(server, '*', sink);
    expect(sink.account.sent).toBe(500);
  });

  it('wait while the address or the tenant is wrong', async () => {
    await using server = await startVictoriaLogs({ flags: { 'http.pathPrefix': '/logs' } });
    const url = new URL('/', server.url).href;
    await using sink = await start(server, { url });
    await sink.write(100);
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    expect(Object.keys(sink.events), sink.statement).toEqual(['put off: wrong_request']);
    expect(sink.said.join()).toContain('missing -http.pathPrefix=');
    expect(sink.account).toMatchObject({ sent: 0, held: 100 });
  });

  it('wait while it is read-only with a full disk, and all arrive when it has room', async () => {
    await using lasting = await LastingVictoriaLogs.start({
      'storage.minFreeDiskSpaceBytes': '900TB',
    });
    await using sink = await start(lasting.server);
    await sink.write(2_000);
    await until('a push to be put off', () => !sink.sink.isUp, patience);
    expect(Object.keys(sink.events), sink.statement).toEqual(['put off: 429']);
    expect(sink.account).toMatchObject({ sent: 0, held: 2_000 });
    await lasting.end('SIGTERM');
    await lasting.startAgain({ 'storage.minFreeDiskSpaceBytes': '1MB' });
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(lasting.server, '*', sink);
    expect(sink.account.sent).toBe(2_000);
  });

  it('are dropped and counted if it would drop them silently: long lines among good ones', async () => {
    await using server = await startVictoriaLogs();
    await using sink = await start(server);
    const isLong = (number: number) => number % 100 === 7;
    const long = { egressName: 'e'.repeat(2_100_000) };
    for (let number = 0; number < 500; number++)
      await sink.sink.write(batchOf([numberedFlow(number, isLong(number) ? long : {})]));
    await sink.stop();
    await expectAccounted(server, '*', sink);
    expect(sink.dropped, sink.statement).toEqual({ line_too_long: 5 });
    expect(sink.account.sent).toBe(495);
  });

  it("are stored up to the sink's maximum line length", async () => {
    await using server = await startVictoriaLogs();
    await using sink = await start(server);
    await sink.sink.write(batchOf([numberedFlow(1, { egressName: 'e'.repeat(1_999_000) })]));
    await sink.stop();
    await expectAccounted(server, '*', sink);
    expect(sink.account.sent, sink.statement).toBe(1);
  });

  it('are dropped and counted if it would drop them silently: lines older than its retention', async () => {
    await using server = await startVictoriaLogs({ flags: { retentionPeriod: '3d' } });
    using directory = new TemporaryDirectory();
    const spool = { directory: directory.path, maxOctets: 100_000_000 };
    const options = { spool, queueOctets: 10_000, retentionMs: 3 * day };
    const clock = new ShiftedClock();
    await using before = await SinkUnderTest.start(
      { url: 'http://127.0.0.1:9', server: 'victoriaLogs', ...small, ...options },
      clock,
    );
    for (const days of [5, 4, 2, 1]) {
      clock.shiftMs = -days * day;
      await before.write(500, { more: { flowEndMilliseconds: clock.now() } });
    }
    await before.stop();
    await using sink = await start(server, options);
    await sink.write(100);
    await until('all lines', () => sink.account.held === 0, patience);
    await sink.stop();
    await expectAccounted(server, '*', sink);
    const dropped = [before, sink].map((one) => one.dropped.too_small_timestamp ?? 0);
    expect(dropped[0]! + dropped[1]!, sink.statement).toBe(1_000);
    expect(sink.account.sent).toBe(1_100);
    expect(await droppedByServer(server)).toBe(0);
  });

  it.each([
    ['ahead', 10, 'too_big_timestamp'],
    ['behind', -40, 'too_small_timestamp'],
  ])("are counted by their fate when the clock is days %s of the server's", async (_, days, reason) => {
    await using server = await startVictoriaLogs();
    const clock = new ShiftedClock();
    clock.shiftMs = days * day;
    await using sink = await start(server, { retentionMs: 30 * day }, clock);
    const then = (): { more: FlowRecord } => ({ more: { flowEndMilliseconds: clock.now() } });
    await sink.write(1_000, then());
    await until('the lines', () => sink.account.held === 0, patience);
    expect(sink.dropped, sink.statement).toEqual({ [reason]: 1_000 });
    const isCounted = async () => (await droppedByServer(server)) === 1_000; // its metrics are a second old
    await until('VictoriaLogs to have counted them', isCounted, patience);
    clock.shiftMs = 0;
    await sink.write(1_000);
    await sink.stop();
    await expectAccounted(server, '*', sink);
    expect(sink.account.sent, sink.statement).toBe(1_000);
  });

  it('are noted if it drops them by a limit unknown to the sink', async () => {
    await using server = await startVictoriaLogs({ flags: { maxBackfillAge: '1h' } });
    const clock = new ShiftedClock();
    clock.shiftMs = -2 * 3_600_000;
    await using sink = await start(server, {}, clock);
    await sink.write(100, { more: { flowEndMilliseconds: clock.now() } });
    const dropped = 'dropped by the server, of all who push: too_small_timestamp';
    await until('the loss to be noted', () => sink.events[dropped], patience);
    expect(sink.events[dropped], sink.statement).toBe(100);
  });

  it('all arrive although they come far faster than it accepts them', async () => {
    await using server = await startVictoriaLogs({ flags: { maxConcurrentInserts: '1' } });
    await using sink = await start(server, { concurrency: 16, batchOctets: 20_000, queueOctets: 200_000 });
    await sink.write(60_000, { perBatch: 1_000 });
    await sink.stop(60_000);
    await expectAccounted(server, '*', sink);
    expect(sink.account.sent, sink.statement).toBe(60_000);
    expect(await droppedByServer(server)).toBe(0);
  });
});
