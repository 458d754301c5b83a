import { expect, it } from 'vitest';
import { readIpfixFile } from '../../src/cli/capture/index.ts';
import type { FlowRecord } from '../../src/flow/index.ts';
import { dataRecordToJson, readExportedSets, readRecords } from '../../src/ipfix/index.ts';
import { ForeignBed } from '../support/foreign-bed.ts';
import { ipfixPort } from '../support/foreign-exporters.ts';
import { captureNetflow, type NetflowCapture, nfprobeSource } from '../support/netflow-exporters.ts';
import { run } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

const protocolNames: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };

const nfprobe = `netflow-v9 of ${nfprobeSource}`;

/** Octets and packets of TCP and UDP, by protocol and family. */
function sumsOf(flows: readonly FlowRecord[]): Record<string, { packets: number; octets: number }> {
  const sums: Record<string, { packets: number; octets: number }> = {};
  for (const flow of flows) {
    const protocol = protocolNames[flow.protocolIdentifier!];
    if (protocol === undefined) continue;
    const name = `${protocol}${flow.sourceIP!.includes(':') ? 6 : 4}`;
    sums[name] ??= { packets: 0, octets: 0 };
    const sum = sums[name];
    sum.packets += flow.packetDeltaCount!;
    sum.octets += flow.octetDeltaCount!;
  }
  return sums;
}

/** Whether nfprobe has exported as many packets as the kernel counted. */
async function isWhole({ file, counted }: NetflowCapture): Promise<boolean> {
  const packetsOf = (sums: Record<string, { packets: number }>) =>
    Object.values(sums).reduce((sum, { packets }) => sum + packets, 0);
  const flows: FlowRecord[] = [];
  for await (const captured of readIpfixFile(file)) {
    if (!('session' in captured)) continue;
    const { session, octets } = captured;
    for (const set of readExportedSets(session.exportProtocol, octets, session.templates, {
      error: () => {},
    })) {
      if (set.header.domain !== nfprobeSource) continue;
      for (const record of readRecords(set, session.templates, () => {})) {
        const { sourceIPv4Address, sourceIPv6Address, ...fields } = dataRecordToJson(record);
        flows.push({ ...fields, sourceIP: sourceIPv4Address ?? sourceIPv6Address } as FlowRecord);
      }
    }
  }
  return packetsOf(sumsOf(flows)) >= packetsOf(counted);
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
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [number, ...values] = line.split('\t');
        return [Number(number), values.map((list) => list.split(',').filter(Boolean).map(Number))];
      }),
  );
}

requires(
  'namespaces',
  'tcpdump',
  'ethtool',
  'ping',
  'nft',
  'softflowd',
  'pmacctd',
  'tshark',
)('NetFlow of softflowd (v5, v9) and nfprobe (v9)', () => {
  it("equals the kernel's counters and tshark's values", async () => {
    using directory = new TemporaryDirectory();
    const beganMs = Date.now();
    const { file, counted } = await captureNetflow(directory, isWhole);
    const endedMs = Date.now();
    const theirs = await readByTshark(file);
    const bed = new ForeignBed();
    bed.clock.advance(Date.now() - bed.clock.now());
    const flowsOf = new Map<string, FlowRecord[]>();
    for await (const captured of readIpfixFile(file)) {
      if (!('session' in captured)) throw new Error(`not read: ${JSON.stringify(captured)}`);
      const { session, octets, packet } = captured;
      const before = bed.collected.length;
      bed.receive([octets.slice()], session.exporter);
      const fresh = bed.collected.slice(before);
      const ours = Object.keys(compared).map((): number[] => []);
      const fail = (error: unknown) => expect.fail(JSON.stringify(error));
      const { exportProtocol, templates } = session;
      let exporter = '';
      for (const set of readExportedSets(exportProtocol, octets, templates, { error: fail })) {
        exporter = `${exportProtocol} of ${set.header.domain}`;
        for (const { template, values } of readRecords(set, templates, fail)) {
          if (template.scopeFieldCount > 0) continue;
          for (const [i, name] of Object.keys(compared).entries()) {
            const field = template.fields.findIndex(({ element }) => element.name === name);
            if (field >= 0) ours[i]!.push(values[field] as number); // softflowd's ICMP has no ports
          }
        }
      }
      expect(ours, `packet ${packet}`).toEqual(theirs.get(packet!));
      if (exporter === '') continue; // templates alone
      flowsOf.set(exporter, [...(flowsOf.get(exporter) ?? []), ...fresh]);
    }
    expect([...flowsOf.keys()].sort()).toEqual(['netflow-v5 of 0', 'netflow-v9 of 0', nfprobe]);
    const { tcp4, udp4 } = counted;
    for (const [exporter, flows] of flowsOf) {
      // NetFlow v5 has no IPv6, and softflowd 1.1.0 leaves out a part of it at its end.
      const { tcp6, udp6, ...ipv4 } = sumsOf(flows);
      if (exporter === nfprobe) expect({ tcp6, udp6, ...ipv4 }).toEqual(counted);
      else expect(ipv4, exporter).toEqual({ tcp4, udp4 });
      for (const { flowStartMilliseconds: start, flowEndMilliseconds: end } of flows) {
        expect(start, exporter).toBeGreaterThanOrEqual(beganMs - 2_000);
        expect(end, exporter).toBeLessThanOrEqual(endedMs + 2_000);
        expect(start!, exporter).toBeLessThanOrEqual(end!);
      }
    }
    const { events, dropped } = bed.account();
    expect([events['lost upstream'], events['times estimated']]).toEqual([undefined, undefined]);
    expect(dropped).toEqual({});
    expect(events['options records']).toBe(1); // softflowd's
    bed.pass();
  }, 60_000);
});
