import { expect, it } from 'vitest';
import { Forwarder } from '../../src/aggregator/index.ts';
import {
  batchOf,
  type FlowBatch,
  type FlowEnricher,
  type FlowRecord,
  FlowType,
  Observer,
} from '../../src/flow/index.ts';
import { Ledger } from '../../src/runtime/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const node = { exporter: '192.0.2.1:40000', observationDomainId: 7 };
const half: FlowRecord = {
  flowStartMilliseconds: 1_000,
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.1.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 80,
  protocolIdentifier: 6,
  octetTotalCount: 500,
  octetDeltaCount: 100,
  flowType: FlowType.interNode,
  observationPointId: Observer.source,
  sourcePodName: 'web-1',
};

/** Names the destination wherever the record does not. */
const namer: FlowEnricher = {
  name: 'namer',
  fills: ['destinationPodName'],
  enrich: (_flows, from, _to, filler) => filler.fill('destinationPodName', from, 'db-1'),
};

async function startForwarder(options = {}) {
  const clock = new FakeClock();
  const ledger = new Ledger();
  const batches: FlowBatch[] = [];
  const outlet = {
    write: (batch: FlowBatch) => void batches.push(batch),
    hasRoomFor: () => true,
    room: async () => {},
  };
  const forwarder = new Forwarder({ clock, ledger, outlet, enrichers: [namer] }, options);
  await forwarder.start();
  return {
    forwarder,
    batches,
    account: () => ledger.toJSON()[0]!,
    take(records: FlowRecord[], origin: FlowBatch['origin'] = node) {
      const batch = batchOf(records);
      batch.origin = origin;
      forwarder.accept(batch);
    },
    records() {
      clock.advance(200);
      return batches.flatMap((batch) => [...batch]);
    },
  };
}

it('passes each record on by itself, with names, its exporter and its direction', async () => {
  const { take, records, account } = await startForwarder({ clusterId: 'blue' });
  const other = { ...half, observationPointId: Observer.destination, octetTotalCount: 480 };
  take([half]);
  take([other], { exporter: '[2001:db8::2]:40000', observationDomainId: 8 });
  const added = { clusterId: 'blue', destinationPodName: 'db-1' };
  expect(records()).toEqual([
    {
      ...half,
      ...added,
      originalExporterIP: '192.0.2.1',
      originalObservationDomainId: 7,
      flowDirection: 1,
    },
    { ...other, ...added, originalExporterIP: '2001:db8::2', originalObservationDomainId: 8 },
  ]);
  expect(account()).toMatchObject({ name: 'aggregator', received: 2, sent: 2, held: 0 });
});

const notApplicable = 255;
it.each([
  ['between nodes, of the source', Observer.source, FlowType.interNode, 1],
  ['between nodes, of the destination', Observer.destination, FlowType.interNode, undefined],
  ['to the outside', Observer.source, FlowType.toExternal, 1],
  ['from the outside', Observer.destination, FlowType.fromExternal, undefined],
  ['from the outside, of the node that let it in', Observer.source, FlowType.fromExternal, notApplicable],
  ['within a node', Observer.both, FlowType.intraNode, notApplicable],
  ['that only passes', Observer.neither, FlowType.interNode, notApplicable],
])('tells the direction of a record %s', async (_, observationPointId, flowType, flowDirection) => {
  const { take, records } = await startForwarder();
  take([{ ...half, observationPointId, flowType }]);
  expect(records()[0]!.flowDirection).toBe(flowDirection);
});

it('takes the observer from the names of an agent that does not tell it, and not from names that it adds', async () => {
  const { take, records } = await startForwarder();
  const { observationPointId: _, ...older } = half;
  take([older, { ...older, sourcePodName: '', destinationPodName: 'db-2' }]);
  expect(records().map(({ flowDirection }) => flowDirection)).toEqual([1, undefined]);
});

it('hands on full batches at once and leaves nothing of an earlier record in a refilled one', async () => {
  const { take, records, batches } = await startForwarder();
  take(Array.from({ length: 1_500 }, (_, i) => ({ ...half, flowId: i + 1, tcpState: 'CLOSE' })));
  expect(batches.map(({ length }) => length)).toEqual([1024]);
  take([{ sourceIP: '10.0.0.9' }], { exporter: '/run/weir/socket', observationDomainId: 3 });
  const last = records().at(-1);
  expect(last).toEqual({
    sourceIP: '10.0.0.9',
    destinationPodName: 'db-1',
    originalObservationDomainId: 3,
    flowDirection: notApplicable,
  });
  expect(batches.map(({ length }) => length)).toEqual([1024, 477]);
});

it('begins with new names when many are out of use', async () => {
  const { take, records, batches, forwarder } = await startForwarder();
  for (let round = 0; round < 10; round++) {
    take(
      Array.from({ length: 1_000 }, (_, i) => ({
        ...half,
        sourcePodName: `pod-${round}-${'x'.repeat(100)}-${i}`,
      })),
    );
    records();
  }
  expect(new Set(batches.map(({ dictionary }) => dictionary)).size).toBeGreaterThan(1);
  expect(forwarder.memoryOctets).toBeLessThan(1_000_000);
  const seen = batches.flatMap((batch) => [...batch].map(({ sourcePodName }) => sourcePodName));
  expect(new Set(seen).size).toBe(10_000);
});

it('sends what it has when it stops, and counts what comes later', async () => {
  const { take, forwarder, batches, account } = await startForwarder();
  take([half]);
  await forwarder.stop();
  expect(batches).toHaveLength(1);
  take([half]);
  expect(account()).toMatchObject({ received: 2, sent: 1, dropped: { stopped: 1 } });
});
