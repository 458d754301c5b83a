import { describe, expect, it } from 'vitest';
import { recordToJson } from '../../src/flow/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import {
  dataSet,
  flowEnds as ends,
  exportTime,
  type ForeignField,
  type ForeignValue,
  foreignMessage,
  templateSet,
} from '../support/foreign-messages.ts';

const T = exportTime * 1000;
const times: readonly ForeignField[] = [
  ['flowStartMilliseconds', 8],
  ['flowEndMilliseconds', 8],
];
const flowFrom = (port: number) => ['192.0.2.13', '198.51.100.5', port, 443, 6] as const;
const ipv6 = (last: number) => [0x20, 0x01, 0x0d, 0xb8, ...Array(11).fill(0), last];

/** What JSON says of the one flow of one record. */
function jsonOf(fields: readonly ForeignField[], values: readonly ForeignValue[]) {
  const bed = new ForeignBed();
  const template = { id: 300, fields };
  bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [values]))]);
  const flows = bed.pass();
  expect(flows).toHaveLength(1);
  return recordToJson(flows[0]!);
}

describe('a record with few fields', () => {
  it.each<[string, readonly ForeignField[], object]>([
    [
      'octets of layer 2 only',
      [['layer2OctetDeltaCount', 8]],
      { octetTotalCount: 4_000, octetDeltaCount: 4_000, throughput: 32_000 },
    ],
    [
      'octets of the initiator only',
      [['initiatorOctets', 8]],
      { octetTotalCount: 4_000, octetDeltaCount: 4_000, throughput: 32_000 },
    ],
    [
      'octets of the responder only',
      [['responderOctets', 8]],
      { reverseOctetTotalCount: 4_000, reverseOctetDeltaCount: 4_000, reverseThroughput: 32_000 },
    ],
    [
      'octets behind the exporter only',
      [['postOctetDeltaCount', 8]],
      { octetTotalCount: 4_000, octetDeltaCount: 4_000, throughput: 32_000 },
    ],
  ])('shows these fields and no others: %s', (_, counter, counters) => {
    expect(jsonOf([...ends, ...counter, ...times], [...flowFrom(40_000), 4_000, T - 1_000, T])).toEqual({
      flowStartMilliseconds: '2025-12-31T23:59:59.000Z',
      flowEndMilliseconds: '2026-01-01T00:00:00.000Z',
      sourceIP: '192.0.2.13',
      destinationIP: '198.51.100.5',
      sourceTransportPort: 40_000,
      destinationTransportPort: 443,
      protocol: 'TCP',
      protocolIdentifier: 6,
      ...counters,
    });
  });

  it('is a flow of zero octets if it contains zero', () => {
    const fields = [...ends, ['octetDeltaCount', 8], ['packetDeltaCount', 8], ...times] as const;
    expect(jsonOf(fields, [...flowFrom(40_000), 0, 0, T - 1_000, T])).toMatchObject({
      octetTotalCount: 0,
      octetDeltaCount: 0,
      packetDeltaCount: 0,
    });
  });

  it('is a flow if it has one address, and is counted and dropped without any', () => {
    const fields = [['sourceIPv4Address', 4], ['octetDeltaCount', 8], ...times] as const;
    expect(jsonOf(fields, ['192.0.2.1', 10, T - 1_000, T])).not.toHaveProperty('destinationIP');
    const bed = new ForeignBed();
    const template = {
      id: 300,
      fields: [['ingressInterface', 4], ['octetDeltaCount', 8], ...times] as const,
    };
    bed.receive([foreignMessage({}, templateSet(template), dataSet(template, [[1, 10, T - 1_000, T]]))]);
    expect(bed.pass()).toEqual([]);
    expect(bed.account()).toMatchObject({ received: 1, dropped: { 'not a flow': 1 } });
  });

  it('has the family of its addresses if its template has both', () => {
    const fields = [
      ...ends,
      ['sourceIPv6Address', 16],
      ['destinationIPv6Address', 16],
      ['octetDeltaCount', 8],
    ] as const;
    const none = Array(16).fill(0);
    expect(jsonOf(fields, [...flowFrom(40_000), none, none, 10])).toMatchObject({
      sourceIP: '192.0.2.13',
      destinationIP: '198.51.100.5',
    });
    expect(jsonOf(fields, ['0.0.0.0', '0.0.0.0', 40_000, 443, 6, ipv6(1), ipv6(2), 10])).toMatchObject({
      sourceIP: '2001:db8::1',
      destinationIP: '2001:db8::2',
    });
  });
});

