import { describe, expect, it } from 'vitest';
import { TemplateStore } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import { octets, u16, u32 } from '../../support/ipfix-octets.ts';
import {
  counterSample,
  ethernet,
  expandedFlowSample,
  flowSample,
  ipv4,
  ipv6,
  rawHeader,
  sflow,
  sflowPart,
} from '../../support/sflow-octets.ts';

const read = (...datagrams: Uint8Array[]) =>
  new Collected(new TemplateStore(), 'sflow-v5').read(...datagrams);
/** The fields of the only record of a sample with these parts. */
const fieldsOf = (...records: Uint8Array[]) => {
  const { fields, errors } = read(sflow({}, flowSample({}, ...records)));
  expect(errors).toEqual([]);
  expect(fields).toHaveLength(1);
  return fields[0]!;
};

/** What all records of `flowSample` have. */
const common = {
  exporterIPv4Address: '10.0.0.9',
  observationPointId: 5,
  samplingInterval: 100,
  ingressInterface: 5,
  egressInterface: 6,
  packetDeltaCount: 1,
  flowDurationMilliseconds: 0,
};
const frame = {
  destinationMacAddress: '02:00:00:00:00:0b',
  sourceMacAddress: '02:00:00:00:00:0a',
};
const ends4 = { sourceIPv4Address: '10.0.0.1', destinationIPv4Address: '10.0.0.2' };
const ends6 = { sourceIPv6Address: '2001:db8::1', destinationIPv6Address: '2001:db8::2' };
const tcp = { sourceTransportPort: 40_000, destinationTransportPort: 443, tcpControlBits: 0x18 };

describe('a datagram of sFlow', () => {
  it('has its header, and a record of one packet for each flow sample', () => {
    const samples = [
      flowSample({ sequence: 8, drops: 2 }, rawHeader(ethernet(0x0800, ipv4()), 1_518)),
      expandedFlowSample({ sequence: 9, source: 2 ** 31 }, rawHeader(ethernet(0x0800, ipv4()))),
    ];
    const collected = read(sflow({ sequence: 77 }, ...samples));
    expect(collected.errors).toEqual([]);
    expect(collected.headers).toEqual([
      {
        length: expect.any(Number),
        exportTimeSeconds: Number.NaN,
        sequenceNumber: 77,
        domain: 3,
        sflow: { uptimeMs: 1_000_000 },
      },
    ]);
    const packet = {
      ...frame,
      ethernetType: 0x0800,
      ...ends4,
      octetDeltaCount: 40,
      protocolIdentifier: 6,
      ipClassOfService: 0x20,
      ...tcp,
    };
    expect(collected.fields).toEqual([
      { ...common, ...packet, dataLinkFrameSize: 1_518 },
      { ...common, ...packet, dataLinkFrameSize: 54, observationPointId: 2 ** 31 },
    ]);
    expect(collected.samples).toEqual([
      { sourceKind: 0, sourceIndex: 5, sequenceNumber: 8, drops: 2, isReadable: true },
      { sourceKind: 0, sourceIndex: 2 ** 31, sequenceNumber: 9, drops: 0, isReadable: true },
    ]);
  });

  it('has the address of an agent with IPv6', () => {
    const agent = '20010db8000000000000000000000009';
    const { fields } = read(sflow({ agent }, flowSample({}, rawHeader(ethernet(0x0800, ipv4())))));
    expect(fields).toMatchObject([{ exporterIPv6Address: '2001:db8::9', ...ends4 }]);
  });

  it('has no interface where the packet was dropped, went to several, or came from the agent', () => {
    const sample = { input: 0x3fff_ffff, output: 0x4000_0102 };
    const several = { input: 7, output: 0x8000_0003 };
    const header = rawHeader(ethernet(0x0800, ipv4()));
    const { fields } = read(sflow({}, flowSample(sample, header), flowSample(several, header)));
    expect(fields).toMatchObject([
      { ingressInterface: 0, egressInterface: 0 },
      { ingressInterface: 7, egressInterface: 0 },
    ]);
  });

  it('reports what it does not read', () => {
    const other = sflowPart((4_413 << 12) | 1, u32(0));
    const { skipped, records, errors, samples } = read(
      sflow({}, counterSample, other, flowSample({ sequence: 4 }, sflowPart(2_201, u32(1)))),
    );
    expect({ records, errors }).toEqual({ records: [], errors: [] });
    expect(skipped).toEqual(['counter samples', 'samples of other formats', 'samples without a packet']);
    expect(samples).toMatchObject([{ sequenceNumber: 4, isReadable: true }]);
  });
});

