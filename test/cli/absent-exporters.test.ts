import { describe, expect, it, onTestFinished } from 'vitest';
import { EventHistory } from '../../src/cli/event-history.ts';
import { Service } from '../../src/cli/service.ts';
import { batchOf } from '../../src/flow/index.ts';
import { FlowTemplates } from '../../src/ipfix/flow-mapping.ts';
import { HistorySink } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { dial, message, startCollector } from '../support/ipfix.ts';
import { HistoryPlace } from '../support/kept-history.ts';
import { numberedFlow } from '../support/sink-under-test.ts';
import { until } from '../support/until.ts';

const MINUTE_MS = 60_000;
const { template } = new FlowTemplates('agent').get(256);
const WHY = 'no exporter was there';

class FakeService extends Service {
  override readonly clock = clock;
}
let clock = new FakeClock();

/** A process with a collector and a history, as an aggregator has them. */
async function startProcess(place: HistoryPlace) {
  const service = new FakeService('error');
  const { ledger, log } = service;
  const bounds = { directory: place.directory, maxOctets: 1e9, maxAgeMs: 1e12 };
  const sink = new HistorySink('history', bounds, { clock, ledger, log });
  const events = new EventHistory('aggregator', service, bounds);
  await sink.start();
  await events.start();
  let present = 0;
  const receiving = await startCollector({
    clock,
    onPassage: (change, exporter) => {
      present += change === 'came' ? 1 : -1;
      events.keepPassage(change, exporter);
    },
  });
  return {
    store: () => sink.write(batchOf([numberedFlow(1)])),
    connect: async () => {
      const before = present;
      const socket = await dial(receiving.address);
      socket.write(message({}, (into) => into.writeTemplate(template)));
      await until('the exporter has come', () => present === before + 1);
      return async () => {
        const connected = present;
        socket.end();
        await until('the exporter has gone', () => present === connected - 1);
      };
    },
    stop: async () => {
      await receiving[Symbol.asyncDispose]();
      await events.stop();
      await sink.stop();
    },
  };
}

/** In minutes since the begin. */
async function gapsOf(place: HistoryPlace, beginMs: number): Promise<(readonly [number, number, string])[]> {
  using reader = await place.reader();
  const { gaps } = await reader.coverage({ fromMs: beginMs, toMs: clock.now() }, clock.now());
  return gaps.map(({ fromMs, toMs, why }) => [
    (fromMs - beginMs) / MINUTE_MS,
    (toMs - beginMs) / MINUTE_MS,
    why,
  ]);
}

function newPlace() {
  clock = new FakeClock();
  const place = new HistoryPlace();
  onTestFinished(() => place[Symbol.dispose]());
  return place;
}

describe('a history', () => {
  it('has a gap where no exporter was there, and none while one is connected and quiet', async () => {
    const place = newPlace();
    const beginMs = clock.now();
    const process = await startProcess(place);
    await process.store();
    clock.advance(5 * MINUTE_MS); // a fresh start: nobody is expected
    const leaveFirst = await process.connect();
    const leaveSecond = await process.connect();
    clock.advance(5 * MINUTE_MS);
    await leaveFirst();
    clock.advance(5 * MINUTE_MS);
    await leaveSecond();
    clock.advance(0.9 * MINUTE_MS);
    const leaveThird = await process.connect(); // soon enough
    clock.advance(4.1 * MINUTE_MS);
    await leaveThird();
    clock.advance(10 * MINUTE_MS);
    await process.connect();
    clock.advance(5 * MINUTE_MS);
    await process.stop();
    expect(await gapsOf(place, beginMs)).toEqual([[20, 30, WHY]]);
  });

  it('has it after a restart, too, beside the time in which no process wrote', async () => {
    const place = newPlace();
    const beginMs = clock.now();
    const first = await startProcess(place);
    await first.store();
    const leave = await first.connect();
    clock.advance(5 * MINUTE_MS);
    await leave();
    clock.advance(5 * MINUTE_MS);
    await first.stop();
    clock.advance(5 * MINUTE_MS);
    const second = await startProcess(place);
    clock.advance(5 * MINUTE_MS);
    await second.connect();
    await second.stop();
    clock.advance(MINUTE_MS);
    const third = await startProcess(place); // a minute is allowed, but nobody comes
    clock.advance(5 * MINUTE_MS);
    await third.stop();
    expect(await gapsOf(place, beginMs)).toEqual([
      [5, 10, WHY],
      [10, 15, 'no process wrote'],
      [15, 20, WHY],
      [20, 21, 'no process wrote'],
      [21, 26, WHY],
    ]);
  });
});
