import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import type { FlowRecord } from '../../src/flow/index.ts';
import { readExportedSets, readRecords } from '../../src/ipfix/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import { differences, ipfixPort, meteringNeeds, type Traffic, trafficOf } from '../support/metered-ends.ts';
import { captureNetflow, nfprobeSource } from '../support/netflow-exporters.ts';
import { captureOpenVSwitch, openVSwitchEngine, openVSwitchNeeds } from '../support/open-vswitch.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const nfprobes = [`netflow-v9 of ${nfprobeSource}`, `ipfix of ${nfprobeSource}`];
const softflowds = ['netflow-v5 of 0', 'netflow-v9 of 0'];
/** In version 5 its engine is any number. */
const nfreplays = ['netflow-v5 of nfreplay', 'netflow-v9 of 1'];

/** A capture as Weir collects it: the flows of each exporter, by protocol and observation domain. */
async function readCapture(file: string): Promise<{ bed: ForeignBed; flows: Map<string, FlowRecord[]> }> {
  const bed = new ForeignBed();
  bed.clock.advance(Date.now() - bed.clock.now());
  const names = new Map<string, string>();
  const flows = new Map<string, FlowRecord[]>();
  for await (const captured of readIpfixFile(file)) {
    if (!('session' in captured)) throw new Error(`not read: ${JSON.stringify(captured)}`);
    const { session, octets } = captured;
    const { exportProtocol, templates } = session;
    const exporter = session.exporter!;
    const before = bed.collected.length;
    bed.receive([octets.slice()], exporter);
    const fresh = bed.collected.slice(before);
    for (const { header } of readExportedSets(exportProtocol, octets, templates, { error: () => {} })) {
      const isNfreplay = exportProtocol === 'netflow-v5' && ![0, openVSwitchEngine].includes(header.domain);
      names.set(exporter, `${exportProtocol} of ${isNfreplay ? 'nfreplay' : header.domain}`);
    }
    const name = names.get(exporter) ?? 'templates';
    if (fresh.length > 0) flows.set(name, [...(flows.get(name) ?? []), ...fresh]);
  }
  return { bed, flows };
}

const packetsOf = (traffic: Traffic) => [...traffic.values()].reduce((sum, { packets }) => sum + packets, 0);

/** NetFlow v5 has no IPv6. */
const ipv4Of = (traffic: Traffic): Traffic => new Map([...traffic].filter(([way]) => !way.includes('::')));

/** Whether each of these exporters has exported as many packets as the kernel counted. */
async function haveExported(exporters: readonly string[], file: string, traffic: Traffic): Promise<boolean> {
  const { flows } = await readCapture(file);
  return exporters.every((name) => packetsOf(trafficOf(flows.get(name) ?? [])) >= packetsOf(traffic));
}

/** The values of the fields of every flow record by tshark, for each packet. */
const compared = {
  octetDeltaCount: 'cflow.octets',
  packetDeltaCount: 'cflow.packets',
  sourceTransportPort: 'cflow.srcport',
  destinationTransportPort: 'cflow.dstport',
  protocolIdentifier: 'cflow.protocol',
  tcpControlBits: 'cflow.tcpflags',
} as const;

async function readByTshark(file: string): Promise<Map<number, number[][]>> {
  const fields = ['frame.number', ...Object.values(compared)].flatMap((name) => ['-e', name]);
  const decodeAs = ['-d', `udp.port==${ipfixPort},cflow`];
  const text = await run(['tshark', '-n', '-r', file, ...decodeAs, '-T', 'fields', ...fields]);
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [number, ...values] = line.split('\t');
        return [Number(number), values.map((list) => list.split(',').filter(Boolean).map(Number))];
      }),
  );
}

/** Compares the values of every flow record, message by message. */
async function compareWithTshark(file: string): Promise<void> {
  const theirs = await readByTshark(file);
  for await (const captured of readIpfixFile(file)) {
    if (!('session' in captured)) throw new Error(`not read: ${JSON.stringify(captured)}`);
    const { octets, packet } = captured;
    const { exportProtocol, templates } = captured.session;
    const ours = Object.keys(compared).map((): number[] => []);
    const fail = (error: unknown) => expect.fail(JSON.stringify(error));
    for (const set of readExportedSets(exportProtocol, octets, templates, { error: fail })) {
      for (const { template, values } of readRecords(set, templates, fail)) {
        if (template.scopeFieldCount > 0) continue;
        for (const [i, name] of Object.keys(compared).entries()) {
          const field = template.fields.findIndex(({ element }) => element.name === name);
          if (field >= 0) ours[i]!.push(values[field] as number); // softflowd's ICMP has no ports
        }
      }
    }
    expect(ours, `packet ${packet}`).toEqual(theirs.get(packet!));
  }
}

requires(
  ...meteringNeeds,
  'softflowd',
  'pmacctd',
  'nfpcapd',
  'nfreplay',
  'tshark',
)('NetFlow of softflowd, nfreplay (v5, v9) and nfprobe (v9, IPFIX)', () => {
  it("equals the kernel's counters and tshark's values", async () => {
    using directory = new TemporaryDirectory();
    const { file, traffic } = await captureNetflow(directory, (capture) =>
      haveExported(nfprobes, capture.file, capture.traffic),
    );
    const { bed, flows } = await readCapture(file);
    expect([...flows.keys()].sort()).toEqual([...nfprobes, ...softflowds, ...nfreplays].sort());
    for (const [exporter, collected] of flows) {
      const expected = exporter.startsWith('netflow-v5') ? ipv4Of(traffic) : traffic;
      expect(differences(trafficOf(collected), expected), exporter).toEqual([]);
      for (const { flowStartMilliseconds: start, flowEndMilliseconds: end } of collected) {
        expect(start!, exporter).toBeLessThanOrEqual(end!);
        expect(end, exporter).toBeLessThanOrEqual(Date.now());
      }
    }
    const { events, dropped } = bed.account();
    expect([events['lost upstream'], events['times estimated']]).toEqual([undefined, undefined]);
    expect(dropped).toEqual({});
    expect(events['options records']).toBe(1); // softflowd's
    bed.pass();
    await compareWithTshark(file);
  });
});

requires(
  ...meteringNeeds,
  ...openVSwitchNeeds,
  'tshark',
)('NetFlow v5 of Open vSwitch', () => {
  it("equals the kernel's counters, with the Ethernet header of each packet", async () => {
    using directory = new TemporaryDirectory();
    const name = `netflow-v5 of ${openVSwitchEngine}`;
    const { file, traffic } = await captureOpenVSwitch(directory, 'netflow', (capture) =>
      haveExported([name], capture.file, ipv4Of(capture.traffic)),
    );
    const { bed, flows } = await readCapture(file);
    const ethernetOctets = 14;
    const expected = [...ipv4Of(traffic)].map(([way, { packets, octets, startMs }]) => {
      return [way, { packets, octets: octets + ethernetOctets * packets, startMs }] as const;
    });
    expect([...flows.keys()]).toEqual([name]);
    expect(differences(trafficOf(flows.get(name)!), new Map(expected))).toEqual([]);
    expect(bed.account()).toMatchObject({ dropped: {}, events: {} });
    bed.pass();
    await compareWithTshark(file);
  });
});
