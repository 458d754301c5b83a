import { expect, it, onTestFinished } from 'vitest';
import { EventHistory } from '../../src/cli/event-history.ts';
import { Service } from '../../src/cli/service.ts';
import type { ClusterEvent } from '../../src/flow/index.ts';
import { EventPlace } from '../support/event-place.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';

class FakeService extends Service {
  override readonly clock = new FakeClock(Date.now());
}

const scaled: ClusterEvent = {
  ...{ timeMs: 0, identity: 'x', reason: 'Scaled', type: 'Normal', objectKind: 'Deployment' },
  ...{ objectName: 'cart', names: { sourcePodNamespace: 'shop' }, message: 'scaled', facts: {} },
};

function newPlace() {
  const place = new EventPlace();
  onTestFinished(() => place[Symbol.dispose]());
  return { place, bounds: { directory: place.directory, maxOctets: 1e8, maxAgeMs: 1e11 } };
}

const told = async (place: EventPlace) =>
  (await place.read()).events.map(({ kind, reason, type }) => `${kind} ${reason} ${type}`);

it('the history has starts and stops, and a start says when the one before did not stop', async () => {
  const { place, bounds } = newPlace();
  const run = async (isKilled: boolean) => {
    const service = new FakeService('error');
    const events = new EventHistory('aggregator', service, bounds);
    await events.start();
    await until('the start', () => service.ledger.accounts[0]!.sent === 1);
    service.clock.advance(10);
    if (isKilled) await events.keepIn(undefined);
    await events.stop();
  };
  for (const isKilled of [false, true, false]) await run(isKilled);
  const { events } = await place.read();
  expect(events.map(({ reason, type }) => `${reason} ${type}`)).toEqual([
    'Started Normal',
    'Stopped Normal',
    'Started Normal',
    'Started Warning',
    'Stopped Normal',
  ]);
  const after = events[2]!.time;
  expect(events[3]!.message).toContain(`the one before was killed at some time after ${after}`);
});

it('events wait for a history that is still to start', async () => {
  const { place, bounds } = newPlace();
  const service = new FakeService('error');
  const events = new EventHistory('up', service, 'later');
  await events.start();
  service.clock.advance(5);
  const exporter = {
    ...({ exporter: '192.0.2.7:4739', protocol: 'tcp', exportProtocol: 'ipfix' } as const),
    presentUntilMs: service.clock.now(),
  };
  events.keepPassage('came', { ...exporter, peerName: 'node-a', records: 0 });
  service.clock.advance(5);
  events.keepPassage('went', { ...exporter, peerName: undefined, records: 7 });
  events.keepSettings(['weir.logLevel']);
  events.keepOfCluster({ ...scaled, timeMs: service.clock.now() });
  await events.keepIn(bounds);
  await events.stop();
  expect((await told(place)).sort()).toEqual([
    'agent AgentCame Normal',
    'agent AgentWent Warning',
    'process SettingsChanged Normal',
    'process Started Normal',
    'process Stopped Normal',
    'rollout Scaled Normal',
  ]);
  const { events: found } = await place.read({ kinds: ['agent'] });
  expect(found.map(({ message }) => message)).toEqual([
    'node-a came and sends flows',
    '192.0.2.7:4739 went, after 7 records',
  ]);
});

it('a time of losses has a begin, an end and their number', async () => {
  const { place, bounds } = newPlace();
  const service = new FakeService('error');
  const sink = service.ledger.open('loki', 'records', undefined, { expectedDrops: ['filtered out'] });
  const events = new EventHistory('aggregator', service, bounds);
  await events.start();
  sink.drop('filtered out', 10);
  service.clock.advance(2_000);
  sink.drop('queue full', 3);
  service.clock.advance(2_000);
  sink.drop('queue full', 4);
  service.clock.advance(50_000);
  sink.drop('queue full', 1);
  service.clock.advance(70_000);
  sink.drop('disk full', 2);
  service.clock.advance(2_000);
  await events.stop();
  const { events: found } = await place.read({ kinds: ['loss'] });
  expect(found.map(({ reason, message, facts }) => [reason, message, facts.lost])).toEqual([
    ['LossBegan', 'loki began to lose records (queue full)', 3],
    ['LossEnded', 'loki loses nothing any more; it lost 8 records (queue full)', 8],
    ['LossBegan', 'loki began to lose records (queue full, disk full)', 2],
  ]);
});

it('without a history nothing is kept, nothing is counted, and nothing is lost', async () => {
  const service = new FakeService('error');
  const events = new EventHistory('aggregator', service, undefined);
  await events.start();
  events.keepOfCluster(scaled);
  await events.stop();
  expect(service.ledger.toJSON()).toEqual([]);
});

it('a history whose folder another process has is a warning, and no end', async () => {
  const { place, bounds } = newPlace();
  const other = await place.open();
  const service = new FakeService('warn');
  const lines: string[] = [];
  service.writeLine = (line) => lines.push(line);
  const events = new EventHistory('aggregator', service, bounds);
  await events.start();
  expect(lines.join('\n')).toMatch(/events are not kept: .*in use by process/);
  expect(events.isKept).toBe(false);
  await events.stop();
  await other.close();
});
