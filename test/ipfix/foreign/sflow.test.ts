import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import { exportTime } from '../../support/foreign-messages.ts';
import {
  counterSample,
  ethernet,
  type FlowSample,
  flowSample,
  ipv4,
  rawHeader,
  type SflowHeader,
  sflow,
  sflowPart,
} from '../../support/sflow-octets.ts';

const T = exportTime * 1000;
const packetOf = (octets: number) =>
  rawHeader(ethernet(0x0800, ipv4(undefined, { length: octets })), octets + 18);
const sample = (numbers: FlowSample, octets = 1_000) => flowSample(numbers, packetOf(octets));
/** Datagrams one second apart, with one sample each. */
const sent = (sequence: number, samples: readonly Uint8Array[], header: SflowHeader = {}) =>
  sflow({ sequence, uptimeMs: 1_000_000 + sequence * 1_000, ...header }, ...samples);

describe('flow samples of sFlow', () => {
  it('are flows whose counters are estimates, beside what was counted', () => {
    const bed = new ForeignBed();
    bed.receive([
      sent(1, [sample({ sequence: 1, rate: 512 })]),
      sent(2, [sample({ sequence: 2, rate: 512 }, 200), sample({ sequence: 3, rate: 1_024 }, 100)]),
    ]);
    expect(bed.collected.map((record) => record.flowStartMilliseconds)).toEqual([T, T, T]);
    expect(bed.pass()).toMatchObject([
      {
        sourceIP: '10.0.0.1',
        destinationIP: '10.0.0.2',
        sourceTransportPort: 40_000,
        destinationTransportPort: 443,
        protocolIdentifier: 6,
        ipClassOfService: 0x20,
        tcpControlBits: 0x18,
        ingressInterface: 5,
        egressInterface: 6,
        flowStartMilliseconds: T,
        flowEndMilliseconds: T,
        octetDeltaCount: 512 * 1_200 + 1_024 * 100,
        packetDeltaCount: 512 * 2 + 1_024,
        sampledOctetDeltaCount: 1_300,
        sampledPacketDeltaCount: 3,
      },
    ]);
    expect(bed.account()).toMatchObject({
      received: 3,
      sent: 3,
      dropped: {},
      events: { 'scaled by sampling': 3, 'times estimated': 3 },
    });
  });

  it('are counted without an estimate if every packet is sampled', () => {
    const bed = new ForeignBed();
    bed.receive([sent(1, [sample({ rate: 1 })])]);
    expect(bed.pass()).toMatchObject([{ octetDeltaCount: 1_000, packetDeltaCount: 1 }]);
    expect(bed.account().events).toEqual({ 'times estimated': 1 });
  });

  it('are no flows if they show no IP, and have no record if they show no packet', () => {
    const bed = new ForeignBed();
    const arp = rawHeader(ethernet(0x0806, '0001 0800'));
    bed.receive([sent(1, [flowSample({}, arp), flowSample({ sequence: 2 }), counterSample, counterSample])]);
    expect(bed.account()).toMatchObject({ received: 1, dropped: { 'not a flow': 1 } });
    expect(bed.account('messages').events).toEqual({ 'counter samples': 2, 'samples without a packet': 1 });
    expect(bed.lines.filter((line) => line.includes('Weir does not read counter samples'))).toHaveLength(1);
    bed.pass();
  });

  it('that did not arrive are counted by the numbers of each source', () => {
    const bed = new ForeignBed();
    bed.receive([
      sent(1, [sample({ sequence: 10, source: 5 }), sample({ sequence: 70, source: 6 })]),
      sent(4, [sample({ sequence: 13, source: 5 }), sample({ sequence: 71, source: 6 })]),
      sent(5, [sample({ sequence: 75, source: 6 })]),
    ]);
    expect(bed.account().events).toMatchObject({ 'lost upstream': 2 + 3 });
    expect(bed.account('messages').events).toEqual({ 'lost upstream': 2 });
    const [history] = bed.histories.readings;
    expect(history).toMatchObject({ exportProtocol: 'sflow-v5', lost: 5, lostMessages: 2 });
    bed.pass();
  });

  it('that arrive late or twice are counted once, and are no loss', () => {
    const bed = new ForeignBed();
    const datagrams = [1, 2, 3, 4].map((n) => sent(n, [sample({ sequence: n }, 100 + n)]));
    const [one, two, three, four] = datagrams;
    bed.receive([one!, three!, three!, two!, four!, four!]);
    expect(bed.account()).toMatchObject({ received: 6, sent: 4, dropped: { duplicate: 2 } });
    expect(bed.account().events['lost upstream']).toBe(0);
    expect(bed.account('messages').events['lost upstream']).toBe(0);
    expect(bed.pass()).toMatchObject([{ sampledPacketDeltaCount: 4, sampledOctetDeltaCount: 410 }]);
  });

  it('that the agent could not take are its own losses, from its first report on', () => {
    const bed = new ForeignBed();
    const drops = [7, 9, 9, 3].map((total, n) => sent(n + 1, [sample({ sequence: n + 1, drops: total })]));
    bed.receive([...drops, sent(5, [sample({ sequence: 1, source: 6, drops: 1_000 })])]);
    expect(bed.account().events).toMatchObject({ 'packets not metered by exporter': 2 + 3 });
    expect(bed.histories.readings[0]!.reported).toEqual({ unsentRecords: 0, ignoredPackets: 5 });
    bed.pass();
  });

  it('begin anew after a restart of the agent, by its uptime', () => {
    const bed = new ForeignBed();
    bed.receive([sent(900, [sample({ sequence: 800, drops: 5 })])]);
    bed.receive([sent(1, [sample({ sequence: 1 })], { uptimeMs: 3_000 }), sent(2, [], { uptimeMs: 4_000 })]);
    expect(bed.account().events).toMatchObject({ 'exporter restarts': 1 });
    expect(bed.account().events).not.toHaveProperty('lost upstream');
    expect(bed.account('messages').events).toEqual({});
    bed.pass();
  });

  it('of two agents behind one address have separate numbers', () => {
    const bed = new ForeignBed();
    const other = { agent: '0a000008' };
    bed.receive([
      sent(1, [sample({ sequence: 1 })]),
      sent(501, [sample({ sequence: 301 })], other),
      sent(2, [sample({ sequence: 2 })]),
      sent(502, [sample({ sequence: 302 })], other),
    ]);
    expect(bed.account().events).not.toHaveProperty('lost upstream');
    expect(bed.account('messages').events).toEqual({});
    bed.pass();
  });

  it('that cannot be read are undecodable, and their number is no loss', () => {
    const bed = new ForeignBed();
    const broken = flowSample({ sequence: 2 }, sflowPart(3, [0, 0, 0, 1]));
    bed.receive([sent(1, [sample({ sequence: 1 })]), sent(2, [broken, sample({ sequence: 3 })])]);
    expect(bed.account()).toMatchObject({
      received: 3,
      sent: 2,
      dropped: { undecodable: 1 },
      events: { 'record-truncated': 1 },
    });
    expect(bed.account().events).not.toHaveProperty('lost upstream');
    bed.pass();
  });
});
