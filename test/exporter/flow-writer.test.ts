import { describe, expect, it } from 'vitest';
import { RecordNamer } from '../../src/exporter/record-namer.ts';
import { FlowType, Observer } from '../../src/flow/index.ts';
import { Log } from '../../src/runtime/index.ts';
import type { ConnectionRow, Tuple } from '../support/connection-rows.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { StoreUnderTest, type StoreUnderTestOptions } from '../support/store-under-test.ts';

const counters = [4, 400, 3, 300] as const;

/** The record of a connection that ended. */
function recordOf(row: Partial<ConnectionRow>, options?: StoreUnderTestOptions) {
  const test = new StoreUnderTest(options);
  test.tell({ kind: 'destroy', counters, startMs: 1_000, stopMs: 2_000, ...row });
  return test.records()[0]!;
}

const tuple = (source: string, sourcePort: number, destination: string, destinationPort: number): Tuple => ({
  source,
  sourcePort,
  destination,
  destinationPort,
});

describe("a connection's record", () => {
  it('has every field that the kernel knows', () => {
    expect(recordOf({ id: 7, zone: 3, tcpState: 3 }, { nodeNetworks: ['10.0.0.1'] })).toEqual({
      flowStartMilliseconds: 1_000,
      flowEndMilliseconds: 2_000,
      flowEndReason: 3,
      flowId: 3 * 2 ** 32 + 7,
      observationPointId: Observer.source,
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.0.2',
      sourceTransportPort: 40_000,
      destinationTransportPort: 80,
      protocolIdentifier: 6,
      packetTotalCount: 4,
      octetTotalCount: 400,
      packetDeltaCount: 4,
      octetDeltaCount: 400,
      reversePacketTotalCount: 3,
      reverseOctetTotalCount: 300,
      reversePacketDeltaCount: 3,
      reverseOctetDeltaCount: 300,
      sourceNodeName: 'node-a',
      tcpState: 'ESTABLISHED',
    });
  });

  it('keeps destination NAT: the reached destination and the requested one', () => {
    const original = tuple('10.0.0.1', 40_000, '10.96.0.1', 443);
    const reply = tuple('10.0.0.2', 6_443, '10.0.0.1', 40_000);
    const record = recordOf({ original, reply });
    expect(record).toMatchObject({
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.0.2',
      destinationTransportPort: 6_443,
      destinationServiceIP: '10.96.0.1',
      destinationServicePort: 443,
    });
    expect(record).not.toHaveProperty('proxySnatIP');
  });

  it('keeps source NAT, of the address or only of the port', () => {
    const original = tuple('10.0.0.1', 40_000, '10.0.0.2', 80);
    expect(recordOf({ original, reply: tuple('10.0.0.2', 80, '192.0.2.1', 1_024) })).toMatchObject({
      sourceIP: '10.0.0.1',
      sourceTransportPort: 40_000,
      proxySnatIP: '192.0.2.1',
      proxySnatPort: 1_024,
    });
    expect(recordOf({ original, reply: tuple('10.0.0.2', 80, '10.0.0.1', 1_024) })).toMatchObject({
      proxySnatIP: '10.0.0.1',
      proxySnatPort: 1_024,
    });
  });

  it.each([
    ['the source', ['10.0.0.1'], Observer.source],
    ['the destination', ['10.0.0.2'], Observer.destination],
    ['both ends', ['10.0.0.0/24'], Observer.both],
    ['neither end', ['192.0.2.0/24'], Observer.neither],
  ])('states that the node has %s', (_, nodeNetworks, observer) => {
    expect(recordOf({}, { nodeNetworks }).observationPointId).toBe(observer);
  });

  it('states that a node that translates the source represents it', () => {
    const original = tuple('10.0.0.1', 40_000, '10.0.0.2', 80);
    const translated = { original, reply: tuple('10.0.0.2', 80, '192.0.2.1', 1_024) };
    expect(recordOf(translated).observationPointId).toBe(Observer.source);
    const atDestination = recordOf(translated, { nodeNetworks: ['10.0.0.2'] });
    expect(atDestination.observationPointId).toBe(Observer.destination);
  });

  it('names its node as the source of a flow that it lets in from outside for another node', () => {
    const networks = { nodeNetworks: ['172.30.1.1'], clusterNetworks: ['172.30.0.0/16', '10.244.0.0/16'] };
    const original = tuple('198.51.100.1', 40_000, '172.30.1.1', 30_080);
    const admitted = { original, reply: tuple('10.244.2.2', 8_080, '172.30.1.1', 1_024) };
    const expected = { sourceIP: '198.51.100.1', flowType: FlowType.fromExternal };
    expect(recordOf(admitted, networks)).toMatchObject({ ...expected, sourceNodeName: 'node-a' });
    expect(recordOf(admitted, networks)).not.toHaveProperty('destinationNodeName');
    const own = recordOf(admitted, { ...networks, nodeNetworks: ['10.244.2.0/24'] });
    expect(own).toMatchObject({ ...expected, destinationNodeName: 'node-a' });
    expect(own).not.toHaveProperty('sourceNodeName');
  });

  it('knows without clusterNetworks, too, that it lets a flow in, because it translates the source', () => {
    const networks = { nodeNetworks: ['172.30.1.1'] };
    const original = tuple('198.51.100.1', 40_000, '172.30.1.1', 30_080);
    const admitted = { original, reply: tuple('10.244.2.2', 8_080, '172.30.1.1', 1_024) };
    expect(recordOf(admitted, networks)).toMatchObject({
      flowType: FlowType.fromExternal,
      sourceNodeName: 'node-a',
      observationPointId: Observer.source,
    });
    const passing = { original: tuple('198.51.100.1', 40_000, '10.244.2.2', 8_080) };
    expect(recordOf(passing, networks)).not.toHaveProperty('flowType');
  });

  it('has, for a ping, its type, code and identifier as a port, also after source NAT', () => {
    const ping = (source: string, destination: string, icmpId: number, icmpType: number) => ({
      source,
      destination,
      icmpId,
      icmpType,
      icmpCode: 0,
    });
    const original = ping('10.0.0.1', '10.0.0.2', 77, 8);
    const record = recordOf({ protocol: 1, original, reply: ping('10.0.0.2', '192.0.2.1', 99, 0) });
    expect(record).toMatchObject({
      sourceTransportPort: 77,
      icmpTypeCode: 0x800,
      proxySnatIP: '192.0.2.1',
      proxySnatPort: 99,
    });
    for (const absent of [
      'destinationTransportPort',
      'destinationServiceIP',
      'destinationServicePort',
      'tcpState',
    ]) {
      expect(record).not.toHaveProperty(absent);
    }
  });

  it('has the same fields for IPv6 as for IPv4', () => {
    const original = tuple('fd00::1', 40_000, 'fd00::2', 80);
    const record = recordOf({ original, reply: tuple('fd00:9::2', 8_080, 'fd00::1', 40_000) });
    expect(record).toMatchObject({
      sourceIP: 'fd00::1',
      destinationIP: 'fd00:9::2',
      destinationServiceIP: 'fd00::2',
      destinationServicePort: 80,
    });
  });

  it('begins when it was first seen if the kernel records no times', () => {
    const test = new StoreUnderTest();
    test.tell({ kind: 'new', id: 1 });
    const startMs = test.now;
    test.clock.advance(3_000);
    test.tell({ kind: 'destroy', id: 1, counters });
    expect(test.records()).toMatchObject([
      { flowStartMilliseconds: startMs, flowEndMilliseconds: startMs + 3_000 },
    ]);
  });
});

