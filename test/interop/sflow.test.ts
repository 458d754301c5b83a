import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import type { FlowRecord } from '../../src/flow/index.ts';
import { dataRecordToJson, readExportedSets, readRecords } from '../../src/ipfix/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import {
  ipfixPort,
  type MeteredCapture,
  meteringNeeds,
  type Traffic,
  trafficOf,
} from '../support/metered-ends.ts';
import { captureOpenVSwitch, openVSwitchNeeds } from '../support/open-vswitch.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { captureSfprobe, sfprobeAgent } from '../support/sflow-exporters.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

type Fields = ReturnType<typeof dataRecordToJson>;

/** Packets and octets of each direction between the two ends. */
const countsOf = (traffic: Traffic) =>
  new Map([...traffic].map(([way, { packets, octets }]) => [way, { packets, octets }]));

/** The same by the records of an agent. */
const sampled = (records: readonly Fields[]) =>
  trafficOf(
    records.map(
      ({ sourceIPv4Address, sourceIPv6Address, destinationIPv4Address, destinationIPv6Address, ...fields }) =>
        ({
          ...fields,
          sourceIP: sourceIPv4Address ?? sourceIPv6Address,
          destinationIP: destinationIPv4Address ?? destinationIPv6Address,
        }) as FlowRecord,
    ),
  );

const packetsOf = (traffic: Traffic) => [...traffic.values()].reduce((sum, { packets }) => sum + packets, 0);

/** The records of each datagram in a file. */
async function datagramsOf(
  file: string,
): Promise<{ octets: Uint8Array; exporter: string; records: Fields[] }[]> {
  const datagrams: { octets: Uint8Array; exporter: string; records: Fields[] }[] = [];
  for await (const captured of readIpfixFile(file)) {
    if (!('session' in captured)) throw new Error(`not read: ${JSON.stringify(captured)}`);
    const { session, octets } = captured;
    expect(session.exportProtocol).toBe('sflow-v5');
    const fail = (error: unknown) => expect.fail(JSON.stringify(error));
    const records: Fields[] = [];
    for (const set of readExportedSets('sflow-v5', octets, session.templates, { error: fail })) {
      for (const record of readRecords(set, session.templates, fail)) {
        records.push({ ...dataRecordToJson(record), subAgent: set.header.domain });
      }
    }
    datagrams.push({ octets: octets.slice(), exporter: session.exporter!, records });
  }
  return datagrams;
}

/** Whether the agent has sent as many packets as the kernels counted. */
async function isWhole({ file, traffic }: MeteredCapture): Promise<boolean> {
  const records = (await datagramsOf(file)).flatMap((datagram) => datagram.records);
  return packetsOf(sampled(records)) >= packetsOf(traffic);
}

/**
 * Our fields of all records of a datagram, by tshark's names. tshark shows the datagram's own headers first.
 */
const compared: readonly (readonly [
  theirs: string,
  ownHeaders: number,
  ours: (record: Fields) => unknown,
])[] = [
  ['sflow.flow_sample.sampling_rate', 0, ({ samplingInterval }) => samplingInterval],
  ['sflow_245.header.frame_length', 0, ({ dataLinkFrameSize }) => dataLinkFrameSize],
  ['eth.src', 1, ({ sourceMacAddress }) => sourceMacAddress],
  ['eth.dst', 1, ({ destinationMacAddress }) => destinationMacAddress],
  ['ip.src', 1, ({ sourceIPv4Address }) => sourceIPv4Address],
  ['ip.dst', 1, ({ destinationIPv4Address }) => destinationIPv4Address],
  ['ip.len', 1, ({ sourceIPv4Address, octetDeltaCount }) => sourceIPv4Address && octetDeltaCount],
  ['ipv6.src', 0, ({ sourceIPv6Address }) => sourceIPv6Address],
  ['ipv6.dst', 0, ({ destinationIPv6Address }) => destinationIPv6Address],
  [
    'ipv6.plen',
    0,
    ({ sourceIPv6Address, octetDeltaCount }) => sourceIPv6Address && Number(octetDeltaCount) - 40,
  ],
  ['tcp.srcport', 0, (record) => (record.protocolIdentifier === 6 ? record.sourceTransportPort : undefined)],
  [
    'tcp.dstport',
    0,
    (record) => (record.protocolIdentifier === 6 ? record.destinationTransportPort : undefined),
  ],
  ['tcp.flags', 0, ({ tcpControlBits }) => tcpControlBits],
  ['udp.srcport', 1, (record) => (record.protocolIdentifier === 17 ? record.sourceTransportPort : undefined)],
  [
    'udp.dstport',
    1,
    (record) => (record.protocolIdentifier === 17 ? record.destinationTransportPort : undefined),
  ],
  ['icmp.type', 0, ({ icmpTypeCodeIPv4 }) => icmpTypeCodeIPv4 && Number(icmpTypeCodeIPv4) >>> 8],
  ['icmpv6.type', 0, ({ icmpTypeCodeIPv6 }) => icmpTypeCodeIPv6 && Number(icmpTypeCodeIPv6) >>> 8],
  ['sflow_245.vlan.in', 0, ({ vlanId }) => vlanId ?? 0],
];

/** Numbers are decimal or hexadecimal; the rest is text. */
const plainText = (text: string): string =>
  /^(0x)?[\da-f]+$/.test(text) && !Number.isNaN(Number(text)) ? String(Number(text)) : text;

async function readByTshark(file: string): Promise<string[][][]> {
  const fields = compared.flatMap(([name]) => ['-e', name]);
  const text = await run([
    'tshark',
    '-n',
    '-r',
    file,
    '-d',
    `udp.port==${ipfixPort},sflow`,
    '-T',
    'fields',
    ...fields,
  ]);
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) =>
    line.split('\t').map((list, i) => list.split(',').filter(Boolean).slice(compared[i]![1]).map(plainText)),
  );
}

const agents = [
  { name: "pmacct's sfprobe", needs: ['pmacctd'], capture: captureSfprobe, subAgent: sfprobeAgent },
  {
    name: 'Open vSwitch',
    needs: openVSwitchNeeds,
    capture: (directory: TemporaryDirectory) => captureOpenVSwitch(directory, 'sflow', isWhole),
    subAgent: 0,
  },
] as const;

for (const { name, needs, capture, subAgent } of agents) {
  requires(
    'tshark',
    ...meteringNeeds,
    ...needs,
  )(`sFlow of ${name}`, () => {
    it("equals the kernels' counters and tshark's values", async () => {
      using directory = new TemporaryDirectory();
      const { file, traffic } = await capture(directory, isWhole);
      const datagrams = await datagramsOf(file);
      const theirs = await readByTshark(file);
      const ours = datagrams.map(({ records }) =>
        compared.map(([, , valueIn]) => records.flatMap((record) => valueIn(record) ?? []).map(String)),
      );
      expect(ours).toEqual(theirs);
      const records = datagrams.flatMap((datagram) => datagram.records);
      expect(countsOf(sampled(records))).toEqual(countsOf(traffic));
      expect(new Set(records.map((record) => record.subAgent))).toEqual(new Set([subAgent]));
      const bed = new ForeignBed();
      for (const { octets, exporter } of datagrams) bed.receive([octets], exporter);
      expect(countsOf(trafficOf(bed.pass()))).toEqual(countsOf(traffic));
      const { events } = bed.account();
      expect([events['lost upstream'], events['exporter restarts']]).toEqual([undefined, undefined]);
      expect(bed.account('messages').events).not.toHaveProperty('lost upstream');
    });
  });
}
