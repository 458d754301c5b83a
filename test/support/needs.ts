import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

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
} as const;

export type ProgramName = keyof typeof programs;

/**
 * What a test may need beside Node: a program, to be root, or a kernel that lets it make network namespaces.
 */
export type Need = 'root' | 'namespaces' | ProgramName;

export const needs: readonly Need[] = ['root', 'namespaces', ...(Object.keys(programs) as ProgramName[])];

/** Where `npm test` tells the test processes what it could not get: JSON, need -> reason. */
export const unmetVariable = 'WEIR_TEST_UNMET';

/** Why a need is not met on this machine, or undefined when it is. */
export function whyUnmet(need: Need): string | undefined {
  if (need === 'root') return isRoot() ? undefined : 'not root';
  if (need === 'namespaces') return whyNoNamespaces();
  if (isInstalled(need)) return undefined;
  return `${need} is not installed (Debian package ${programs[need].debianPackage})`;
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

function whyNoNamespaces(): string | undefined {
  if (!isRoot()) return 'network namespaces need root';
  const name = `weir-${process.pid}-0-probe`; // start 0 is no process's: swept if we die before the delete
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  spawnSync('ip', ['netns', 'delete', name]);
  if (made.status === 0) return undefined;
  return `cannot make a network namespace: ${made.error?.message ?? made.stderr.trim()}`;
}
