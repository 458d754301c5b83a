import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { type BuiltServerName, builtServers, isBuilt } from './built-servers.ts';

/**
 * The programs that tests run, by name: the Debian package that has each, and what for. The only such list.
 */
export const programs = {
  ip: { debianPackage: 'iproute2', for: 'every test in a network namespace' },
  ping: { debianPackage: 'iputils-ping', for: 'ICMP and ICMPv6 traffic' },
  nft: { debianPackage: 'nftables', for: 'NAT, denied packets, and counters to compare flows with' },
  ethtool: {
    debianPackage: 'ethtool',
    for: 'packets as they are on a wire, where a capture or a switch sees them',
  },
  conntrack: { debianPackage: 'conntrack', for: 'the kernel table as its own tool shows it' },
  tcpdump: { debianPackage: 'tcpdump', for: 'captures' },
  tshark: { debianPackage: 'tshark', for: "IPFIX decoded by a decoder that is not Weir's" },
  iperf3: { debianPackage: 'iperf3', for: 'bulk traffic' },
  softflowd: { debianPackage: 'softflowd', for: "softflowd's IPFIX in our decoder" },
  ulogd: { debianPackage: 'ulogd2', for: "ulogd2's IPFIX in our decoder" },
  'ovs-vswitchd': { debianPackage: 'openvswitch-switch', for: "Open vSwitch's IPFIX in our decoder" },
  'ovsdb-tool': { debianPackage: 'openvswitch-common', for: "Open vSwitch's IPFIX in our decoder" },
  mount: { debianPackage: 'mount', for: 'a file system of a test, which can be full' },
  openssl: { debianPackage: 'openssl', for: 'certificates of servers that speak TLS' },
  'prometheus-alertmanager': {
    debianPackage: 'prometheus-alertmanager',
    for: 'alerts on their way to a receiver',
  },
} as const;

export type ProgramName = keyof typeof programs;

/**
 * What a test may need beside Node: to be root, a kernel that lets it make network namespaces, the Go that
 * builds servers, one of these servers, or a program.
 */
export type Need = 'root' | 'namespaces' | 'go' | BuiltServerName | ProgramName;

/** All needs, each with what it is for. */
export const purposes = new Map<Need, string>([
  ['root', 'the kernel, interop and e2e tests'],
  ['namespaces', 'the kernel, interop and e2e tests'],
  ['go', 'servers that are built'],
  ...Object.entries({ ...builtServers, ...programs }).map(
    ([name, entry]) => [name as Need, entry.for] as const,
  ),
]);

/** Where `npm test` tells the test processes what it could not get: JSON, need -> reason. */
export const unmetVariable = 'WEIR_TEST_UNMET';

/** Why a need is not met on this machine, or undefined when it is. */
export function whyUnmet(need: Need): string | undefined {
  if (need === 'root') return isRoot() ? undefined : 'not root';
  if (need === 'namespaces') return whyNoNamespaces();
  if (need === 'go') return isInstalled('go') ? undefined : 'Go is not installed (https://go.dev/dl/)';
  if (isServer(need)) return whyNotBuilt(need);
  if (isInstalled(need)) return undefined;
  return `${need} is not installed (Debian package ${programs[need].debianPackage})`;
}

function isServer(need: Need): need is BuiltServerName {
  return need in builtServers;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function whyNotBuilt(server: BuiltServerName): string | undefined {
  return isBuilt(server) ? undefined : `${server} is not built (npm test builds it, with Go)`;
}

function whyNoNamespaces(): string | undefined {
  if (!isRoot()) return 'network namespaces need root';
  const name = `weir-${process.pid}-0-probe`; // start 0 is no process's: swept if we die before the delete
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'delete', name]);
  if (made.status === 0) return undefined;
  return `cannot make a network namespace: ${made.error?.message ?? made.stderr.trim()}`;
}
