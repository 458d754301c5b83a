import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { startCapture } from './capture.ts';
import { connect, createNamespace, type NetworkNamespace } from './namespace.ts';
import type { Need } from './needs.ts';
import { trackConnections } from './nftables.ts';
import { type Program, run } from './program.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { exchangeTcp, exchangeUdp, ping, startTcpServer, startUdpEcho, startUdpSink } from './traffic.ts';
import { until } from './until.ts';

/*
 * Real IPFIX by foreign programs. Each runs in its own namespace with traffic that it meters and exports over
 * UDP to loopback, where a capture records it:
 *
 *     for (const exporter of foreignExporters) {
 *       requires(...exporter.needs)(exporter.name, () => {
 *         const file = await exporter.capture(directory);   // a pcap with IPFIX on UDP port `ipfixPort`
 */

export const ipfixPort = 4739;

export interface ForeignExporter {
  name: string;
  needs: readonly Need[];
  /** Runs the exporter with traffic and returns the path of the capture, in `directory`. */
  capture: (directory: TemporaryDirectory) => Promise<string>;
}

const common: Need[] = ['namespaces', 'tcpdump', 'ethtool', 'ping'];

export const foreignExporters: readonly ForeignExporter[] = [
  { name: 'softflowd', needs: [...common, 'softflowd'], capture: captureSoftflowd },
  { name: 'ulogd2', needs: [...common, 'ulogd', 'nft', 'conntrack'], capture: captureUlogd },
  { name: 'Open vSwitch', needs: [...common, 'ovs-vswitchd', 'ovsdb-tool'], capture: captureOpenVSwitch },
];

const client = { v4: '10.30.0.1', v6: 'fd30::1' };
const server = { v4: '10.30.0.2', v6: 'fd30::2' };

/**
 * softflowd watches a device: bidirectional flows with reverse elements, an options template, milliseconds.
 */
