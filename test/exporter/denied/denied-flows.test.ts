import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionDirection } from '../../../src/exporter/connection-direction.ts';
import { DeniedFlows, type DeniedFlowsOptions } from '../../../src/exporter/denied/denied-flows.ts';
import { type DeniedNode, DeniedRecords } from '../../../src/exporter/denied/denied-records.ts';
import { allPresets } from '../../../src/exporter/denied/index.ts';
import { Count, PacketDirection } from '../../../src/exporter/denied/packet-batch.ts';
import { PrefixMatcher } from '../../../src/exporter/denied/prefix-matcher.ts';
import { TrackingAge } from '../../../src/exporter/tracking-age.ts';
import {
  EndReason,
  type FlowRecord,
  FlowType,
  Observer,
  parseAddress,
  RuleAction,
} from '../../../src/flow/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { batchOfPackets, type PacketRow } from '../../support/nflog-packets.ts';

const ACTIVE_MS = 60_000;
const IDLE_MS = 15_000;

function denied(options: Partial<DeniedFlowsOptions> = {}, node?: DeniedNode) {
  const ledger = new Ledger();
  const records: FlowRecord[] = [];
  const matcher = new PrefixMatcher([{ group: 5, patterns: allPresets, defaultAction: RuleAction.drop }]);
  const writer = new DeniedRecords((batch) => records.push(...batch), { wallAt: (ms) => ms }, node);
  const flows = new DeniedFlows(
    {
      activeTimeoutMs: ACTIVE_MS,
      idleTimeoutMs: IDLE_MS,
      maxFlows: 65_536,
      rememberMs: 150_000,
      protocols: undefined,
      loopback: true,
      ...options,
    },
    matcher,
    ledger,
    0,
    writer,
  );
  return {
    flows,
    ledger,
    packets: flows.packets,
    join: (nowMs: number, ...packets: PacketRow[]) => flows.join(batchOfPackets(packets), nowMs),
    /** The records since the last call. */
    expire(nowMs: number): FlowRecord[] {
      flows.expire(nowMs);
      return records.splice(0);
    },
    end(): FlowRecord[] {
      flows.end();
      return records.splice(0);
    },
    take: () => records.splice(0),
  };
}

const statement = ({ flows }: { flows: DeniedFlows }) => {
  const { received, sent, dropped, held, closed } = flows.packets.toJSON();
  return { received, sent, dropped, held, closed };
};

