import { describe, expect, it } from 'vitest';
import { ConnectionStatus } from '../../src/exporter/conntrack/index.ts';
import { localPortsOf } from '../../src/exporter/host-sockets.ts';
import type { ConnectionRow, Tuple } from '../support/connection-rows.ts';
import { StoreUnderTest } from '../support/store-under-test.ts';

const between = (sourcePort: number, destinationPort: number): Tuple => ({
  source: '10.0.0.1',
  sourcePort,
  destination: '10.0.0.2',
  destinationPort,
});

interface Known {
  tcp?: number[];
  udp?: number[];
  here?: string;
}

/** The record of a connection, on a node that has these sockets and this address. */
function recordOf(row: Partial<ConnectionRow>, { tcp = [], udp = [], here = '10.0.0.1' }: Known = {}) {
  const test = new StoreUnderTest({ nodeNetworks: [here] });
  test.directions.sockets = { tcp, udp, clientPorts: [32_768, 60_999] };
  test.dump({ counters: [4, 400, 3, 300], startMs: 1_000, ...row });
  return test.finish()[0]!;
}

/** Ports of the record's source and destination, and what it says of who opened the connection. */
function direction(row: Partial<ConnectionRow>, known?: Known) {
  const record = recordOf(row, known);
  return [record.sourceTransportPort, record.destinationTransportPort, record.biflowDirection];
}

const seen = { status: 0xa | ConnectionStatus.openingSeen };
const initiator = 1;

describe('the source of a TCP connection', () => {
  it('is what the kernel says when it has seen the opening, for any ports and sockets', () => {
    const row = { ...seen, original: between(443, 50_000) };
    expect(direction(row, { tcp: [443] })).toEqual([443, 50_000, initiator]);
  });

  it('is not the end that listens here, when the kernel first saw the connection midway', () => {
    expect(direction({ original: between(50_000, 40_000) }, { tcp: [50_000] })).toEqual([
      40_000,
      50_000,
      initiator,
    ]);
    const server = { tcp: [40_000], here: '10.0.0.2' };
    expect(direction({ original: between(50_000, 40_000) }, server)).toEqual([50_000, 40_000, initiator]);
  });

  it('ignores a socket here that listens on the port of a remote end', () => {
    const elsewhere = { tcp: [50_000], here: '10.0.0.2' };
    expect(direction({ original: between(50_000, 40_000) }, elsewhere)).toEqual([50_000, 40_000, undefined]);
  });

  it("is guessed from ports when nothing listens: a well-known port is a server, a client's port is not", () => {
    expect(direction({ original: between(8_443, 45_454) })).toEqual([45_454, 8_443, undefined]);
    expect(direction({ original: between(45_454, 8_443) })).toEqual([45_454, 8_443, undefined]);
    expect(direction({ original: between(443, 20_000) })).toEqual([20_000, 443, undefined]);
    expect(direction({ original: between(40_000, 50_000) })).toEqual([40_000, 50_000, undefined]);
  });
});

describe('the source of a UDP exchange', () => {
  const udp = (source: number, destination: number) => ({
    protocol: 17,
    original: between(source, destination),
  });

  it('is what the kernel says when the ports agree', () => {
    expect(direction(udp(50_000, 53))).toEqual([50_000, 53, initiator]);
  });

  it('is the other end when the kernel saw the answer first, as a guess', () => {
    expect(direction(udp(53, 50_000))).toEqual([50_000, 53, undefined]);
    expect(direction(udp(9_000, 50_000), { udp: [9_000] })).toEqual([50_000, 9_000, undefined]);
  });

  it('is what the kernel says, as a guess, when no port looks more like a server', () => {
    expect(direction(udp(123, 123))).toEqual([123, 123, undefined]);
  });

  it("ignores a client's socket that is not connected", () => {
    expect(direction(udp(50_000, 40_000), { udp: [50_000] })).toEqual([50_000, 40_000, undefined]);
  });

  it.each([
    ['NTP', 123, 123],
    ['a gossip protocol', 7_946, 7_946],
    ['a client with a port of its own choice', 5_001, 5_000],
    ['a resolver with a port of its own choice', 5_001, 53],
  ])('is the same on both nodes, whose sockets are both bound: %s', (_, sourcePort, destinationPort) => {
    const row = udp(sourcePort, destinationPort);
    const onTheClients = direction(row, { udp: [sourcePort] });
    const onTheServers = direction(row, { udp: [destinationPort], here: '10.0.0.2' });
    expect(onTheClients.slice(0, 2)).toEqual([sourcePort, destinationPort]);
    expect(onTheServers).toEqual([sourcePort, destinationPort, initiator]);
  });
});