describe('the packet of a flow sample', () => {
  it('is found behind tags of VLANs, and has the outer one', () => {
    const tags = ['88a8 0007', '8100 2009'];
    expect(fieldsOf(rawHeader(ethernet(0x0800, ipv4(), tags)))).toMatchObject({
      vlanId: 7,
      ...ends4,
      ...tcp,
    });
    expect(fieldsOf(rawHeader(ethernet(0x0800, ipv4(), '8100 e000')))).not.toHaveProperty('vlanId');
  });

  it('is found behind the labels of MPLS', () => {
    const labels = '00010040 00020140';
    expect(fieldsOf(rawHeader(ethernet(0x8847, [octets(labels), ipv4()])))).toMatchObject({
      ...ends4,
      ...tcp,
    });
  });

  it('may begin with its IP header, and then has no frame', () => {
    const fields = fieldsOf(rawHeader(ipv4(), 40, 11));
    expect(fields).toMatchObject({ ...ends4, ...tcp, octetDeltaCount: 40 });
    expect(fields).not.toHaveProperty('dataLinkFrameSize');
    expect(fieldsOf(rawHeader(ipv6(17, [u16(53), u16(9_999), u32(8)]), 48, 12))).toMatchObject({
      ...ends6,
      sourceTransportPort: 53,
      destinationTransportPort: 9_999,
    });
  });

  it('has the octets of IP, and of the frame without its header where the packet does not say', () => {
    expect(fieldsOf(rawHeader(ethernet(0x0800, ipv4(undefined, { length: 1_500 })), 1_518))).toMatchObject({
      octetDeltaCount: 1_500,
      dataLinkFrameSize: 1_518,
    });
    expect(fieldsOf(rawHeader(ethernet(0x0800, ipv4(undefined, { length: 0 })), 65_014))).toMatchObject({
      octetDeltaCount: 65_000,
    });
    expect(fieldsOf(rawHeader(ethernet(0x86dd, ipv6(59, [], 0)), 100_014))).toMatchObject({
      octetDeltaCount: 100_000,
      dataLinkFrameSize: 65_535,
    });
  });

  it('has no ports in a fragment after the first, or where the sample ends before them', () => {
    for (const packet of [
      ipv4(undefined, { fragment: 185 }),
      ipv4(octets(u16(40_000))),
      ipv6(44, '06 00 05c8 00000001 9c40 01bb'),
    ]) {
      const fields = fieldsOf(rawHeader(ethernet(packet[0]! >>> 4 === 4 ? 0x0800 : 0x86dd, packet)));
      expect(fields).toMatchObject({ protocolIdentifier: 6 });
      expect(fields).not.toHaveProperty('sourceTransportPort');
    }
  });

  it('has ports without flags where the sample ends between them', () => {
    const fields = fieldsOf(rawHeader(ethernet(0x0800, ipv4(octets(u16(40_000), u16(443))))));
    expect(fields).toMatchObject({ sourceTransportPort: 40_000, destinationTransportPort: 443 });
    expect(fields).not.toHaveProperty('tcpControlBits');
  });

  it('is found behind options of IPv4 and extension headers of IPv6', () => {
    const udp = octets(u16(53), u16(9_999), u32(8));
    const ports = { protocolIdentifier: 17, sourceTransportPort: 53, destinationTransportPort: 9_999 };
    const withOptions = ipv4(udp, { protocol: 17, options: '94040000 01010101' });
    expect(fieldsOf(rawHeader(ethernet(0x0800, withOptions)))).toMatchObject(ports);
    const hopByHop = '3c 01 0102030405060708090a0b0c0d0e';
    const destination = '2c 00 010203040506';
    const fragment = '33 00 0001 00000007';
    const authentication = '11 02 0000 00000001 00000002 00000003';
    const extended = ipv6(0, [
      octets(hopByHop),
      octets(destination),
      octets(fragment),
      octets(authentication),
      udp,
    ]);
    expect(fieldsOf(rawHeader(ethernet(0x86dd, extended)))).toMatchObject({ ...ends6, ...ports });
  });

  it('has type and code of ICMP, and of ICMPv6', () => {
    const echo = ethernet(0x0800, ipv4('0800 0000', { protocol: 1 }));
    expect(fieldsOf(rawHeader(echo))).toMatchObject({ icmpTypeCodeIPv4: 0x0800 });
    expect(fieldsOf(rawHeader(ethernet(0x86dd, ipv6(58, '8100 0000'))))).toMatchObject({
      icmpTypeCodeIPv6: 0x8100,
    });
  });

  it('is a frame only, if it is not IP', () => {
    const fields = fieldsOf(rawHeader(ethernet(0x0806, '0001 0800')));
    expect(fields).toEqual({ ...common, ...frame, ethernetType: 0x0806, dataLinkFrameSize: 18 });
  });

  it('has the fields of IP if the agent sends these instead of its header', () => {
    const numbers = octets(u32(443), u32(40_000), u32(0x12), u32(0x20));
    const four = sflowPart(3, u32(1_400), u32(6), '0a000001 0a000002', numbers);
    expect(fieldsOf(four)).toEqual({
      ...common,
      ...ends4,
      octetDeltaCount: 1_400,
      protocolIdentifier: 6,
      ipClassOfService: 0x20,
      sourceTransportPort: 443,
      destinationTransportPort: 40_000,
      tcpControlBits: 0x12,
    });
    const addresses = '20010db8000000000000000000000001 20010db8000000000000000000000002';
    expect(fieldsOf(sflowPart(4, u32(1_400), u32(17), addresses, numbers))).toMatchObject({
      ...ends6,
      sourceTransportPort: 443,
      destinationTransportPort: 40_000,
    });
    expect(fieldsOf(four, rawHeader(ethernet(0x0800, ipv4())))).toMatchObject({
      octetDeltaCount: 40,
      ...tcp,
    });
  });

  it('has its VLANs, its next hop and its path of autonomous systems', () => {
    const path = octets(u32(2), u32(2), u32(2), u32(65_010), u32(65_011), u32(1), u32(1), u32(65_012));
    const fields = fieldsOf(
      rawHeader(ethernet(0x0800, ipv4())),
      sflowPart(1001, u32(10), u32(0), u32(20), u32(0)),
      sflowPart(1002, u32(1), '0a0000fe', u32(24), u32(16)),
      sflowPart(1003, u32(1), '0a0000fd', u32(65_000), u32(65_001), u32(65_002), path, u32(0), u32(100)),
    );
    expect(fields).toMatchObject({
      vlanId: 10,
      postVlanId: 20,
      ipNextHopIPv4Address: '10.0.0.254',
      sourceIPv4PrefixLength: 24,
      destinationIPv4PrefixLength: 16,
      bgpSourceAsNumber: 65_001,
      bgpPrevAdjacentAsNumber: 65_002,
      bgpNextAdjacentAsNumber: 65_010,
      bgpDestinationAsNumber: 65_012,
    });
  });
});