describe('DeniedFlows', () => {
  it('joins the packets of a tuple into one record with counters, times, flags and the policy', () => {
    const host = denied();
    const prefix = 'reject shop/database:from-web';
    host.join(1_000, { prefix, timeMs: 900.25, octets: 60, tcpControlBits: 0x02 });
    host.join(2_000, { prefix, timeMs: 1900.5, octets: 52, tcpControlBits: 0x10 });
    expect(statement(host)).toEqual({ received: 2, sent: 0, dropped: {}, held: 2, closed: true });
    expect(host.expire(3_999)).toEqual([]);
    expect(host.expire(4_000)).toEqual([
      {
        flowStartMilliseconds: 900.25,
        flowEndMilliseconds: 1900.5,
        flowEndReason: EndReason.end,
        biflowDirection: 1,
        sourceIP: '10.0.0.1',
        destinationIP: '10.0.0.2',
        sourceTransportPort: 1000,
        destinationTransportPort: 80,
        protocolIdentifier: 6,
        octetTotalCount: 112,
        packetTotalCount: 2,
        octetDeltaCount: 112,
        packetDeltaCount: 2,
        ingressNetworkPolicyNamespace: 'shop',
        ingressNetworkPolicyName: 'database',
        ingressNetworkPolicyRuleName: 'from-web',
        ingressNetworkPolicyRuleAction: RuleAction.reject,
        tcpControlBits: 0x12,
      },
    ]);
    expect(statement(host)).toEqual({ received: 2, sent: 2, dropped: {}, held: 0, closed: true });
    expect(host.flows.flows.toJSON()).toMatchObject({ received: 1, sent: 1, held: 0, closed: true });
  });

  it('ends dropped flows, and rejected flows other than TCP, after the idle timeout', () => {
    const host = denied();
    host.join(0, { prefix: 'drop a:b' }, { prefix: 'reject a:b', protocol: 17 });
    expect(host.expire(IDLE_MS - 1)).toEqual([]);
    expect(host.expire(IDLE_MS)).toMatchObject([
      { flowEndReason: EndReason.idle },
      { flowEndReason: EndReason.idle },
    ]);
  });

  it('goes by other timeouts once they change', () => {
    const host = denied();
    host.join(0, { prefix: 'drop a:b' });
    host.flows.timeouts = { activeTimeoutMs: 4_000, idleTimeoutMs: 10_000 };
    expect(host.expire(4_000)).toMatchObject([{ flowEndReason: EndReason.active }]);
    expect(host.expire(10_000)).toMatchObject([{ flowEndReason: EndReason.idle }]);
  });

  it('has no reverse counters, rather than zero', () => {
    const host = denied();
    host.join(0, {});
    const [record] = host.end();
    expect(record).not.toHaveProperty('reverseOctetTotalCount');
    expect(record).not.toHaveProperty('reversePacketDeltaCount');
  });

  it("writes the policy on the side of the packet's direction, or of the direction in the prefix", () => {
    const host = denied();
    host.join(0, { prefix: 'drop out:1', direction: PacketDirection.egress });
    host.join(0, { prefix: 'filter_OUT_public_REJECT: ', direction: PacketDirection.ingress });
    expect(host.end()).toMatchObject([
      { egressNetworkPolicyName: 'out', egressNetworkPolicyRuleAction: RuleAction.drop },
      { egressNetworkPolicyName: 'public', egressNetworkPolicyRuleAction: RuleAction.reject },
    ]);
  });

  it('says which ends are on this node, and the type of the flow', () => {
    const here = parseAddress('10.0.0.2')![3];
    const host = denied(
      {},
      {
        name: 'node-1',
        network: {
          isHere: (words, at) => words[at + 3] === here,
          isWorkload: () => false,
          flowType: (words, _source, destination) =>
            words[destination + 3] === here ? FlowType.fromExternal : FlowType.toExternal,
        },
        directions: new ConnectionDirection(new TrackingAge()),
      },
    );
    host.join(0, {}, { source: '10.0.0.2', destination: '10.0.0.1' });
    const [one, other] = host.end();
    expect(one).toMatchObject({
      destinationNodeName: 'node-1',
      flowType: FlowType.fromExternal,
      observationPointId: Observer.destination,
    });
    expect(one).not.toHaveProperty('sourceNodeName');
    expect(other).toMatchObject({
      sourceNodeName: 'node-1',
      flowType: FlowType.toExternal,
      observationPointId: Observer.source,
    });
  });

  it('takes the sender of an opening packet as the source, with certainty', () => {
    const host = denied();
    const ping = { protocol: 1, sourcePort: 7, destinationPort: 0, icmpTypeCode: 0x0800 };
    host.join(0, { sourcePort: 443, destinationPort: 50_000, tcpControlBits: 0x02 }, ping);
    const [tcp, icmp] = host.end();
    expect(tcp).toMatchObject({ sourceIP: '10.0.0.1', sourceTransportPort: 443, biflowDirection: 1 });
    expect(icmp).toMatchObject({ sourceIP: '10.0.0.1', sourceTransportPort: 7, biflowDirection: 1 });
  });

  it('counts denied answers as reverse traffic, with the rule on the side of its node', () => {
    const host = denied();
    const answer = { sourcePort: 443, destinationPort: 50_000, tcpControlBits: 0x12, octets: 60 };
    const pong = { protocol: 1, sourcePort: 7, destinationPort: 0, icmpTypeCode: 0 };
    host.join(0, { ...answer, prefix: 'drop out:1', direction: PacketDirection.egress }, pong);
    const [tcp, icmp] = host.end();
    expect(tcp).toMatchObject({
      sourceIP: '10.0.0.2',
      sourceTransportPort: 50_000,
      destinationIP: '10.0.0.1',
      destinationTransportPort: 443,
      reversePacketTotalCount: 1,
      reverseOctetDeltaCount: 60,
      ingressNetworkPolicyName: 'out',
      ingressNetworkPolicyRuleAction: RuleAction.drop,
      biflowDirection: 1,
    });
    expect(tcp).not.toHaveProperty('packetTotalCount');
    expect(tcp).not.toHaveProperty('egressNetworkPolicyRuleAction');
    expect(icmp).toMatchObject({ sourceIP: '10.0.0.2', sourceTransportPort: 7, icmpTypeCode: 0x0800 });
    expect(statement(host)).toMatchObject({ received: 2, sent: 2, closed: true });
  });

  it('tells from the next record on that a workload at an end has become known', () => {
    const known = new Set<number>();
    const isWorkload = (words: ArrayLike<number>, at: number) => known.has(words[at + 3]!);
    const network = { isHere: isWorkload, isWorkload, flowType: () => FlowType.interNode };
    const host = denied(
      {},
      { name: 'node-1', network, directions: new ConnectionDirection(new TrackingAge()) },
    );
    host.join(0, { prefix: 'drop a:b' });
    host.join(ACTIVE_MS - 1, { prefix: 'drop a:b' });
    expect(host.expire(ACTIVE_MS)).toMatchObject([{ observationPointId: Observer.neither }]);
    known.add(parseAddress('10.0.0.2')![3]);
    const there = { observationPointId: Observer.destination, destinationNodeName: 'node-1' };
    expect(host.end()).toMatchObject([there]);
  });

  it.each<[string, PacketRow, number, number | undefined]>([
    ['TCP from a server, midway', { sourcePort: 443, tcpControlBits: 0x10 }, 50_000, undefined],
    ['TCP from a socket that listens here', { sourcePort: 40_000, tcpControlBits: 0x10 }, 50_000, 1],
    ['TCP from a client, midway', { sourcePort: 50_001, tcpControlBits: 0x10 }, 50_001, undefined],
    ['UDP from a server', { protocol: 17, sourcePort: 53 }, 50_000, undefined],
    ['UDP to a server', { protocol: 17, sourcePort: 50_000, destinationPort: 53 }, 50_000, 1],
    ['SCTP', { protocol: 132, sourcePort: 36_412 }, 36_412, undefined],
  ])('determines from sockets and ports who opened %s', (_, packet, client, biflowDirection) => {
    const directions = new ConnectionDirection(new TrackingAge());
    directions.sockets = { tcp: [40_000], udp: [], clientPorts: [32_768, 60_999] };
    const network = {
      isHere: (words: ArrayLike<number>, at: number) => words[at + 3] === here,
      isWorkload: () => false,
      flowType: () => 0,
    };
    const here = parseAddress('10.0.0.1')![3];
    const host = denied({}, { name: 'node-1', network, directions });
    host.join(0, { destinationPort: 50_000, ...packet });
    const [record] = host.end();
    expect([record!.sourceTransportPort, record!.biflowDirection]).toEqual([client, biflowDirection]);
  });

  it.each<[string, PacketRow]>([
    ['source', { source: '10.0.0.9' }],
    ['destination', { destination: 'fd00::1' }],
    ['source port', { sourcePort: 1001 }],
    ['destination port', { destinationPort: 81 }],
    ['protocol', { protocol: 17 }],
    ['action', { prefix: 'reject a:b' }],
    ['policy', { prefix: 'drop b:b' }],
    ['rule', { prefix: 'drop a:c' }],
    ['direction', { direction: PacketDirection.egress }],
  ])('separates packets by %s', (_, other) => {
    const host = denied();
    host.join(0, { prefix: 'drop a:b' }, { prefix: 'drop a:b', ...other });
    expect(host.end().map((record) => record.packetTotalCount)).toEqual([1, 1]);
  });

  it('separates pings by identifier and by type', () => {
    const host = denied();
    const ping = { protocol: 1, sourcePort: 7, destinationPort: 0, icmpTypeCode: 0x0800 };
    host.join(0, ping, ping, { ...ping, sourcePort: 8 }, { ...ping, icmpTypeCode: 0x0d00 });
    expect(host.end().map((record) => record.packetTotalCount)).toEqual([2, 1, 1]);
  });

  it('records an active flow at each active timeout, with deltas that sum to its totals', () => {
    const host = denied();
    const records: FlowRecord[] = [];
    for (let second = 0; second < 150; second++) {
      host.join(second * 1_000, { octets: 100 });
      records.push(...host.expire(second * 1_000));
    }
    records.push(...host.expire(150_000 + IDLE_MS));
    expect(records.map((record) => [record.flowEndReason, record.packetDeltaCount])).toEqual([
      [EndReason.active, 61],
      [EndReason.active, 60],
      [EndReason.idle, 29],
    ]);
    expect(records.at(-1)).toMatchObject({ octetTotalCount: 15_000, packetTotalCount: 150 });
    expect(records.reduce((sum, record) => sum + record.octetDeltaCount!, 0)).toBe(15_000);
  });

  it('makes no active record without new packets, and reports the end of an earlier active flow', () => {
    const host = denied({ activeTimeoutMs: 10_000, idleTimeoutMs: 25_000 });
    host.join(0, {});
    expect(host.expire(10_000)).toMatchObject([{ flowEndReason: EndReason.active, packetDeltaCount: 1 }]);
    expect(host.expire(20_000)).toEqual([]);
    expect(host.expire(25_000)).toMatchObject([
      { flowEndReason: EndReason.idle, packetDeltaCount: 0, packetTotalCount: 1 },
    ]);
    expect(host.flows.flows.toJSON()).toMatchObject({ received: 1, sent: 1, held: 0, closed: true });
  });

  it('starts a new flow with packets that come after the idle timeout has ended one', () => {
    const host = denied();
    host.join(0, { timeMs: 0 });
    expect(host.expire(IDLE_MS)).toHaveLength(1);
    host.join(IDLE_MS + 1, { timeMs: IDLE_MS + 1 });
    expect(host.end()).toMatchObject([
      { flowStartMilliseconds: IDLE_MS + 1, packetTotalCount: 1, packetDeltaCount: 1 },
    ]);
    expect(statement(host)).toMatchObject({ received: 2, sent: 2, held: 0, closed: true });
  });

  it('ends every flow as forced when the agent stops', () => {
    const host = denied();
    host.join(0, ...Array.from({ length: 3_000 }, (_, destinationPort) => ({ destinationPort })));
    const records = host.end();
    expect(records).toHaveLength(3_000);
    expect(new Set(records.map((record) => record.flowEndReason))).toEqual(new Set([EndReason.forced]));
    expect(host.flows.flows.toJSON()).toMatchObject({ received: 3_000, sent: 3_000, held: 0, closed: true });
  });

  it('makes room in a full table by ending the flow that has been silent longest, and counts it', () => {
    const host = denied({ maxFlows: 3 });
    host.join(
      0,
      { destinationPort: 1 },
      { destinationPort: 2 },
      { destinationPort: 3 },
      { destinationPort: 1 },
    );
    host.join(1, { destinationPort: 4 });
    expect(host.take()).toMatchObject([
      { destinationTransportPort: 2, flowEndReason: EndReason.lackOfResources, packetDeltaCount: 1 },
    ]);
    expect(host.flows.flows.toJSON()).toMatchObject({
      received: 4,
      sent: 1,
      held: 3,
      events: { 'ended early for lack of room': 1 },
      closed: true,
    });
    expect(host.end()).toHaveLength(3);
    expect(statement(host)).toEqual({ received: 5, sent: 5, dropped: {}, held: 0, closed: true });
  });

  it('ignores and counts packets that were allowed, of other protocols, or on loopback', () => {
    const host = denied({ protocols: new Set([6]), loopback: false });
    host.join(
      0,
      { prefix: 'allow input' },
      { protocol: 17 },
      { source: '127.0.0.1' },
      { destination: '::1' },
      {},
    );
    expect(statement(host)).toEqual({
      received: 5,
      sent: 0,
      dropped: { allowed: 1, 'protocol filter': 1, loopback: 2 },
      held: 1,
      closed: true,
    });
  });

  it("adopts the reader's counts, with losses as events", () => {
    const host = denied();
    const batch = batchOfPackets([{}]);
    batch.counts[Count.packets]! += 6;
    batch.counts[Count.truncated] = 1;
    batch.counts[Count.malformed] = 2;
    batch.counts[Count.notIp] = 3;
    batch.counts[Count.lost] = 40;
    batch.counts[Count.overruns] = 5;
    batch.counts[Count.fragments] = 1;
    host.flows.join(batch, 0);
    expect(host.packets.toJSON()).toEqual({
      name: 'denied packets',
      unit: 'packets',
      received: 7,
      sent: 0,
      dropped: { truncated: 1, malformed: 2, 'not IP': 3 },
      lost: 6,
      held: 1,
      events: { fragments: 1, 'lost in the kernel': 40, overruns: 5 },
      closed: true,
    });
  });

  it('remembers a denied tuple longer than its flow, and then forgets it', () => {
    const host = denied({ rememberMs: 100_000 });
    const source = parseAddress('10.0.0.1')!;
    const destination = parseAddress('10.0.0.2')!;
    const ask = (sourcePort: number, protocol = 6) =>
      host.flows.isDenied(source, 0, destination, 0, sourcePort, 80, protocol);
    expect(ask(1000)).toBe(false);
    host.join(0, {}, { protocol: 1, sourcePort: 7 });
    expect([ask(1000), ask(1001), ask(1000, 17), ask(7, 1)]).toEqual([true, false, false, true]);
    expect(host.flows.isDenied(destination, 0, source, 0, 80, 1000, 6)).toBe(false);
    host.expire(99_999);
    host.expire(199_998);
    expect(ask(1000)).toBe(true);
    host.expire(200_000);
    host.expire(300_000);
    expect(ask(1000)).toBe(false);
  });

  it('remembers the tuple of a flow for as long as its packets are denied', () => {
    const host = denied({ rememberMs: 100_000 });
    const source = parseAddress('10.0.0.1')!;
    const destination = parseAddress('10.0.0.2')!;
    for (let turn = 1; turn <= 4; turn++) {
      host.join(turn * 100_000 - 1, {});
      host.expire(turn * 100_000);
      expect(host.flows.flows.held).toBe(1);
      expect(host.flows.isDenied(source, 0, destination, 0, 1000, 80, 6)).toBe(true);
    }
    expect(host.flows.flows.received).toBe(1);
  });

  it('keeps both accounts closed and every packet in exactly one delta, in any order of packets', () => {
    const packet = fc.record({
      afterMs: fc.integer({ min: 0, max: 20_000 }),
      destinationPort: fc.integer({ min: 1, max: 12 }),
      prefix: fc.constantFrom('drop a:1', 'reject a:1', 'allow a'),
      octets: fc.integer({ min: 20, max: 1500 }),
    });
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 200 }),
        fc.integer({ min: 1, max: 12 }),
        (packets, maxFlows) => {
          const host = denied({ maxFlows });
          const records: FlowRecord[] = [];
          let nowMs = 0;
          for (const { afterMs, ...row } of packets) {
            nowMs += afterMs;
            records.push(...host.expire(nowMs));
            host.join(nowMs, { ...row, timeMs: nowMs });
            records.push(...host.take());
            expect(host.ledger.isClosed).toBe(true);
          }
          records.push(...host.end());
          const kept = packets.filter(({ prefix }) => prefix !== 'allow a');
          expect(deltasByPort(records)).toEqual(
            deltasByPort(
              kept.map(({ destinationPort, octets }) => ({
                destinationTransportPort: destinationPort,
                packetDeltaCount: 1,
                octetDeltaCount: octets,
              })),
            ),
          );
          expect(records.filter(({ flowEndReason }) => flowEndReason !== EndReason.active)).toHaveLength(
            host.flows.flows.received,
          );
          expect(statement(host)).toMatchObject({ received: packets.length, sent: kept.length, held: 0 });
        },
      ),
      { numRuns: 50 },
    );
  });
});

function deltasByPort(records: readonly FlowRecord[]): Map<number, [packets: number, octets: number]> {
  const sums = new Map<number, [number, number]>();
  for (const record of records) {
    const [packets, octets] = sums.get(record.destinationTransportPort!) ?? [0, 0];
    sums.set(record.destinationTransportPort!, [
      packets + record.packetDeltaCount!,
      octets + record.octetDeltaCount!,
    ]);
  }
  return new Map([...sums].sort(([one], [other]) => one - other));
}
