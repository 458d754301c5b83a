import {
  captureExports,
  ipfixPort,
  type MeteredCapture,
  makeEnds,
  readTraffic,
  talk,
} from './metered-ends.ts';
import { createNamespace } from './namespace.ts';
import type { Need } from './needs.ts';
import { run } from './program.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { startUdpSink } from './traffic.ts';
import { until } from './until.ts';

export const openVSwitchNeeds: Need[] = ['ovs-vswitchd', 'ovsdb-tool'];

/** The domain of its NetFlow: engine type 2, engine id 3. */
export const openVSwitchEngine = 0x0203;

/** The bridge's column that names the exporter, its table, and its settings. */
const exports = {
  ipfix: [
    'IPFIX',
    `targets="127.0.0.1:${ipfixPort}"`,
    'obs_domain_id=123',
    'obs_point_id=456',
    'sampling=1',
    'cache_max_flows=1000',
    'cache_active_timeout=60',
  ],
  netflow: [
    'NetFlow',
    `targets="127.0.0.1:${ipfixPort}"`,
    'engine_type=2',
    'engine_id=3',
    'active_timeout=60',
  ],
  sflow: ['sFlow', `targets="127.0.0.1:${ipfixPort}"`, 'agent=lo', 'header=128', 'sampling=1', 'polling=1'],
} as const;

/**
 * A client and a server talk through a switch in user space that exports what passes its bridge. Its IPFIX
 * has dozens of templates, long ones, options, interface names.
 * @param isWhole whether the capture has all that sFlow and NetFlow export: they send it within a second
 */
export async function captureOpenVSwitch(
  directory: TemporaryDirectory,
  protocol: keyof typeof exports,
  isWhole: (capture: MeteredCapture) => Promise<boolean> = async () => true,
): Promise<MeteredCapture> {
  await using bridge = await createNamespace('switch');
  await using ends = await makeEnds(bridge);
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
  const controlSocket = directory.file('vswitchd.ctl');
  const daemon = ['ovs-vswitchd', socket, '--disable-system', `--unixctl=${controlSocket}`];
  await using vswitchd = bridge.start(daemon, { environment });
  await control('add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev');
  await control('add-port', 'br0', 'port1', '--', 'add-port', 'br0', 'port2');

  await using capture = await captureExports(bridge, directory.file(`open-vswitch-${protocol}.pcap`));
  await using _sink = await startUdpSink(bridge, ipfixPort);
  const create = ['--id=@export', 'create', ...exports[protocol]];
  await control('--', 'set', 'bridge', 'br0', `${protocol}=@export`, '--', ...create);
  await talk(ends);
  const traffic = await readTraffic(ends);
  if (protocol === 'netflow') {
    await run(['ovs-appctl', '-t', controlSocket, 'revalidator/purge'], { environment }); // ends every flow
  }
  await until('everything to be exported', () => isWhole({ file: capture.file, traffic }));
  await control('clear', 'bridge', 'br0', protocol); // with IPFIX it exports every flow that it holds
  await vswitchd.stop('SIGTERM');
  await capture.stop();
  return { file: capture.file, traffic };
}
