import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../../src/flow/index.ts';
import { ForeignBed } from '../../support/foreign-bed.ts';
import {
  dataSet,
  exportTime,
  type ForeignField,
  type ForeignTemplate,
  type ForeignValue,
  foreignMessage,
  templateSet,
} from '../../support/foreign-messages.ts';

const T = exportTime * 1000;
const REVERSE = 29305;
const addresses: readonly ForeignField[] = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
];
const ports: readonly ForeignField[] = [
  ['sourceTransportPort', 2],
  ['destinationTransportPort', 2],
];
const protocol: ForeignField = ['protocolIdentifier', 1];
const tuple: readonly ForeignField[] = [...addresses, ...ports, protocol];
const ends = ['192.0.2.7', '198.51.100.9', 40_000, 443, 6] as const;

/** What an exporter sends of one flow, and the flow it means. */
interface Exporter {
  readonly name: string;
  readonly fields: readonly ForeignField[];
  readonly records: readonly (readonly ForeignValue[])[];
  /** Options that come before. */
  readonly options?: ForeignTemplate & { readonly values: readonly ForeignValue[] };
  readonly flow: FlowRecord;
}

const exporters: readonly Exporter[] = [
  {
    name: 'softflowd: uptimes, and deltas of both directions',
    options: {
      id: 256,
      scope: 1,
      fields: [
        ['meteringProcessId', 4],
        ['systemInitTimeMilliseconds', 8],
        ['samplingPacketInterval', 4],
        ['samplingPacketSpace', 4],
        ['selectorAlgorithm', 2],
        ['interfaceName', 16],
      ],
      values: [77, T - 100_000, 1, 0, 1, Array<number>(16).fill(0)],
    },
    fields: [
      ...addresses,
      ['flowStartSysUpTime', 4],
      ['flowEndSysUpTime', 4],
      ['octetDeltaCount', 4],
      ['packetDeltaCount', 4],
      ['ingressInterface', 4],
      ['egressInterface', 4],
      ['flowDirection', 1],
      ['flowEndReason', 1],
      ...ports,
      protocol,
      [[REVERSE, 1], 4],
      [[REVERSE, 2], 4],
    ],
    records: [
      ['192.0.2.7', '198.51.100.9', 70_000, 95_000, 1_500, 3, 2, 2, 0, 3, 40_000, 443, 6, 90_000, 60],
    ],
    flow: {
      flowStartMilliseconds: T - 30_000,
      flowEndMilliseconds: T - 5_000,
      octetDeltaCount: 1_500,
      reverseOctetDeltaCount: 90_000,
      reversePacketDeltaCount: 60,
    },
  },
  {
    name: 'ulogd2: totals of one direction, a start of 0 without conntrack timestamps',
    fields: [
      ...addresses,
      ['packetTotalCount', 4],
      ['octetTotalCount', 4],
      ['flowStartSeconds', 4],
      ['flowEndSeconds', 4],
      ...ports,
      protocol,
      ['applicationId', 4],
    ],
    records: [['192.0.2.7', '198.51.100.9', 6, 768, 0, exportTime - 1, 40_000, 443, 6, [0, 0, 0, 0]]],
    flow: { octetDeltaCount: 768, packetDeltaCount: 6, flowEndMilliseconds: T - 1_000 },
  },
  {
    name: 'Open vSwitch: deltas of the flow beside totals of the switch, offsets from the export',
    fields: [
      ...tuple,
      ['flowStartDeltaMicroseconds', 4],
      ['flowEndDeltaMicroseconds', 4],
      ['packetDeltaCount', 8],
      ['packetTotalCount', 8],
      ['layer2OctetDeltaCount', 8],
      ['layer2OctetTotalCount', 8],
      ['octetDeltaCount', 8],
      ['octetTotalCount', 8],
    ],
    records: [
      [...ends, 3_000_000, 1_000_000, 1, 900, 114, 950_000, 100, 900_000],
      [...ends, 1_000_000, 0, 1, 910, 114, 960_000, 100, 905_000],
    ],
    flow: { octetDeltaCount: 200, packetDeltaCount: 2, octetTotalCount: 200, flowEndMilliseconds: T },
  },
  {
    name: 'yaf: totals of both directions and their times, in reduced sizes',
    fields: [
      ['flowStartMilliseconds', 8],
      ['flowEndMilliseconds', 8],
      ...tuple,
      ['octetTotalCount', 5],
      ['packetTotalCount', 3],
      [[REVERSE, 85], 5],
      [[REVERSE, 86], 3],
      ['flowEndReason', 1],
    ],
    records: [[T - 90_000, T - 10, ...ends, 1_000_000, 900, 2_000_000, 1_700, 1]],
    flow: { octetDeltaCount: 1_000_000, reverseOctetDeltaCount: 2_000_000, reversePacketDeltaCount: 1_700 },
  },
  {
    name: 'Cisco ASA: initiator and responder, and the source after translation',
    fields: [
      ['flowId', 4],
      ...tuple,
      ['postNATSourceIPv4Address', 4],
      ['postNATDestinationIPv4Address', 4],
      ['postNAPTSourceTransportPort', 2],
      ['postNAPTDestinationTransportPort', 2],
      ['firewallEvent', 1],
      ['observationTimeMilliseconds', 8],
      ['flowStartMilliseconds', 8],
      ['initiatorOctets', 4],
      ['responderOctets', 4],
    ],
    records: [
      [9, ...ends, '203.0.113.1', '198.51.100.9', 61_006, 443, 5, T - 40_000, T - 60_000, 3_000, 8_000],
      [9, ...ends, '203.0.113.1', '198.51.100.9', 61_006, 443, 2, T - 1_000, T - 60_000, 1_000, 1_000],
    ],
    flow: {
      octetDeltaCount: 4_000,
      reverseOctetDeltaCount: 9_000,
      proxySnatIP: '203.0.113.1',
      proxySnatPort: 61_006,
      flowStartMilliseconds: T - 60_000,
      flowEndMilliseconds: T - 1_000,
    },
  },
  {
    name: 'Cisco IOS: one direction, uptimes, and a sampler that options describe',
    options: {
      id: 257,
      scope: 1,
      fields: [
        ['samplerId', 1],
        ['samplerMode', 1],
        ['samplerRandomInterval', 4],
        ['systemInitTimeMilliseconds', 8],
      ],
      values: [3, 2, 100, T - 500_000],
    },
    fields: [
      ...tuple,
      ['octetDeltaCount', 4],
      ['packetDeltaCount', 4],
      ['flowStartSysUpTime', 4],
      ['flowEndSysUpTime', 4],
      ['samplerId', 1],
    ],
    records: [
      [...ends, 1_000, 2, 400_000, 430_000, 3],
      [...ends, 500, 1, 430_000, 460_000, 3],
    ],
    flow: {
      octetDeltaCount: 150_000,
      packetDeltaCount: 300,
      samplingInterval: 100,
      sampledOctetDeltaCount: 1_500,
      flowStartMilliseconds: T - 100_000,
      flowEndMilliseconds: T - 40_000,
    },
  },
  {
    name: 'Palo Alto: one direction with whole seconds, translated both ways',
    fields: [
      ...tuple,
      ['octetDeltaCount', 8],
      ['packetDeltaCount', 8],
      ['flowStartSeconds', 4],
      ['flowEndSeconds', 4],
      ['postNATSourceIPv4Address', 4],
      ['postNATDestinationIPv4Address', 4],
      ['postNAPTSourceTransportPort', 2],
      ['postNAPTDestinationTransportPort', 2],
    ],
    records: [
      [...ends, 700, 7, exportTime - 9, exportTime - 9, '203.0.113.1', '10.0.0.9', 61_006, 8_443],
      [...ends, 300, 3, exportTime - 9, exportTime - 9, '203.0.113.1', '10.0.0.9', 61_006, 8_443],
    ],
    flow: {
      octetDeltaCount: 1_000,
      destinationIP: '10.0.0.9',
      destinationTransportPort: 8_443,
      destinationServiceIP: '198.51.100.9',
      destinationServicePort: 443,
      proxySnatIP: '203.0.113.1',
    },
  },
  {
    name: 'VMware: deltas and layer 2, several records of one second',
    fields: [
      ...tuple,
      ['octetDeltaCount', 8],
      ['packetDeltaCount', 8],
      ['layer2SegmentId', 8],
      ['flowStartMilliseconds', 8],
      ['flowEndMilliseconds', 8],
      ['flowEndReason', 1],
      ['paddingOctets', 1],
    ],
    records: [
      [...ends, 1_000, 1, 0, T - 2_000, T - 1_000, 2, [0]],
      [...ends, 1_000, 1, 0, T - 2_000, T - 1_000, 2, [0]],
    ],
    flow: { octetDeltaCount: 2_000, packetDeltaCount: 2 },
  },
  {
    name: 'Juniper: sampled, the rate in options as an interval of packets alone',
    options: {
      id: 512,
      scope: 1,
      fields: [
        ['exportingProcessId', 4],
        ['samplingInterval', 4],
        ['flowActiveTimeout', 2],
      ],
      values: [0, 1_000, 60],
    },
    fields: [
      ...tuple,
      ['octetDeltaCount', 8],
      ['packetDeltaCount', 8],
      ['flowStartMilliseconds', 8],
      ['flowEndMilliseconds', 8],
      ['flowEndReason', 1],
    ],
    records: [[...ends, 15_000, 10, T - 60_000, T, 2]],
    flow: { octetDeltaCount: 15_000_000, sampledOctetDeltaCount: 15_000, sampledPacketDeltaCount: 10 },
  },
  {
    name: 'Huawei: uptimes with the start-up in each record, and its rate',
    fields: [
      ...tuple,
      ['octetDeltaCount', 4],
      ['packetDeltaCount', 4],
      ['flowStartSysUpTime', 4],
      ['flowEndSysUpTime', 4],
      ['systemInitTimeMilliseconds', 8],
      ['samplingInterval', 4],
    ],
    records: [[...ends, 1_000, 1, 100_000, 110_000, T - 140_000, 100]],
    flow: {
      octetDeltaCount: 100_000,
      sampledOctetDeltaCount: 1_000,
      flowStartMilliseconds: T - 40_000,
      flowEndMilliseconds: T - 30_000,
    },
  },
  {
    name: 'nProbe: deltas of both directions, a duration, variable strings',
    fields: [
      ...tuple,
      ['octetDeltaCount', 4],
      [[REVERSE, 1], 4],
      ['flowEndMilliseconds', 8],
      ['flowDurationMilliseconds', 4],
      [[35632, 110], 65535],
    ],
    records: [[...ends, 600, 70_000, T - 100, 900, [110, 116, 111, 112]]],
    flow: { octetDeltaCount: 600, reverseOctetDeltaCount: 70_000, flowStartMilliseconds: T - 1_000 },
  },
];

describe('one flow of', () => {
  it.each(exporters)('$name', ({ fields, records, options, flow }) => {
    const bed = new ForeignBed();
    const template = { id: 300, fields };
    const described = options ? [templateSet(options), dataSet(options, [options.values])] : [];
    bed.receive([
      foreignMessage({}, ...described, templateSet(template), dataSet(template, records)),
      foreignMessage({ sequence: records.length + (options ? 1 : 0) }, templateSet(template)),
    ]);
    const [reported, ...others] = bed.pass();
    expect(reported).toMatchObject({ protocolIdentifier: 6, ...flow });
    expect(others).toEqual([]);
    expect(bed.account('aggregator').dropped).toEqual({});
  });
});