describe('a translated flow', () => {
  const ends6 = [
    ['sourceIPv6Address', 16],
    ['destinationIPv6Address', 16],
    ...ends.slice(2),
    ['octetDeltaCount', 8],
    ['postNAPTSourceTransportPort', 2],
    ['postNAPTDestinationTransportPort', 2],
  ] as const;
  const values = [ipv6(1), ipv6(2), 40_000, 443, 6, 10, 50_000, 8443] as const;

  it('has both ends of IPv6 before and after', () => {
    const fields = [
      ...ends6,
      ['postNATSourceIPv6Address', 16],
      ['postNATDestinationIPv6Address', 16],
    ] as const;
    expect(jsonOf(fields, [...values, ipv6(11), ipv6(12)])).toMatchObject({
      sourceIP: '2001:db8::1',
      proxySnatIP: '2001:db8::b',
      proxySnatPort: 50_000,
      destinationIP: '2001:db8::c',
      destinationTransportPort: 8443,
      destinationServiceIP: '2001:db8::2',
      destinationServicePort: 443,
    });
  });

  it('has IPv6 before and IPv4 after (NAT64)', () => {
    const fields = [...ends6, ['postNATSourceIPv4Address', 4], ['postNATDestinationIPv4Address', 4]] as const;
    expect(jsonOf(fields, [...values, '192.0.2.99', '198.51.100.77'])).toMatchObject({
      sourceIP: '2001:db8::1',
      proxySnatIP: '192.0.2.99',
      destinationIP: '198.51.100.77',
      destinationServiceIP: '2001:db8::2',
    });
  });
});

describe('templates of one exporter', () => {
  it('report one flow together, with fields in different orders', () => {
    const bed = new ForeignBed();
    const one = {
      id: 300,
      fields: [...ends, ['octetDeltaCount', 4], ['packetDeltaCount', 4], ...times] as const,
    };
    const other = {
      id: 301,
      fields: [
        ['packetDeltaCount', 8],
        ['octetDeltaCount', 8],
        ['tcpControlBits', 2],
        ...times,
        ...ends,
      ] as const,
    };
    bed.receive([
      foreignMessage(
        {},
        templateSet(one),
        templateSet(other),
        dataSet(one, [[...flowFrom(40_000), 100, 1, T - 5_000, T - 4_000]]),
        dataSet(other, [[2, 200, 0x12, T - 4_000, T - 3_000, ...flowFrom(40_000)]]),
        dataSet(one, [[...flowFrom(40_000), 400, 4, T - 3_000, T - 2_000]]),
      ),
    ]);
    const flow = { octetDeltaCount: 700, packetDeltaCount: 7, flowStartMilliseconds: T - 5_000 };
    expect(bed.pass()).toMatchObject([{ ...flow, flowEndMilliseconds: T - 2_000 }]);
    expect(bed.account('aggregator')).toMatchObject({ received: 3, sent: 3, dropped: {} });
  });

  it('in eight domains at one address share one number, and have a layout, a start-up and a rate each', () => {
    const bed = new ForeignBed();
    const domains = [1, 2, 3, 4, 5, 6, 7, 8];
    const counts = [
      ['octetDeltaCount', 4],
      ['flowStartSysUpTime', 4],
      ['flowEndSysUpTime', 4],
    ] as const;
    const options = {
      id: 400,
      scope: 1,
      fields: [
        ['observationDomainId', 4],
        ['systemInitTimeMilliseconds', 8],
        ['samplingInterval', 4],
      ] as const,
    };
    for (const domain of domains) {
      const isOdd = domain % 2 === 1;
      const template = { id: 300, fields: isOdd ? [...ends, ...counts] : [...counts, ...ends] };
      const from = flowFrom(40_000 + domain);
      const row = isOdd ? [...from, 100, 1_000, 2_000] : [100, 1_000, 2_000, ...from];
      bed.receive([
        foreignMessage(
          { domain },
          templateSet(template),
          templateSet(options),
          dataSet(options, [[domain, T - 100_000 * domain, domain]]),
        ),
        foreignMessage({ domain, sequence: 1 }, dataSet(template, [row])),
        foreignMessage({ domain, sequence: 2 }, dataSet(template, [row])),
      ]);
    }
    expect(
      bed.pass().map((flow) => [flow.sourceTransportPort, flow.octetDeltaCount, flow.flowEndMilliseconds]),
    ).toEqual(domains.map((domain) => [40_000 + domain, 200 * domain, T - 100_000 * domain + 2_000]));
    expect(bed.account().events).toEqual({ 'options records': 8, 'scaled by sampling': 14 });
  });
});

describe('times before the export', () => {
  it.each([
    ['of 71 minutes, the longest that there is', 0xffff_ffff, 0, T - 4_294_967.295, T],
    ['in the wrong order, which leaves the end', 1_000, 5_000_000, undefined, T - 5_000],
    ['of none', 0, 0, T, T],
  ])('in microseconds are %s', (_, start, end, flowStartMilliseconds, flowEndMilliseconds) => {
    const bed = new ForeignBed();
    const template = {
      id: 300,
      fields: [
        ...ends,
        ['octetDeltaCount', 4],
        ['flowStartDeltaMicroseconds', 4],
        ['flowEndDeltaMicroseconds', 4],
      ] as const,
    };
    bed.receive([
      foreignMessage({}, templateSet(template), dataSet(template, [[...flowFrom(40_000), 10, start, end]])),
    ]);
    const [flow] = bed.pass();
    expect([flow!.flowStartMilliseconds, flow!.flowEndMilliseconds]).toEqual([
      flowStartMilliseconds,
      flowEndMilliseconds,
    ]);
  });
});
