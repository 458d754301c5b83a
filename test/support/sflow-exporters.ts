import { writeFileSync } from 'node:fs';
import {
  captureExports,
  ipfixPort,
  type MeteredCapture,
  makeEnds,
  readTraffic,
  talk,
} from './metered-ends.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { startUdpSink } from './traffic.ts';
import { until } from './until.ts';

/** The sub-agent of pmacct's sfprobe. */
export const sfprobeAgent = 3;

/**
 * pmacct's sfprobe samples every packet of a device.
 * @param isWhole whether the capture has all packets: it sends them once a second
 */
export async function captureSfprobe(
  directory: TemporaryDirectory,
  isWhole: (capture: MeteredCapture) => Promise<boolean>,
): Promise<MeteredCapture> {
  await using ends = await makeEnds();
  await using capture = await captureExports(ends.server, directory.file('sfprobe.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  const configuration = directory.file('sfprobe.conf');
  const lines = [
    'daemonize: false',
    'pcap_interface: eth0',
    'plugins: sfprobe',
    `sfprobe_receiver: 127.0.0.1:${ipfixPort}`,
    `sfprobe_agentsubid: ${sfprobeAgent}`,
    'sampling_rate: 1',
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  await using sfprobe = ends.server.start(['pmacctd', '-f', configuration]);
  await sfprobe.says(/link type is/);
  await sfprobe.says(/Exporting flows to/);
  await talk(ends);
  const captured = { file: capture.file, traffic: await readTraffic(ends) };
  await until('all packets of sfprobe', () => isWhole(captured));
  await sfprobe.stop('SIGINT');
  await capture.stop();
  return captured;
}