it('a record keeps nothing of the earlier record in its place', () => {
  const test = new StoreUnderTest();
  const nat = { original: tuple('10.0.0.1', 1, '10.96.0.1', 2), reply: tuple('10.0.0.2', 3, '192.0.2.1', 4) };
  test.tell({ kind: 'destroy', id: 1, counters, ...nat });
  expect(Object.keys(test.records()[0]!)).toEqual(
    expect.arrayContaining(['destinationServiceIP', 'proxySnatPort']),
  );
  test.tell({ kind: 'destroy', id: 2, protocol: 17 });
  const [record] = test.records();
  for (const absent of [
    'destinationServiceIP',
    'destinationServicePort',
    'proxySnatIP',
    'proxySnatPort',
    'tcpState',
  ]) {
    expect(record).not.toHaveProperty(absent);
  }
  expect(record).not.toHaveProperty('octetTotalCount');
});

describe('a namer', () => {
  it('names the ends of records, and names that come and go do not stay', () => {
    const dictionaries = new Set<number>();
    const names: string[] = [];
    const namer = new RecordNamer(
      {
        name: 'test',
        fills: ['sourcePodName'],
        enrich({ dictionary }, from, to, filler) {
          dictionaries.add(dictionary.number);
          for (let row = from; row < to; row++) {
            names.push(`pod-${names.length}-`.padEnd(4_000, 'x'));
            filler.fill('sourcePodName', row, names.at(-1)!);
          }
        },
      },
      new Log(new FakeClock(), () => {}),
    );
    const test = new StoreUnderTest({ namer, nodeNetworks: ['10.0.0.1'] });
    for (let id = 1; id <= 200; id++) {
      test.tell({ kind: 'destroy', counters, startMs: 1_000, stopMs: 2_000, id, tcpState: 3 });
      expect(test.records()).toEqual([
        expect.objectContaining({
          sourcePodName: names[id - 1],
          sourceNodeName: 'node-a',
          tcpState: 'ESTABLISHED',
        }),
      ]);
    }
    expect(dictionaries.size).toBeGreaterThan(2);
  });
});

describe('an end whose workload becomes known after the first record', () => {
  /** Hosts that are known, by the time from which on they have their address. */
  const since = new Map<number, number>();
  /** A connection between two hosts that are unknown when its first record leaves. */
  const begun = () => {
    since.clear();
    const test = new StoreUnderTest({
      clusterNetworks: ['10.0.0.0/8'],
      isWorkload: (words, at, timeMs) => timeMs >= since.get(words[at + 3]! & 0xff)!,
    });
    test.tell({ kind: 'new' });
    return test;
  };
  let octets = 0;
  const next = (test: StoreUnderTest) => {
    octets += 100;
    test.clock.advance(5_000);
    test.dump({ counters: [octets / 100, octets, 0, 0] });
    test.clock.advance(60_000);
    test.dump({ counters: [octets / 100, octets, 0, 0] });
    return test.records()[0];
  };

  it('is there from the next record on, with its node and the type of the flow', () => {
    const test = begun();
    const beganMs = test.clock.monotonic();
    expect(next(test)).toMatchObject({ observationPointId: Observer.neither });
    since.set(1, beganMs);
    const source = { observationPointId: Observer.source, sourceNodeName: 'node-a' };
    expect(next(test)).toMatchObject({ ...source, flowType: FlowType.interNode });
    since.set(2, beganMs).delete(1);
    const both = { sourceNodeName: 'node-a', destinationNodeName: 'node-a', flowType: FlowType.intraNode };
    expect(next(test)).toMatchObject({ ...both, observationPointId: Observer.both });
  });

  it('does not come when the workload got the address after the flow had begun', () => {
    const test = begun();
    since.set(1, test.clock.monotonic() + 1);
    next(test);
    expect(next(test)).toMatchObject({ observationPointId: Observer.neither });
  });
});
