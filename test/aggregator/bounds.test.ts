import { describe, expect, it } from 'vitest';
import {
  BatchLayout,
  Dictionary,
  FlowBatch,
  type FlowRecord,
  fieldNames,
  writeRecord,
} from '../../src/flow/index.ts';
import { TestBed } from './test-bed.ts';

describe('bounded memory', () => {
  it('a full table evicts the flows that have been silent longest, and reports and counts them', () => {
    const bed = new TestBed({ maxFlows: 128 });
    for (let n = 0; n < 140; n++) {
      bed.send(bed.source({ sourceTransportPort: n, flowType: 3 }));
      bed.clock.advance(50);
    }
    expect(bed.flows.held).toBeLessThanOrEqual(128);
    expect(bed.flows.events.evicted).toBe(bed.flows.sent);
    bed.pass(1_000);
    const ports = bed.reports.map(({ sourceTransportPort }) => sourceTransportPort);
    expect(new Set(ports).size).toBe(140);
  });

  it('an evicted flow has end reason 5, and counts once when it returns', () => {
    const bed = new TestBed({ maxFlows: 1 });
    const start = bed.now - 1_000;
    const record = (port: number, octets: number) =>
      bed.source({
        flowType: 3,
        flowStartMilliseconds: start,
        flowEndMilliseconds: start + octets,
        sourceTransportPort: port,
        octetTotalCount: octets,
        octetDeltaCount: 100,
      });
    bed.send(record(1, 100), record(2, 100), record(1, 200));
    expect(bed.take()).toEqual([]);
    bed.pass(1_000);
    expect(bed.reports).toMatchObject([
      { sourceTransportPort: 1, flowEndReason: 5, octetDeltaCount: 100 },
      { sourceTransportPort: 2, flowEndReason: 5, octetDeltaCount: 100 },
      { sourceTransportPort: 1, flowEndReason: 2, octetDeltaCount: 100 },
    ]);
    expect(bed.flows.events).toEqual({ evicted: 2 });
  });

  it('an exporter beyond its share evicts its own flows, and a full table evicts flows of the largest exporter', () => {
    const bed = new TestBed({ maxFlows: 300, maxFlowsPerExporter: 200 });
    const from = (exporter: string, ports: number) => {
      const origin = { exporter, observationDomainId: 1 };
      for (let port = 1; port <= ports; port++) {
        bed.sendFrom(
          origin,
          bed.source({ sourceIP: exporter.split(':')[0]!, sourceTransportPort: port, flowType: 3 }),
        );
      }
    };
    from('192.0.2.1:4739', 50);
    from('198.51.100.1:1', 5_000);
    from('198.51.100.1:2', 200);
    from('198.51.100.2:1', 5_000);
    const left = [...bed.aggregator.flows()].map(({ sourceIP }) => sourceIP);
    expect(left.filter((address) => address === '192.0.2.1')).toHaveLength(50);
    expect(left.length).toBeLessThanOrEqual(300);
    const { evicted, 'evicted, share full': ownShare } = bed.flows.events;
    expect(ownShare).toBeGreaterThan(4_700);
    expect(evicted).toBeGreaterThan(100);
    expect(evicted! + ownShare!).toBe(bed.flows.sent);
  });

  it('a full table lets one flow go for each new one, so no record waits for many', () => {
    const bed = new TestBed({ maxFlows: 1_000 });
    for (let n = 0; n < 1_100; n++) {
      bed.send(bed.source({ sourceTransportPort: n, flowType: 3 }));
      expect(bed.flows).toMatchObject({ held: Math.min(n + 1, 1_000), sent: Math.max(0, n - 999) });
    }
  });

  it('a flow with a new record stays, however old it was when room was sought', () => {
    const bed = new TestBed({ maxFlows: 640 });
    const flow = (n: number) => bed.source({ sourceTransportPort: n, flowType: 3 });
    for (let n = 0; n < 640; n++) {
      bed.send(flow(n));
      bed.clock.advance(100);
    }
    bed.send(flow(1_000)); // finds the ten oldest, and evicts the first
    for (let n = 1; n < 9; n++) bed.send({ ...flow(n), octetTotalCount: 2_000 });
    bed.send(flow(1_001));
    const left = new Set([...bed.aggregator.flows()].map(({ sourceTransportPort }) => sourceTransportPort));
    expect([0, 1, 8, 9, 10].map((n) => left.has(n))).toEqual([false, true, true, false, true]);
  });

  it('an exporter with too many names loses its own, counted, until there is room again', () => {
    const bed = new TestBed({ inactiveTimeoutMs: 20_000, activeTimeoutMs: 5_000 });
    const [hostile, honest] = ['198.51.100.1:1', '192.0.2.1:1'].map((exporter) => ({
      exporter,
      observationDomainId: 1,
    }));
    const flow = (name: string, port: number) =>
      bed.source({ sourcePodName: name, sourceTransportPort: port, flowType: 3 });
    for (let port = 0; port < 4_000; port++) bed.sendFrom(hostile!, flow(`${port}`.padEnd(4_000, '-'), port));
    expect(bed.aggregator.memoryOctets).toBeLessThan(20_000_000);
    const leftOut = bed.records.events['names left out']!;
    expect(leftOut).toBeGreaterThan(1_800);
    expect(
      [...bed.aggregator.flows()].filter(({ sourcePodName }) => sourcePodName === undefined),
    ).toHaveLength(leftOut);
    bed.sendFrom(honest!, flow('honest', 5_000));
    expect([...bed.aggregator.flows()].at(-1)).toMatchObject({ sourcePodName: 'honest' });
    bed.pass(60_000);
    bed.sendFrom(hostile!, flow('again', 1));
    expect(bed.pass(1_000)).toMatchObject([{ sourcePodName: 'again' }]);
    expect(bed.records.events['names left out']).toBe(leftOut);
  });

  it('300,000 short flows use only the memory of the flows alive at one time', () => {
    const bed = new TestBed({ inactiveTimeoutMs: 10_000, activeTimeoutMs: 5_000 });
    const churn = new Churn();
    let most = 0;
    for (let first = 0; first < 300_000; first += 1_000) {
      bed.aggregator.accept(churn.fill(first, bed.now));
      bed.clock.advance(1_000);
      bed.batches.length = 0;
      if (first === 20_000) most = bed.aggregator.memoryOctets;
    }
    expect(bed.flows).toMatchObject({ received: 300_000, held: 9_000 });
    expect(bed.aggregator.memoryOctets).toBeLessThan(most * 1.5);
  });

  it('unused names are forgotten, and names in use stay', () => {
    const bed = new TestBed({ inactiveTimeoutMs: 10_000, activeTimeoutMs: 5_000 });
    const churn = new Churn();
    const start = bed.now;
    const long = (fields: FlowRecord) =>
      bed.source({
        sourcePodName: 'long-lived',
        destinationServiceIP: '10.96.0.1',
        destinationServicePort: 80,
        flowType: 3,
        flowStartMilliseconds: start,
        flowEndMilliseconds: bed.now,
        ...fields,
      });
    for (let first = 0; first < 50_000; first += 1_000) {
      bed.send(long({ octetTotalCount: 1_000 + first }));
      bed.aggregator.accept(churn.fill(first, bed.now));
      bed.clock.advance(1_000);
    }
    const dictionaries = new Set(bed.batches.map(({ dictionary }) => dictionary));
    expect(dictionaries.size).toBeGreaterThan(1);
    for (const { size } of dictionaries) expect(size).toBeLessThan(40_000);
    const reports = bed.reports.filter(({ sourcePodName }) => sourcePodName === 'long-lived');
    expect(reports.length).toBeGreaterThanOrEqual(9);
    for (const report of reports) {
      expect(report).toMatchObject({ destinationServiceIP: '10.96.0.1', sourceNodeName: 'node-a' });
    }
    const names = bed.reports.filter(({ sourcePodName }) => sourcePodName?.startsWith('pod-'));
    for (const { sourcePodName, flowId } of names) expect(sourcePodName).toBe(`pod-${flowId}`);
  });
});