async function captureSoftflowd(directory: TemporaryDirectory): Promise<string> {
  await using ends = await makeEnds();
  await using capture = await captureExports(ends.server, directory.file('softflowd.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  const control = directory.file('softflowd.ctl');
  const files = ['-p', directory.file('softflowd.pid'), '-c', control];
  const target = ['-n', `127.0.0.1:${ipfixPort}`];
  await using softflowd = ends.server.start([
    'softflowd',
    '-d',
    '-i',
    'eth0',
    '-v',
    '10',
    '-b',
    '-6',
    '-A',
    'milli',
    ...target,
    ...files,
  ]);
  await softflowd.says(/starting data collection/);
  await talk(ends.client, ends.server);
  await ends.server.run(['softflowctl', '-c', control, 'shutdown']); // exports every flow that it holds
  await softflowd.ended;
  await capture.stop();
  return capture.file;
}

/**
 * ulogd2 exports conntrack's entries when they end, in full messages only: one direction, totals, seconds.
 */
async function captureUlogd(directory: TemporaryDirectory): Promise<string> {
  await using ends = await makeEnds();
  await trackConnections(ends.server);
  ends.server.setSysctl('net.netfilter.nf_conntrack_acct', 1);
  ends.server.setSysctl('net.netfilter.nf_conntrack_timestamp', 1);
  await using capture = await captureExports(ends.server, directory.file('ulogd2.pcap'));
  await using _sink = await startUdpSink(ends.server, ipfixPort);
  const configuration = directory.file('ulogd.conf');
  writeFileSync(configuration, ulogdConfiguration());
  await using ulogd = ends.server.start(['ulogd', '-c', configuration, '-p', directory.file('ulogd.pid')]);
  await ulogd.says(/NFCT plugin working in event mode/);
  await talk(ends.client, ends.server);
  await ends.server.run(['conntrack', '--flush']); // ends every entry
  await until('ulogd to have read of their ends', () => unreadOctets(ulogd) === 0);
  await ulogd.stop('SIGTERM');
  await capture.stop();
  return capture.file;
}

/** Unread octets in the netlink sockets of a program's namespace: `sk Eth Pid Groups Rmem …`. */
function unreadOctets({ pid }: Program): number {
  const [, ...sockets] = readFileSync(`/proc/${pid}/net/netlink`, 'utf8').trimEnd().split('\n');
  return sockets.reduce((octets, socket) => octets + Number(socket.split(/\s+/)[4]), 0);
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
    'event_mask=4', // NF_NETLINK_CONNTRACK_DESTROY
    '[export]',
    'oid=7', // observation domain
    'host="127.0.0.1"',
    `port="${ipfixPort}"`,
    'proto="udp"',
    'send_template="always"',
    '',
  ].join('\n');
}

/** Open vSwitch samples packets of its bridge: dozens of templates, long ones, options, interface names. */
async function captureOpenVSwitch(directory: TemporaryDirectory): Promise<string> {
  await using bridge = await createNamespace('switch');
  await using clientEnd = await createNamespace('client');
  await using serverEnd = await createNamespace('server');
  for (const [namespace, port, addresses] of [
    [clientEnd, 'port1', client],
    [serverEnd, 'port2', server],
  ] as const) {
    await connect(
      { namespace, device: 'eth0', addresses: [`${addresses.v4}/24`, `${addresses.v6}/64`] },
      { namespace: bridge, device: port, addresses: [] },
    );
    await namespace.disableOffloads('eth0'); // the switch's userspace datapath forwards packets as they are
  }
  const environment = Object.fromEntries(
    ['OVS_RUNDIR', 'OVS_LOGDIR', 'OVS_DBDIR', 'OVS_SYSCONFDIR'].map((name) => [name, directory.path]),
  );
  const database = directory.file('conf.db');
  const socket = `unix:${directory.file('db.sock')}`;
  const control = (...args: string[]) =>
    run(['ovs-vsctl', `--db=${socket}`, '--timeout=20', ...args], { environment });

  await run(['ovsdb-tool', 'create', database, '/usr/share/openvswitch/vswitch.ovsschema']);
  const listen = `--remote=p${socket}`;
  await using databaseServer = bridge.start(['ovsdb-server', database, listen], { environment });
  await databaseServer.says(/ovsdb-server/); // its version, once it serves
  await control('--no-wait', 'init');
  await using vswitchd = bridge.start(['ovs-vswitchd', socket, '--disable-system'], { environment });
  await control('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev');
  await control('add-port', 'br0', 'port1', '--', 'add-port', 'br0', 'port2');

  await using capture = await captureExports(bridge, directory.file('open-vswitch.pcap'));
  await using _sink = await startUdpSink(bridge, ipfixPort);
  const settings = [
    'obs_domain_id=123',
    'obs_point_id=456',
    'sampling=1',
    'cache_max_flows=1000',
    'cache_active_timeout=60',
  ];
  const create = ['--id=@export', 'create', 'IPFIX', `targets="127.0.0.1:${ipfixPort}"`, ...settings];
  await control('--', 'set', 'bridge', 'br0', 'ipfix=@export', '--', ...create);
  await talk(clientEnd, serverEnd);
  await control('clear', 'bridge', 'br0', 'ipfix'); // exports every flow that it holds
  await vswitchd.stop('SIGTERM');
  await capture.stop();
  return capture.file;
}

/** A client and a server that are connected by `eth0`, without offloads. */
export interface Ends extends AsyncDisposable {
  client: NetworkNamespace;
  server: NetworkNamespace;
}

export async function makeEnds(): Promise<Ends> {
  const ends = { client: await createNamespace('client'), server: await createNamespace('server') };
  await connect(
    { namespace: ends.client, device: 'eth0', addresses: [`${client.v4}/24`, `${client.v6}/64`] },
    { namespace: ends.server, device: 'eth0', addresses: [`${server.v4}/24`, `${server.v6}/64`] },
  );
  for (const end of [ends.client, ends.server]) await end.disableOffloads('eth0');
  const close = async () => {
    await ends.client.close();
    await ends.server.close();
  };
  return { ...ends, [Symbol.asyncDispose]: close };
}

/** Records what is sent to the collector's port of the namespace's loopback. */
export function captureExports(namespace: NetworkNamespace, file: string) {
  return startCapture({ namespace, device: 'lo', file, filter: `udp dst port ${ipfixPort}` });
}

/** Some traffic of every kind over both families. */
export async function talk(clientEnd: NetworkNamespace, serverEnd: NetworkNamespace): Promise<void> {
  await using _tcp = await startTcpServer(serverEnd, { port: 8080, replyOctets: 5_000 });
  await using _udp = await startUdpEcho(serverEnd, 5000);
  for (const host of [server.v4, server.v6]) {
    await ping(clientEnd, { host, count: 3 });
    await exchangeTcp(clientEnd, { host, port: 8080, octets: 20_000, connections: 20, concurrency: 5 });
    for (const octets of [10, 500]) await exchangeUdp(clientEnd, { host, port: 5000, octets, datagrams: 3 });
  }
}