describe('the source of a UDP exchange that the kernel saw from its first packet', () => {
  const UDP = 17;
  const MINUTE = 60_000;

  /** A store that has watched for a minute. */
  function watched(): StoreUnderTest {
    const test = new StoreUnderTest({ nodeNetworks: ['10.0.0.1'] });
    test.directions.sockets = { tcp: [], udp: [], clientPorts: [32_768, 60_999] };
    test.store.watchBegins(test.clock.monotonic());
    test.clock.advance(MINUTE);
    return test;
  }

  const ended = (test: StoreUnderTest, source: number, destination: number, startMs = test.now) => {
    const row = { protocol: UDP, original: between(source, destination), counters: [1, 50, 1, 60] } as const;
    test.tell({ kind: 'destroy', ...row, startMs, stopMs: test.now, idleMs: test.now - startMs });
    const [record] = test.records();
    return [record!.sourceTransportPort, record!.destinationTransportPort, record!.biflowDirection];
  };

  it.each([
    [123, 123, initiator],
    [50_000, 51_000, initiator],
    [50_000, 53, initiator],
    [708, 8_443, undefined],
    [7_535, 40_000, undefined],
    [53, 50_000, undefined],
  ])("is the kernel's, and a guess where the ports object: %i to %i", (source, destination, direction) => {
    expect(ended(watched(), source, destination)).toEqual([source, destination, direction]);
  });

  it('is so for what began before the agent, if the kernel tracked long before', () => {
    const test = new StoreUnderTest({ nodeNetworks: ['10.0.0.1'] });
    test.clock.advance(10 * MINUTE);
    const startMs = test.now;
    test.store.watchBegins(test.clock.monotonic());
    const old = { id: 1, protocol: 6, original: between(40_000, 22), counters: [9, 900, 9, 900] } as const;
    const recent = {
      id: 2,
      protocol: UDP,
      original: between(708, 8_443),
      counters: [4, 400, 4, 400],
    } as const;
    test.dump(
      { ...old, tcpState: 3, startMs: startMs - 5 * MINUTE, idleMs: 1_000 },
      { ...recent, startMs: startMs - MINUTE, idleMs: 1_000 },
    );
    const directions = test.finish().map((record) => record.sourceTransportPort);
    expect(directions).toEqual([40_000, 708]);
  });

  it('is judged by ports for half a minute after somebody has deleted connections', () => {
    const test = watched();
    const original = between(50_000, 53);
    test.tell({ kind: 'new', protocol: UDP, original, timeMs: test.now });
    test.clock.advance(5_000);
    const deleted = { startMs: test.now - 5_000, stopMs: test.now, idleMs: 30_000 };
    test.tell({ kind: 'destroy', protocol: UDP, original, counters: [1, 50, 1, 60], ...deleted });
    test.records();
    expect(ended(test, 53, 50_000)).toEqual([50_000, 53, undefined]);
    test.clock.advance(31_000);
    expect(ended(test, 53, 50_000)).toEqual([53, 50_000, undefined]);
  });

  it("is still the kernel's after a refused TCP connection, which the kernel itself removes at once", () => {
    const test = watched();
    const refused = { tcpState: 8, counters: [1, 60, 1, 40], original: between(50_001, 25) } as const;
    test.tell({ kind: 'new', tcpState: 1, original: refused.original, timeMs: test.now });
    test.tell({ kind: 'destroy', ...refused, startMs: test.now, stopMs: test.now, idleMs: 10_000 });
    test.records();
    expect(ended(test, 708, 8_443)).toEqual([708, 8_443, undefined]);
  });

  it('is judged by ports for half a minute after tracking was away', () => {
    const test = watched();
    test.store.trackingFailed(test.clock.monotonic());
    test.clock.advance(1_000);
    expect(ended(test, 53, 50_000)).toEqual([50_000, 53, undefined]);
  });
});

describe('a turned record', () => {
  it('swaps both addresses of each end, the counters and the type of the flow', () => {
    const test = new StoreUnderTest({ nodeNetworks: ['10.0.0.0/24'], clusterNetworks: ['10.0.0.0/16'] });
    test.dump({
      original: { source: '10.0.0.1', sourcePort: 8_443, destination: '203.0.113.1', destinationPort: 1_024 },
      reply: { source: '198.51.100.9', sourcePort: 45_000, destination: '192.0.2.1', destinationPort: 443 },
      counters: [4, 400, 3, 300],
      startMs: 1_000,
    });
    expect(test.finish()[0]).toMatchObject({
      sourceIP: '198.51.100.9',
      sourceTransportPort: 45_000,
      proxySnatIP: '203.0.113.1',
      proxySnatPort: 1_024,
      destinationIP: '10.0.0.1',
      destinationTransportPort: 8_443,
      destinationServiceIP: '192.0.2.1',
      destinationServicePort: 443,
      destinationNodeName: 'node-a',
      packetTotalCount: 3,
      octetTotalCount: 300,
      reversePacketTotalCount: 4,
      reverseOctetTotalCount: 400,
      flowType: 4,
    });
    expect(test.account('agent')).toMatchObject({ received: 1, sent: 1 });
  });

  it('stays turned in every record of its connection after the listener is gone', () => {
    const test = new StoreUnderTest({ nodeNetworks: ['10.0.0.1'] });
    const sockets = { tcp: [50_000], udp: [], clientPorts: [32_768, 60_999] as const };
    test.directions.sockets = sockets;
    const row = { original: between(50_000, 40_000), startMs: 1_000 };
    test.dump({ ...row, counters: [4, 400, 3, 300] });
    const [first] = test.records();
    test.directions.sockets = { ...sockets, tcp: [] };
    test.dump({ ...row, counters: [5, 500, 3, 300] });
    const records = [first, ...test.records(), ...test.finish()].filter((record) => record !== undefined);
    expect(records.length).toBeGreaterThan(0);
    for (const record of records)
      expect(record).toMatchObject({ sourceTransportPort: 40_000, biflowDirection: 1 });
  });
});

describe('the tables of sockets', () => {
  it('list the local ports of sockets in one state, for both families', () => {
    const four = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:20FB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 0100007F:B18E 0100007F:20FB 01 00000000:00000000 00:00000000 00000000     0        0 2 1
`;
    const six = `  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000
`;
    expect(localPortsOf(four, '0A')).toEqual([8_443]);
    expect(localPortsOf(six, '0A')).toEqual([22]);
    expect(localPortsOf('', '0A')).toEqual([]);
  });
});
