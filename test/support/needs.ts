import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltServerName, builtServers, isBuilt } from './built-servers.ts';

/**
 * The programs that tests run, by name, with the Debian package and the purpose of each. The only such list.
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
  nfcapd: { debianPackage: 'nfdump', for: "Weir's IPFIX in nfdump" },
  nfpcapd: { debianPackage: 'nfdump', for: 'flows that nfreplay sends' },
  nfreplay: { debianPackage: 'nfdump', for: "nfdump's NetFlow in our decoder" },
  ipfixDump: { debianPackage: 'libfixbuf-tools', for: "Weir's IPFIX in libfixbuf" },
  nfacctd: { debianPackage: 'pmacct', for: "Weir's IPFIX in pmacct" },
  pmacctd: { debianPackage: 'pmacct', for: "nfprobe's NetFlow in our decoder" },
  mount: { debianPackage: 'mount', for: 'a file system of a test, which can be full' },
  'systemd-analyze': { debianPackage: 'systemd', for: 'the systemd units of the guides' },
  'dpkg-deb': { debianPackage: 'dpkg', for: 'the Debian package, made and installed' },
  setpriv: { debianPackage: 'util-linux', for: "programs with no more than a unit's rights" },
  fish: { debianPackage: 'fish', for: 'completions in fish' },
  zsh: { debianPackage: 'zsh', for: 'completions in zsh' },
  mandoc: { debianPackage: 'mandoc', for: 'manual pages' },
  faketime: { debianPackage: 'faketime', for: "a host's clock that is set while Weir runs" },
  curl: { debianPackage: 'curl', for: 'what the guides ask of Weir' },
  jq: { debianPackage: 'jq', for: 'what the guides make of what Weir prints' },
  iptables: { debianPackage: 'iptables', for: "the guides' rules of iptables" },
  openssl: { debianPackage: 'openssl', for: 'certificates of servers that speak TLS' },
  chromium: { debianPackage: 'chromium', for: 'the console in a browser' },
  podman: { debianPackage: 'podman', for: 'the container image, built and run' },
  runc: { debianPackage: 'runc', for: 'containers on a machine with any kind of control groups' },
  mmdebstrap: { debianPackage: 'mmdebstrap', for: 'a Debian to build the container image from' },
  'qemu-aarch64-static': {
    debianPackage: 'qemu-user-static',
    for: 'the container image for arm64 on another machine',
  },
  'prometheus-alertmanager': {
    debianPackage: 'prometheus-alertmanager',
    for: 'alerts on their way to a receiver',
  },
} as const;

export type ProgramName = keyof typeof programs;

/**
 * Programs that the tests do not fetch because of their licence: a developer provides them. Without one, its
 * tests are left out, even with CI=true.
 */
export const givenPrograms = {
  loki: { variable: 'WEIR_TEST_LOKI', for: 'what only a real Loki shows' },
} as const;

export type GivenProgramName = keyof typeof givenPrograms;

/**
 * What a test may need beside Node: root, a kernel with network namespaces, the Go that builds servers, one
 * of these servers, or a program.
 */
export type Need = 'root' | 'namespaces' | 'go' | BuiltServerName | ProgramName | GivenProgramName;

/** All needs, each with its purpose. */
export const purposes = new Map<Need, string>([
  ['root', 'the kernel, interop and e2e tests'],
  ['namespaces', 'the kernel, interop and e2e tests'],
  ['go', 'servers that are built'],
  ...Object.entries({ ...builtServers, ...programs, ...givenPrograms }).map(
    ([name, entry]) => [name as Need, entry.for] as const,
  ),
]);

/** What the title of a suite says when it lacks only programs that a developer may provide. */
export const notGiven = 'left out, which is no failure';

/** Where `npm test` reports to the test processes what it could not get: JSON, need -> reason. */
export const unmetVariable = 'WEIR_TEST_UNMET';

/** Why a need is not met on this machine, or undefined when it is. */
export function whyUnmet(need: Need): string | undefined {
  if (need === 'root') return isRoot() ? undefined : 'not root';
  if (need === 'namespaces') return whyNoNamespaces();
  if (need === 'go') return isInstalled('go') ? undefined : 'Go is not installed (https://go.dev/dl/)';
  if (isServer(need)) return whyNotBuilt(need);
  if (isGiven(need)) return whyNotGiven(need);
  if (isInstalled(need)) return undefined;
  return `${need} is not installed (Debian package ${programs[need].debianPackage})`;
}

function isServer(need: Need): need is BuiltServerName {
  return need in builtServers;
}

export function isGiven(need: Need): need is GivenProgramName {
  return need in givenPrograms;
}

/** The path of a program that a developer provides, by the environment or on PATH. */
export function givenProgram(name: GivenProgramName): string | undefined {
  const path = process.env[givenPrograms[name].variable];
  if (path) return path;
  return isInstalled(name) ? name : undefined;
}

function whyNotGiven(name: GivenProgramName): string | undefined {
  const program = givenProgram(name);
  const { variable } = givenPrograms[name];
  if (program === undefined) return `no ${name} is given (${variable}=/path/to/${name}, or on PATH)`;
  return isInstalled(program) ? undefined : `${variable} names ${program}, which is no program`;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Whether a program exists, by its path or by its name on PATH. */
export function isInstalled(program: string): boolean {
  if (program.includes('/')) return isExecutable(program);
  return (process.env.PATH ?? '').split(':').some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile(); // a folder has the same bit
  } catch {
    return false;
  }
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
