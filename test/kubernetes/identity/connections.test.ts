import { expect, it } from 'vitest';
import { batchOf } from '../../../src/flow/index.ts';
import {
  AgentIdentity,
  AggregatorIdentity,
  type RotationTimes,
  serviceNames,
} from '../../../src/kubernetes/identity/index.ts';
import { type Clock, systemClock } from '../../../src/runtime/index.ts';
import {
  completeRecord,
  keptLog,
  startCollector,
  startExporter,
  type TestCollector,
} from '../../support/ipfix.ts';
import { ShiftedClock } from '../../support/shifted-clock.ts';
import { until } from '../../support/until.ts';
import { KeptObjects } from './kept-objects.ts';

const MINUTE_MS = 60_000;
/**
 * An authority is replaced after ten minutes, and the next one signs ten minutes after it was made. All
 * certificates are valid from an hour before, so that OpenSSL, which has the clock of the host, accepts them.
 * /
 */
const times: RotationTimes = {
  lifetimeDays: 365,
  renewBeforeMs: 365 * 86_400_000 - 10 * MINUTE_MS,
  announceMs: 70 * MINUTE_MS,
};

function aggregatorIdentity(kept: KeptObjects, clock: Clock = systemClock): AggregatorIdentity {
  const names = serviceNames('weir', 'flow-aggregator');
  return new AggregatorIdentity({ store: kept.store(), names, clock, log: keptLog().log, times });
}

const collecting = (identity: AggregatorIdentity, protocol: 'tls' | 'dtls') =>
  startCollector({ listen: [{ protocol, host: '127.0.0.1', port: 0 }], tlsSource: identity });

/** The address as a configuration writes it. The certificate must have the name of the Service. */
const addressOf = ({ address }: TestCollector) => ({
  protocol: address.protocol,
  port: address.port,
  host: 'flow-aggregator.weir.svc',
  service: { namespace: 'weir', name: 'flow-aggregator' },
});

function agentIdentity(kept: KeptObjects, isAway: () => boolean = () => false): AgentIdentity {
  const store = kept.store(() => {
    if (isAway()) throw new Error('no answer');
  });
  return new AgentIdentity({ store, clock: systemClock, log: keptLog().log });
}

const startAgent = (identity: AgentIdentity, receiving: TestCollector) =>
  startExporter(addressOf(receiving), {
    tlsSource: identity,
    lookup: async () => ['127.0.0.1'],
    reconnectMs: { least: 50, greatest: 50 },
  });

const record = () => batchOf([completeRecord('agent', 4, 1)]);

it.each(['tls', 'dtls'] as const)(
  'agents stay connected across a change of the authority, over %s',
  async (transport) => {
    const kept = new KeptObjects();
    const clock = new ShiftedClock();
    const [one, other] = [aggregatorIdentity(kept, clock), aggregatorIdentity(kept, clock)];
    const lookUntil = (what: string, isDone: () => boolean) =>
      until(what, () => {
        one.look();
        other.look();
        return isDone();
      });
    await Promise.all([one.start(), other.start()]);
    expect(one.material.ca.equals(other.material.ca)).toBe(true);
    await using first = await collecting(one, transport);
    await using second = await collecting(other, transport);
    await using connected = await startAgent(agentIdentity(kept), first);
    await using alsoConnected = await startAgent(agentIdentity(kept), second);
    for (const { exporter } of [connected, alsoConnected]) exporter.send(record());
    await until('a record of each', () => first.flows.length === 1 && second.flows.length === 1);

    clock.shiftMs += 11 * MINUTE_MS;
    await lookUntil('the announcement', () => kept.text('authority', 'nextCertificate') !== '');
    await lookUntil(
      'its publication',
      () => kept.text('bundle', 'authorities').match(/BEGIN/g)?.length === 2,
    );
    let isAway = false;
    const cutOff = agentIdentity(kept, () => isAway);
    await cutOff.refresh();
    isAway = true;
    const next = kept.text('authority', 'nextCertificate');
    clock.shiftMs += 11 * MINUTE_MS;
    await lookUntil('the change', () =>
      [one, other].every(({ material }) => material.ca.toString().startsWith(next)),
    );

    for (const { exporter } of [connected, alsoConnected]) exporter.send(record());
    await until('records of the same sessions', () => first.flows.length === 2 && second.flows.length === 2);
    expect([connected, alsoConnected].map(({ exporter }) => exporter.reconnections)).toEqual([0, 0]);

    await using behind = await startAgent(cutOff, first);
    await using fresh = await startAgent(agentIdentity(kept), second);
    for (const { exporter } of [behind, fresh]) exporter.send(record());
    await until('records of new sessions', () => first.flows.length === 3 && second.flows.length === 3);
    await Promise.all([one.stop(), other.stop()]);
  },
);

it('an agent connects as soon as it has certificates, however long it would have waited', async () => {
  const made = new KeptObjects();
  const identity = aggregatorIdentity(made);
  await identity.start();
  await using receiving = await collecting(identity, 'tls');
  const kept = new KeptObjects();
  const agent = agentIdentity(kept);
  await agent.start();
  await using sending = await startExporter(addressOf(receiving), {
    tlsSource: agent,
    lookup: async () => ['127.0.0.1'],
    reconnectMs: { least: 600_000, greatest: 600_000 },
  });
  sending.exporter.send(record());
  await until('the first attempt', () => sending.lines.some((line) => line.includes('no connection')));
  for (const [role, { data }] of made.objects) kept.put(role, data);
  kept.tell();
  await until('the record', () => receiving.flows.length === 1);
  await agent.stop();
  await identity.stop();
});

it('an agent waits for the certificates that the aggregator has yet to make', async () => {
  const made = new KeptObjects();
  const identity = aggregatorIdentity(made);
  await identity.start();
  await using receiving = await collecting(identity, 'tls');
  const kept = new KeptObjects();
  const agent = agentIdentity(kept);
  await using sending = await startAgent(agent, receiving);
  sending.exporter.send(record());
  await until('the reason', () =>
    sending.lines.some(
      (line) =>
        line.includes('no connection to weir/flow-aggregator:') &&
        line.includes('there is no ConfigMap flow-aggregator-ca'),
    ),
  );
  for (const [role, { data }] of made.objects) kept.put(role, data);
  await until('the record', () => receiving.flows.length === 1);
  expect(sending.exporter.certificateExpiryMs).toBe(agent.expiryMs);
  await identity.stop();
});
