import { expect, it, onTestFinished } from 'vitest';
import { loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { Service } from '../../src/cli/service.ts';
import { WiredEvents } from '../../src/cli/wired-events.ts';
import type { ClusterEvent } from '../../src/flow/index.ts';
import { FakeLoki } from '../support/fake-loki.ts';
import { until } from '../support/until.ts';

const settingsOf = (...sinks: object[]) =>
  loadAggregatorSettings(JSON.stringify({ weir: { sinks } }), 'aggregator.yaml').settings.sinks;

const eventNumber = (number: number): ClusterEvent => ({
  timeMs: Date.now(),
  identity: `${number}`,
  reason: 'Started',
  type: 'Normal',
  objectKind: 'Pod',
  objectName: `cart-${number}`,
  names: { sourcePodNamespace: 'shop' },
  message: 'container app started',
  facts: {},
});

async function wired(...sinks: object[]) {
  const service = new Service('error');
  const lines: string[] = [];
  service.writeLine = (line) => lines.push(line);
  service.log.level = 'info';
  const events = new WiredEvents(settingsOf(...sinks), service);
  await events.start();
  onTestFinished(() => events.stop(0));
  const accounts = () => service.ledger.toJSON().map(({ name, received, sent }) => [name, received, sent]);
  return { events, accounts, lines };
}

it('events go to each log server, but not beside filtered flows unless a file says so', async () => {
  await using loki = await new FakeLoki().start();
  const { url } = loki;
  const filter = { namespace: 'shop' };
  const { events, accounts } = await wired(
    { name: 'all', loki: { url } },
    { name: 'some', loki: { url }, filter },
    { name: 'some-with-events', victoriaLogs: { url, events: true }, filter },
    { name: 'none', loki: { url, events: false } },
    { name: 'file', jsonLines: { path: '-' } },
  );
  expect(events.isWanted).toBe(true);
  events.write(eventNumber(1));
  await events.stop(60_000);
  expect(accounts()).toEqual([
    ['loki all events', 1, 1],
    ['victorialogs some-with-events events', 1, 1],
  ]);
});

it('a reload changes where events go, and their counters go on', async () => {
  await using loki = await new FakeLoki().start();
  const sink = { name: 'store', loki: { url: loki.url } };
  const { events, accounts } = await wired(sink);
  events.write(eventNumber(1));
  await events.change(settingsOf({ ...sink, loki: { url: loki.url, tenant: 'blue' } }));
  events.write(eventNumber(2));
  await until('both events', () => accounts()[0]![2] === 2);
  expect(accounts()).toEqual([['loki store events', 2, 2]]);
  expect(loki.pushes.at(-1)!.headers['x-scope-orgid']).toBe('blue');
  await events.change(settingsOf({ ...sink, loki: { url: loki.url, events: false } }));
  events.write(eventNumber(3));
  await events.stop(1_000);
  expect(loki.stored).toHaveLength(2);
});

it('events wait while a sink is made anew, and what finds no sink is counted', async () => {
  await using loki = await new FakeLoki().start();
  const answer = Promise.withResolvers<void>();
  loki.answer = async () => {
    await answer.promise;
    return { status: 204 };
  };
  const sink = { name: 'store', loki: { url: loki.url } };
  const { events, accounts } = await wired(sink);
  events.write(eventNumber(1));
  const changed = events.change(settingsOf({ ...sink, loki: { ...sink.loki, tenant: 'blue' } }));
  for (let number = 2; number <= 2_010; number++) events.write(eventNumber(number));
  answer.resolve();
  await changed;
  await until('the events', () => accounts()[0]![2] === 2_001);
  expect(loki.pushes.at(-1)!.headers['x-scope-orgid']).toBe('blue');
  expect(accounts()).toEqual([
    ['loki store events', 2_001, 2_001],
    ['event sinks', 9, 0],
  ]);
});

it('no sink starts once the process stops', async () => {
  await using loki = await new FakeLoki().start();
  const sink = { name: 'store', loki: { url: loki.url } };
  const { events, accounts } = await wired(sink);
  const changed = events.change(settingsOf({ ...sink, loki: { url: loki.url, tenant: 'blue' } }));
  events.write(eventNumber(1));
  await Promise.all([events.stop(1_000), changed]);
  expect(accounts()).toEqual([
    ['loki store events', 0, 0],
    ['event sinks', 1, 0],
  ]);
});

it('a sink that wants events after a reload gets them after a restart, and the log says so', async () => {
  const { events, lines } = await wired({ jsonLines: { path: '-' } });
  expect(events.isWanted).toBe(false);
  await events.change(settingsOf({ loki: { url: 'http://127.0.0.1:9' } }));
  expect(lines.join('\n')).toContain('the events of the cluster go to no sink before a restart');
});
