import { globSync, writeFileSync } from 'node:fs';
import {
  captureExports,
  connectionsEnded,
  ipfixPort,
  type MeteredCapture,
  makeEnds,
  meteringNeeds,
  readConnections,
  readTraffic,
  talk,
} from './metered-ends.ts';
import type { Need } from './needs.ts';
import { captureOpenVSwitch, openVSwitchNeeds } from './open-vswitch.ts';
import { Softflowd } from './softflowd.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { startUdpSink } from './traffic.ts';
import { until } from './until.ts';

/*
 * Real IPFIX by foreign programs. Each runs in its own namespace with traffic that it meters and exports over
 * UDP to loopback, where a capture records it:
 *
 *     for (const exporter of foreignExporters) {
 *       requires(...exporter.needs)(exporter.name, () => {
 *         const { file } = await exporter.capture(directory);   // a pcap with IPFIX on UDP port `ipfixPort`
 */

export interface ForeignExporter {
  name: string;
  needs: readonly Need[];
  /** Runs the exporter with traffic. The capture is in `directory`. */
  capture: (directory: TemporaryDirectory) => Promise<MeteredCapture>;
  /** Flows that it keeps for itself at its end, at most: ulogd2 sends full messages only. */
  keeps?: number;
}

export const foreignExporters: readonly ForeignExporter[] = [
  { name: 'softflowd', needs: [...meteringNeeds, 'softflowd'], capture: captureSoftflowd },
  { name: 'ulogd2', needs: [...meteringNeeds, 'ulogd'], capture: captureUlogd, keeps: 12 },
  {
    name: 'Open vSwitch',
    needs: [...meteringNeeds, ...openVSwitchNeeds],
    capture: (directory) => captureOpenVSwitch(directory, 'ipfix'),
  },
];

/**
 * softflowd watches a device: bidirectional flows with reverse elements, an options template, milliseconds.
 */
async function captureSoftflowd(directory: TemporaryDirectory): Promise<MeteredCapture> {
  await using ends = await makeEnds();
  await using capture = await captureExports(ends.server, directory.file('softflowd.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  const options = ['-b', '-A', 'milli'];
  await using softflowd = await Softflowd.start(ends, directory, { version: 10, options });
  await talk(ends);
  const traffic = await readTraffic(ends);
  await softflowd.finish();
  await capture.stop();
  return { file: capture.file, traffic };
}

/**
 * ulogd2 exports conntrack's entries when they end, in full messages only: seconds, and totals of both
 * directions together. Of an IPv6 address it sends the first four octets.
 */
async function captureUlogd(directory: TemporaryDirectory): Promise<MeteredCapture> {
  await using ends = await makeEnds();
  await using capture = await captureExports(ends.server, directory.file('ulogd2.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  const configuration = directory.file('ulogd.conf');
  writeFileSync(configuration, ulogdConfiguration());
  await using ulogd = ends.server.start(['ulogd', '-c', configuration, '-p', directory.file('ulogd.pid')]);
  await ulogd.says(/NFCT plugin working in event mode/);
  await talk(ends);
  await connectionsEnded(ends);
  const traffic = await readConnections(ends.server);
  const entries = Number(await ends.server.run(['conntrack', '--count']));
  await ends.server.run(['conntrack', '--flush']); // ends every entry
  const taken = () => ulogd.stdout.match(/Got new packet/g)?.length ?? 0;
  await until('ulogd to have taken all', () => taken() >= entries);
  await ulogd.stop('SIGTERM');
  await capture.stop();
  const sent = [...traffic].map(
    ([way, count]) => [way.replaceAll(/fd30::\d/g, '253.48.0.0'), count] as const,
  );
  return { file: capture.file, traffic: new Map(sent) };
}

function ulogdConfiguration(): string {
  const plugins = globSync('/usr/lib/*/ulogd/ulogd_{inpflow_NFCT,output_IPFIX}.so');
  return [
    '[global]',
    'logfile="stdout"',
    'loglevel=1',
    ...plugins.map((plugin) => `plugin="${plugin}"`),
    'stack=connections:NFCT,export:IPFIX',
    '[connections]',
    'event_mask=5', // NF_NETLINK_CONNTRACK_NEW and _DESTROY
    '[export]',
    'oid=7', // observation domain
    'host="127.0.0.1"',
    `port="${ipfixPort}"`,
    'proto="udp"',
    'send_template="always"',
    '',
  ].join('\n');
}
