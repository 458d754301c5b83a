import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  captureExports,
  type Ends,
  ipfixPort,
  type MeteredCapture,
  makeEnds,
  readTraffic,
  talk,
} from './metered-ends.ts';
import type { Program } from './program.ts';
import { Softflowd } from './softflowd.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { startUdpSink } from './traffic.ts';
import { until } from './until.ts';

/** The source id of nfprobe's messages, and their observation domain. */
export const nfprobeSource = 3;

/**
 * softflowd with NetFlow v5 and v9, pmacct's nfprobe with v9 and IPFIX, and nfpcapd watch the same device.
 * Then nfreplay sends the flows of nfpcapd with v5 and v9. Each sends from a port of its own.
 * @param isWhole whether the capture has all that nfprobe exports: it does not export at its end
 */
export async function captureNetflow(
  directory: TemporaryDirectory,
  isWhole: (capture: MeteredCapture) => Promise<boolean>,
): Promise<MeteredCapture> {
  await using ends = await makeEnds();
  await using capture = await captureExports(ends.server, directory.file('netflow.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  await using five = await Softflowd.start(ends, directory, { version: 5 });
  await using nine = await Softflowd.start(ends, directory, { version: 9 });
  const nfprobes = ([9, 10] as const).map((version) => startNfprobe(ends, directory, version));
  await using nfprobe9 = nfprobes[0]!;
  await using nfprobe10 = nfprobes[1]!;
  for (const nfprobe of nfprobes) {
    await nfprobe.says(/link type is/);
    await nfprobe.says(/Exporting flows to/);
  }
  const flows = directory.file('flows');
  mkdirSync(flows);
  await using nfpcapd = ends.server.start(['nfpcapd', '-i', 'eth0', '-w', flows]);
  await nfpcapd.says(/Startup nfpcapd/);
  await talk(ends);
  const captured = { file: capture.file, traffic: await readTraffic(ends) };
  await five.finish();
  await nine.finish();
  await nfpcapd.stop('SIGINT');
  await replayFlows(ends, flows);
  await until('all flows of nfprobe', () => isWhole(captured), { everyMs: 500 });
  await nfprobe9.stop('SIGINT');
  await nfprobe10.stop('SIGINT');
  await capture.stop();
  return captured;
}

function startNfprobe({ server }: Ends, directory: TemporaryDirectory, version: 9 | 10): Program {
  const configuration = directory.file(`nfprobe${version}.conf`);
  const lines = [
    'daemonize: false',
    'pcap_interface: eth0',
    'aggregate: src_host, dst_host, src_port, dst_port, proto, tos',
    'plugins: nfprobe',
    `nfprobe_receiver: 127.0.0.1:${ipfixPort}`,
    `nfprobe_version: ${version}`,
    `nfprobe_engine: ${nfprobeSource}`,
    'nfprobe_timeouts: expint=1:maxlife=1:general=1:tcp=1:tcp.rst=1:tcp.fin=1:udp=1:icmp=1',
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  return server.start(['pmacctd', '-f', configuration]);
}

/** Sends every flow in a folder of files of nfcapd or nfpcapd. */
async function replayFlows({ server }: Ends, flows: string): Promise<void> {
  for (const file of readdirSync(flows)) {
    for (const version of ['5', '9']) {
      const target = ['-H', '127.0.0.1', '-p', String(ipfixPort)];
      await server.run(['nfreplay', '-r', join(flows, file), '-v', version, ...target]);
    }
  }
}
