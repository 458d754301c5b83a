import { describe, expect, it } from 'vitest';
import { ForeignBed } from '../../support/foreign-bed.ts';
import { exportTime } from '../../support/foreign-messages.ts';
import { octets, set, u16, u32 } from '../../support/ipfix-octets.ts';
import {
  type V9Header,
  v1,
  v1Record,
  v5,
  v5Record,
  v7,
  v7Record,
  v9,
  v9Options,
  v9Template,
} from '../../support/netflow-octets.ts';

const T = exportTime * 1000;
const ends = '0a000001 0a000002 9c40 01bb 06';
/** Ends of a flow, its octets and packets, first and last uptime. */
const template = v9Template(256, [8, 4], [12, 4], [7, 2], [11, 2], [4, 1], [1, 4], [2, 4], [22, 4], [21, 4]);
const flow = (octetCount = 5_000, first = 940_000, last = 970_000) =>
  set(256, ends, u32(octetCount), u32(10), u32(first), u32(last));
const sent = (header: V9Header, ...sets: Uint8Array[]) => v9({ seconds: exportTime, ...header }, ...sets);

describe('flows of NetFlow v9', () => {
  it('equal those of the record, with times by the uptime of each message', () => {
    const bed = new ForeignBed();
    bed.receive([sent({ count: 2 }, template, flow())]);
    expect(bed.pass()).toMatchObject([
      {
        sourceIP: '10.0.0.1',
        destinationIP: '10.0.0.2',
        sourceTransportPort: 40_000,
        destinationTransportPort: 443,
        protocolIdentifier: 6,
        octetDeltaCount: 5_000,
        packetDeltaCount: 10,
        flowStartMilliseconds: T - 60_000,
        flowEndMilliseconds: T - 30_000,
      },
    ]);
    expect(bed.account()).toMatchObject({ received: 1, sent: 1, dropped: {}, events: {} });
    expect(bed.account('messages')).toMatchObject({ received: 1, sent: 1, events: {} });
  });

  it('have correct times when the uptime wraps within the flow, before the export, or both', () => {
    const bed = new ForeignBed();
    const wrap = 2 ** 32;
    bed.receive([
      sent({ sequence: 1, uptimeMs: 20_000 }, template, flow(1, wrap - 40_000, 10_000)),
      sent({ sequence: 2, uptimeMs: 20_000 }, flow(1, wrap - 40_000, wrap - 10_000)),
    ]);
    expect(bed.collected.map((record) => [record.flowStartMilliseconds, record.flowEndMilliseconds])).toEqual(
      [
        [T - 60_000, T - 10_000],
        [T - 60_000, T - 30_000],
      ],
    );
    expect(bed.account().events).toEqual({});
    bed.pass();
  });

  it('wait for their template if it comes later', () => {
    const bed = new ForeignBed();
    bed.receive([sent({ sequence: 1 }, flow(1), flow(2)), sent({ sequence: 2 }, template, flow(3))]);
    expect(bed.collected.map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([3, 1, 2]);
    expect(bed.account()).toMatchObject({ received: 3, events: { 'template-unknown': 2 } });
    bed.pass();
  });

  it('have correct times if the header is ahead of the arrival, as that of a replayed flow', () => {
    const bed = new ForeignBed();
    const hour = 3_600_000;
    const seconds = exportTime + hour / 1000;
    const ahead = flow(1, 940_000 - hour, 970_000 - hour);
    bed.receive([v9({ seconds, uptimeMs: 1_000_000 }, template, ahead)]);
    expect(bed.pass()).toMatchObject([
      { flowStartMilliseconds: T - 60_000, flowEndMilliseconds: T - 30_000 },
    ]);
    expect(bed.account().events).toEqual({});
  });

  it('have times before the arrival if the clock of the header is wrong', () => {
    const bed = new ForeignBed();
    bed.receive([v9({ seconds: exportTime + 3_600 }, template, flow())]);
    expect(bed.pass()).toMatchObject([
      { flowStartMilliseconds: T - 60_000, flowEndMilliseconds: T - 30_000 },
    ]);
  });

  it("are scaled by their sampler's rate in the options of their source", () => {
    const bed = new ForeignBed();
    const options = v9Options(257, [[1, 4]], [48, 1], [49, 1], [50, 4]);
    const sampled = v9Template(258, [8, 4], [12, 4], [48, 1], [1, 4], [2, 4]);
    const rates = set(257, u32(0), 1, 2, u32(100), u32(0), 2, 2, u32(10));
    const records = set(
      258,
      '0a000001 0a000002',
      1,
      u32(500),
      u32(5),
      '0a000003 0a000002',
      2,
      u32(500),
      u32(5),
    );
    bed.receive([sent({}, options, sampled, rates, records)]);
    expect(bed.pass()).toMatchObject([
      { octetDeltaCount: 50_000, packetDeltaCount: 500, sampledOctetDeltaCount: 500, samplingInterval: 100 },
      { octetDeltaCount: 5_000, packetDeltaCount: 50, sampledPacketDeltaCount: 5, samplingInterval: 10 },
    ]);
    expect(bed.account().events).toMatchObject({ 'options records': 2, 'scaled by sampling': 2 });
  });

  it('are scaled by the rate of the exporter, or of the interface in the scope', () => {
    const bed = new ForeignBed();
    const whole = v9Options(257, [[1, 0]], [34, 4], [35, 1]);
    const interfaces = v9Options(259, [[2, 4]], [34, 4], [35, 1]);
    const sampled = v9Template(258, [8, 4], [12, 4], [10, 4], [1, 4]);
    const rates = [set(257, u32(100), 1), set(259, u32(3), u32(20), 1)];
    const records = set(258, '0a000001 0a000002', u32(4), u32(500), '0a000003 0a000002', u32(3), u32(500));
    bed.receive([sent({}, whole, interfaces, sampled, ...rates, records)]);
    expect(bed.pass().map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([50_000, 10_000]);
  });

  it('of an ASA have initiator and responder, and their ends after translation', () => {
    const bed = new ForeignBed();
    const asa = v9Template(
      ...([
        263,
        [148, 4],
        [8, 4],
        [7, 2],
        [12, 4],
        [11, 2],
        [4, 1],
        [225, 4],
        [227, 2],
        [226, 4],
        [228, 2],
      ] as const),
      ...([
        [233, 1],
        [33002, 2],
        [323, 8],
        [152, 8],
        [231, 4],
        [232, 4],
        [298, 4],
        [299, 4],
      ] as const),
    );
    const times = (ms: number) => octets(u32(Math.floor(ms / 2 ** 32)), u32(ms % 2 ** 32));
    const record = octets(
      octets(u32(77), '0a000001 9c40 c0000201 01bb 06 cb007101 1389 0a000102 1f90'),
      octets(2, u16(2025), times(T - 1_000), times(T - 9_000), u32(4_000), u32(9_000), u32(40), u32(90)),
    );
    bed.receive([sent({}, asa, set(263, record))]);
    expect(bed.pass()).toMatchObject([
      {
        sourceIP: '10.0.0.1',
        destinationIP: '10.0.1.2',
        destinationTransportPort: 8080,
        destinationServiceIP: '192.0.2.1',
        destinationServicePort: 443,
        proxySnatIP: '203.0.113.1',
        proxySnatPort: 5001,
        octetDeltaCount: 4_000,
        reverseOctetDeltaCount: 9_000,
        packetDeltaCount: 40,
        reversePacketDeltaCount: 90,
        flowStartMilliseconds: T - 9_000,
        flowEndMilliseconds: T - 1_000,
      },
    ]);
  });
});

describe('the sequence numbers of NetFlow v9', () => {
  const messages = (...sequences: number[]) =>
    sequences.map((sequence, i) =>
      sent({ sequence }, ...(i === 0 ? [template] : []), flow(), flow(), flow()),
    );

  it('count messages, and a gap is a loss of at least one record per message', () => {
    const bed = new ForeignBed();
    bed.receive(messages(1, 2, 3, 4, 5, 6, 10, 11));
    expect(bed.account('messages').events['lost upstream']).toBe(3);
    expect(bed.account().events).toEqual({ 'lost upstream': 3 });
    expect(bed.lines.join('\n')).toContain('3 messages before this message did not come');
    bed.pass();
  });

  it('reduce the loss when they come late', () => {
    const bed = new ForeignBed();
    bed.receive(messages(1, 2, 3, 4, 5, 8, 7, 9));
    expect(bed.account('messages').events['lost upstream']).toBe(1);
    bed.pass();
  });

  it('are separate for each source', () => {
    const bed = new ForeignBed();
    const of = (source: number, sequence: number) => sent({ source, sequence }, template, flow());
    bed.receive([of(1, 1), of(2, 100), of(1, 2), of(2, 101), of(1, 3), of(2, 102)]);
    expect(bed.account().events).toEqual({});
    bed.pass();
  });

  it('are read as records if the exporter counts records', () => {
    const bed = new ForeignBed();
    bed.receive(messages(0, 3, 6, 9, 12, 15, 18, 24));
    expect(bed.account().events).toEqual({ 'sequence numbers read otherwise': 1, 'lost upstream': 3 });
    expect(bed.account('messages').events['lost upstream']).toBeUndefined();
    bed.pass();
  });

  it('begin anew after a restart shown by the uptime, without the old templates', () => {
    const bed = new ForeignBed();
    bed.receive(messages(500, 501, 502));
    const after = { seconds: exportTime + 60, uptimeMs: 20_000 };
    const young = flow(1, 5_000, 15_000);
    bed.receive([
      sent({ ...after, sequence: 530 }, young),
      sent({ ...after, sequence: 531 }, template, young),
    ]);
    expect(bed.account().events).toEqual({ 'exporter restarts': 1, 'template-unknown': 1 });
    expect(bed.account().received).toBe(11);
    expect(bed.lines.join('\n')).toContain('the exporter has restarted, by its uptime');
    bed.pass();
  });
});

describe('a repeated message of NetFlow v9', () => {
  it('counts once', () => {
    const bed = new ForeignBed();
    const message = sent({ sequence: 2 }, flow());
    bed.receive([sent({}, template), message, message]);
    expect(bed.account().dropped).toEqual({ duplicate: 1 });
    expect(bed.pass().map(({ octetDeltaCount }) => octetDeltaCount)).toEqual([5_000]);
  });
});

it("a record count that differs from the message's sets is counted and otherwise ignored", () => {
  const bed = new ForeignBed();
  bed.receive([sent({ count: 7 }, template, flow())]);
  expect(bed.account('messages').events).toEqual({ 'record counts that differ': 1 });
  expect(bed.account()).toMatchObject({ received: 1, events: {} });
  bed.pass();
});

describe('flows of NetFlow v5', () => {
  const v5Sent = (header: Parameters<typeof v5>[0], ...records: Uint8Array[]) =>
    v5({ seconds: exportTime, ...header }, ...records);

  it('equal those of the record, with times to the millisecond', () => {
    const bed = new ForeignBed();
    bed.receive([v5Sent({ nanoseconds: 250_000_000 }, v5Record())]);
    expect(bed.pass()).toMatchObject([
      {
        sourceIP: '10.0.0.1',
        destinationIP: '10.0.0.2',
        octetDeltaCount: 5_000,
        packetDeltaCount: 10,
        tcpControlBits: 0x18,
        ipClassOfService: 0x20,
        ingressInterface: 3,
        egressInterface: 4,
        flowStartMilliseconds: T - 59_750,
        flowEndMilliseconds: T - 29_750,
      },
    ]);
    expect(bed.account().events).toEqual({});
  });

  it("are scaled by the interval in their message's header, in each sampling mode", () => {
    const bed = new ForeignBed();
    bed.receive([
      v5Sent({ sequence: 0, sampling: 0x4064 }, v5Record({ sourcePort: 1 })),
      v5Sent({ sequence: 1, sampling: 10 }, v5Record({ sourcePort: 2 })),
      v5Sent({ sequence: 2, sampling: 0 }, v5Record({ sourcePort: 3 })),
    ]);
    const flows = bed.pass();
    expect(flows.map((record) => [record.octetDeltaCount, record.sampledOctetDeltaCount])).toEqual([
      [500_000, 5_000],
      [50_000, 5_000],
      [5_000, undefined],
    ]);
    expect(bed.account().events).toEqual({ 'scaled by sampling': 2 });
  });

  it('are numbered for each engine, and a gap is a loss of flows', () => {
    const bed = new ForeignBed();
    const of = (engine: number, sequence: number) => v5Sent({ engine, sequence }, v5Record(), v5Record());
    bed.receive([of(1, 0), of(2, 500), of(1, 2), of(1, 4), of(2, 502), of(1, 6), of(1, 11), of(1, 13)]);
    expect(bed.account().events).toEqual({ 'lost upstream': 3 });
    expect(bed.account('messages').events).toEqual({});
    bed.pass();
  });

  it('are counted as undecodable after truncation, once the next message shows their number', () => {
    const bed = new ForeignBed();
    const numbers = [0, 1, 2, 3].map((sequence) => v5Sent({ sequence }, v5Record()));
    bed.receive([
      ...numbers,
      v5Sent({ sequence: 4, count: 3 }, v5Record()),
      v5Sent({ sequence: 7 }, v5Record()),
    ]);
    expect(bed.account()).toMatchObject({ received: 8, sent: 6, dropped: { undecodable: 2 } });
    expect(bed.account().events).toEqual({ 'record-truncated': 1 });
    bed.pass();
  });
});

/** What the records of v1, v5 and v7 have in common. */
const fixedFlow = {
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  octetDeltaCount: 5_000,
  packetDeltaCount: 10,
  tcpControlBits: 0x18,
  ipClassOfService: 0x20,
  ingressInterface: 3,
  egressInterface: 4,
  flowStartMilliseconds: T - 60_000,
  flowEndMilliseconds: T - 30_000,
};

describe('flows of NetFlow v7', () => {
  it('equal those of the record, and a gap in their numbers is a loss of flows', () => {
    const bed = new ForeignBed();
    const of = (sequence: number, octets: number) =>
      v7({ seconds: exportTime, sequence }, v7Record({ octets }));
    bed.receive([of(0, 5_000), of(1, 1), of(2, 1), of(5, 1), of(6, 1)]);
    expect(bed.collected[0]).toMatchObject(fixedFlow);
    expect(bed.account()).toMatchObject({ received: 5, sent: 5, events: { 'lost upstream': 2 } });
    bed.pass();
  });
});

describe('flows of NetFlow v1', () => {
  it('equal those of the record, without numbers that could show a loss', () => {
    const bed = new ForeignBed();
    const of = (uptimeMs: number, octets: number) =>
      v1({ seconds: exportTime, uptimeMs }, v1Record({ octets }), v1Record({ octets, sourcePort: 1 }));
    bed.receive([of(1_000_000, 5_000), of(1_000_001, 1), of(1_000_002, 2)]);
    expect(bed.collected[0]).toMatchObject(fixedFlow);
    expect(bed.account()).toMatchObject({ received: 6, sent: 6, dropped: {}, events: {} });
    expect(bed.account('messages').events).toEqual({});
    bed.pass();
  });

  it('that arrive twice count twice once the exporter is known to number nothing', () => {
    const bed = new ForeignBed();
    const same = v1({ seconds: exportTime }, v1Record({ octets: 7 }));
    const others = [1, 2, 3].map((octets) => v1({ seconds: exportTime }, v1Record({ octets })));
    bed.receive([...others, same, same]);
    expect(bed.account()).toMatchObject({ received: 5, sent: 5, dropped: {} });
    bed.pass();
  });
});