const churnFields = [
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'protocolIdentifier',
  'flowId',
  'flowStartMilliseconds',
  'flowEndMilliseconds',
  'octetTotalCount',
  'octetDeltaCount',
  'sourcePodName',
  'flowType',
] as const;

/** Batches of one object filled again and again, each row a new flow with a name of its own. */
class Churn {
  readonly #batch = new FlowBatch(new BatchLayout(churnFields, 1_000), new Dictionary());

  fill(first: number, now: number): FlowBatch {
    const batch = this.#batch;
    batch.dictionary = new Dictionary();
    batch.length = 1_000;
    for (let row = 0; row < batch.length; row++) {
      writeRecord(batch, row, {
        sourceIP: `10.${(first / 1_000) % 250}.0.1`,
        destinationIP: '198.51.100.1',
        sourceTransportPort: row,
        protocolIdentifier: 17,
        flowId: first + row + 1,
        flowStartMilliseconds: now,
        flowEndMilliseconds: now + 1,
        octetTotalCount: 1,
        octetDeltaCount: 1,
        sourcePodName: `pod-${first + row + 1}`,
        flowType: 3,
      });
    }
    return batch;
  }
}

it('a batch can be refilled as soon as it is accepted', () => {
  const bed = new TestBed();
  const layout = new BatchLayout(fieldNames, 1);
  const batch = new FlowBatch(layout, new Dictionary());
  batch.length = 1;
  writeRecord(batch, 0, bed.source({ flowType: 3 }));
  bed.aggregator.accept(batch);
  batch.dictionary = new Dictionary();
  batch.dictionary.internText('somebody else');
  writeRecord(batch, 0, bed.source({ flowType: 3, sourceTransportPort: 2, sourcePodName: 'second' }));
  bed.aggregator.accept(batch);
  expect(bed.pass(1_000)).toMatchObject([{ sourcePodName: 'client' }, { sourcePodName: 'second' }]);
});

it('an outgoing batch is only as large as its records', () => {
  const bed = new TestBed();
  bed.send(bed.source({ flowType: 3 }));
  bed.pass(1_000);
  bed.send(...Array.from({ length: 1_500 }, (_, n) => bed.source({ flowType: 3, sourceTransportPort: n })));
  bed.pass(1_000);
  expect(bed.batches.map(({ length, layout }) => [length, layout.capacity])).toEqual([
    [1, 1],
    [1_024, 1_024],
    [476, 512],
  ]);
});