describe('a datagram of sFlow with a fault', () => {
  const sample = flowSample({ sequence: 4 }, rawHeader(ethernet(0x0800, ipv4())));

  it('is discarded if its header is truncated', () => {
    const { headers, reasons } = read(sflow({}).subarray(0, 27));
    expect({ headers, reasons }).toEqual({ headers: [], reasons: ['message-header-truncated'] });
  });

  it('has the samples that are whole', () => {
    const cut = read(sflow({}, sample, sample).subarray(0, -1));
    expect(cut.records).toHaveLength(1);
    expect(cut.errors).toMatchObject([
      { reason: 'record-truncated', text: 'the datagram announces 2 samples, but has only 1' },
    ]);
    const longer = read(octets(sflow({ count: 1 }, sample, sample)));
    expect(longer.records).toHaveLength(1);
    expect(longer.reasons).toEqual(['trailing-octets']);
  });

  it.each([
    [
      'announces more records than it has',
      flowSample({ sequence: 4, count: 2 }, rawHeader(ethernet(0x0800, ipv4()))),
    ],
    ['has a record that exceeds it', flowSample({ sequence: 4, count: 1 }, u32(9), u32(1), octets())],
    [
      'has a header that exceeds its record',
      flowSample({ sequence: 4 }, sflowPart(1, u32(1), u32(64), u32(0), u32(5))),
    ],
    ['has a record that is too short', flowSample({ sequence: 4 }, sflowPart(3, u32(1)))],
    [
      'has a path that exceeds its record',
      flowSample(
        { sequence: 4 },
        sflowPart(1003, u32(0), u32(0), u32(0), u32(0), u32(1), u32(2), u32(2 ** 30), u32(1)),
      ),
    ],
  ])('has no record of a sample that %s, and the next one', (_, broken) => {
    const { records, reasons, samples } = read(sflow({}, broken, sample));
    expect(records).toHaveLength(1);
    expect(reasons).toEqual(['record-truncated']);
    expect(samples.map(({ isReadable }) => isReadable)).toEqual([false, true]);
  });
});
