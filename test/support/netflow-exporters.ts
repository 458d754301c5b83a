import { writeFileSync } from 'node:fs';
import { captureExports, type Ends, ipfixPort, makeEnds, talk } from './foreign-exporters.ts';
import { type Counted, loadRules, readCounters } from './nftables.ts';
import type { Program } from './program.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { startUdpSink } from './traffic.ts';
import { until } from './until.ts';

/** The source id of nfprobe's messages. */
export const nfprobeSource = 3;

/** What exporters of NetFlow sent of some traffic, and what the kernel counted of it. */
export interface NetflowCapture {
  /** A pcap. Each exporter sends from a port of its own. */
  readonly file: string;
  /** TCP and UDP over IPv4 and IPv6, as `tcp4`, in both directions. */
  readonly counted: Readonly<Record<string, Counted>>;
}

/**
 * softflowd with NetFlow v5 and v9, and pmacct's nfprobe with v9, watch the same device.
 * @param isWhole whether the capture has all that nfprobe exports: it does not export at its end
 */
export async function captureNetflow(
  directory: TemporaryDirectory,
  isWhole: (capture: NetflowCapture) => Promise<boolean>,
): Promise<NetflowCapture> {
  await using ends = await makeEnds();
  await using capture = await captureExports(ends.server, directory.file('netflow.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  await countPackets(ends);
  await using five = startSoftflowd(ends, directory, 5);
  await using nine = startSoftflowd(ends, directory, 9);
  await using nfprobe = startNfprobe(ends, directory);
  await five.says(/starting data collection/);
  await nine.says(/starting data collection/);
  await nfprobe.says(/link type is/);
  await nfprobe.says(/Exporting flows to/);
  await talk(ends.client, ends.server);
  for (const version of [5, 9]) {
    await ends.server.run(['softflowctl', '-c', directory.file(`softflowd${version}.ctl`), 'shutdown']);
  }
  await five.ended;
  await nine.ended;
  const captured = { file: capture.file, counted: await readPackets(ends) };
  await until('all flows of nfprobe', () => isWhole(captured));
  await nfprobe.stop('SIGINT');
  await capture.stop();
  return captured;
}

function startSoftflowd({ server }: Ends, directory: TemporaryDirectory, version: 5 | 9): Program {
  const file = (end: string) => directory.file(`softflowd${version}.${end}`);
  const files = ['-p', file('pid'), '-c', file('ctl')];
  const target = ['-n', `127.0.0.1:${ipfixPort}`];
  return server.start(['softflowd', '-d', '-i', 'eth0', '-v', String(version), '-6', ...target, ...files]);
}

function startNfprobe({ server }: Ends, directory: TemporaryDirectory): Program {
  const configuration = directory.file('nfprobe.conf');
  const lines = [
    'daemonize: false',
    'pcap_interface: eth0',
    'aggregate: src_host, dst_host, src_port, dst_port, proto, tos',
    'plugins: nfprobe',
    `nfprobe_receiver: 127.0.0.1:${ipfixPort}`,
    'nfprobe_version: 9',
    `nfprobe_engine: ${nfprobeSource}`,
    'nfprobe_timeouts: expint=1:maxlife=1:general=1:tcp=1:tcp.rst=1:tcp.fin=1:udp=1:icmp=1',
  ];
  writeFileSync(configuration, `${lines.join('\n')}\n`);
  return server.start(['pmacctd', '-f', configuration]);
}

const kinds = ['tcp', 'udp'].flatMap((protocol) => [4, 6].map((family) => ({ protocol, family })));
type Kind = (typeof kinds)[number];
const nameOf = ({ protocol, family }: Kind): string => `${protocol}${family}`;

/** Counts TCP and UDP where they arrive: a sender's kernel may count several segments as one packet. */
async function countPackets({ client, server }: Ends): Promise<void> {
  const ruleOf = (kind: Kind) =>
    `meta nfproto ipv${kind.family} meta l4proto ${kind.protocol} counter name ${nameOf(kind)}`;
  for (const end of [client, server]) {
    await loadRules(
      end,
      `table inet count {
        ${kinds.map((kind) => `counter ${nameOf(kind)} {}`).join('\n')}
        chain received {
          type filter hook prerouting priority 0
          ${kinds.map((kind) => `iifname eth0 ${ruleOf(kind)}`).join('\n')}
        }
      }`,
    );
  }
}

/** Both directions together. */
async function readPackets({ client, server }: Ends): Promise<Record<string, Counted>> {
  const [one, other] = [await readCounters(client), await readCounters(server)];
  return Object.fromEntries(
    kinds.map(nameOf).map((name) => {
      const [a, b] = [one[name]!, other[name]!];
      return [name, { packets: a.packets + b.packets, octets: a.octets + b.octets }];
    }),
  );
}
