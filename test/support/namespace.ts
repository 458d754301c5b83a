import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { undoAtExit } from './leftovers.ts';
import { type Answer, type FetchOptions, NamespaceClient } from './namespace-client.ts';
import { Program, type ProgramOptions, run } from './program.ts';
import { until } from './until.ts';

/*
 * Network namespaces as values that clean up after themselves:
 *
 *   await using client = await createNamespace('client');
 *   await using server = await createNamespace('server');
 *   await connect(
 *     { namespace: client, device: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
 *     { namespace: server, device: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
 *   );
 *   await client.run(['ping', '-c', '1', '10.0.0.2']);
 *
 * A namespace's name is weir-<pid>-<start of that process in clock ticks>-<random>-<label>. So the next test
 * process recognises and removes a namespace whose creator has died, and no other.
 */

const directory = '/run/netns';
const CLONE_NEWNET = 0x4000_0000; // linux/sched.h

export class NetworkNamespace implements AsyncDisposable {
  readonly name: string;
  readonly #takeBack: () => void;
  #client: NamespaceClient | undefined;

  constructor(name: string) {
    this.name = name;
    this.#takeBack = undoAtExit(() => remove(name));
  }

  /** The file that holds the namespace open, for `setns` and programs that take a path. */
  get path(): string {
    return `${directory}/${this.name}`;
  }

  /** Runs a program inside to its end and returns its standard output; throws when it fails. */
  run(command: readonly string[], options?: ProgramOptions): Promise<string> {
    return run(this.#inside(command), options);
  }

  /** Starts a program inside. Its `pid` is the program's own: `ip netns exec` replaces itself by it. */
  start(command: readonly string[], options?: ProgramOptions): Program {
    return new Program(this.#inside(command), options);
  }

  /** Starts a module (also TypeScript) inside, under the Node that runs the tests. */
  startModule(module: URL | string, args: readonly string[] = [], options?: ProgramOptions): Program {
    const file = module instanceof URL ? fileURLToPath(module) : module;
    return this.start([process.execPath, file, ...args], options);
  }

  /** Runs a piece of an ES module's source (types allowed) inside and returns its standard output. */
  runSource(source: string, options?: ProgramOptions): Promise<string> {
    return this.run([process.execPath, '--input-type=module-typescript', '--eval', source], options);
  }

  /**
   * Runs `work` with the calling thread inside the namespace. Sockets that `work` opens by system call, and
   * worker threads that it starts, stay in the namespace. Synchronous only: what Node hands to its thread
   * pool (promises of node:fs, name look-ups) would run outside.
   */
  enter<T>(work: () => T): T {
    const home = openSync('/proc/thread-self/ns/net', 'r');
    try {
      moveThread(this.path);
      try {
        return work();
      } finally {
        moveThread(home);
      }
    } finally {
      closeSync(home);
    }
  }

  /** Fetches from inside; the host of the URL is an address. */
  fetch(url: string, options?: FetchOptions): Promise<Answer> {
    this.#client ??= new NamespaceClient((work) => this.enter(work));
    return this.#client.fetch(url, options);
  }

  /** Reads a sysctl of this namespace, e.g. 'net.netfilter.nf_conntrack_acct'. */
  sysctl(name: string): string {
    return this.enter(() => readFileSync(sysctlPath(name), 'utf8').trim());
  }

  setSysctl(name: string, value: string | number): void {
    this.enter(() => writeFileSync(sysctlPath(name), String(value)));
  }

  /** Makes the namespace a router for both families. */
  enableForwarding(): void {
    this.setSysctl('net.ipv4.ip_forward', 1);
    this.setSysctl('net.ipv6.conf.all.forwarding', 1);
  }

  /** `address` with its prefix length: '10.0.0.1/24'. IPv6 is usable at once (no duplicate detection). */
  async addAddress(device: string, address: string): Promise<void> {
    const options = address.includes(':') ? ['nodad'] : [];
    await this.ip('address', 'add', address, 'dev', device, ...options);
  }

  /** `to` is a prefix or 'default', 'via' a neighbour's address of the same family. */
  async addRoute(to: string, via: string): Promise<void> {
    await this.ip(via.includes(':') ? '-6' : '-4', 'route', 'add', to, 'via', via);
  }

  /**
   * Makes packets on `device` look as on a wire: with checksums, and none larger than the MTU.
   * Programs that read raw packets (software switches, flow probes) need it.
   */
  async disableOffloads(device: string): Promise<void> {
    await this.run(['ethtool', '-K', device, 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
  }

  /** The `ip` program with this namespace: `ip('link', 'set', 'dev', 'eth0', 'down')`. */
  ip(...args: string[]): Promise<string> {
    return run(['ip', '-n', this.name, ...args]);
  }

  /**
   * Ends every process inside and removes the namespace with its devices. Does nothing if it is already
   * closed.
   */
  async close(): Promise<void> {
    this.#takeBack();
    await this.#client?.close();
    await until(`an end of the processes in ${this.name}`, () => killProcesses(this.name) === 0);
    remove(this.name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inside(command: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.name, ...command];
  }
}

/** A new, empty namespace with its loopback up. Its name ends in `label`, for people. */
export async function createNamespace(label: string): Promise<NetworkNamespace> {
  sweepOnce();
  const name = `weir-${process.pid}-${startOf(process.pid)}-${randomBytes(3).toString('hex')}-${label}`;
  await run(['ip', 'netns', 'add', name]);
  const namespace = new NetworkNamespace(name);
  await namespace.ip('link', 'set', 'dev', 'lo', 'up');
  return namespace;
}

export interface LinkEnd {
  namespace: NetworkNamespace;
  /** At most 15 characters; unique in its namespace only. */
  device: string;
  /** With prefix length, either family. */
  addresses: readonly string[];
}

/**
 * Lays a cable (a veth pair) between two namespaces, with addresses, both ends up. Both are up before either
 * has an address: IPv6 would otherwise wait a second before its first packet.
 */
export async function connect(one: LinkEnd, other: LinkEnd): Promise<void> {
  const peer = ['peer', 'name', other.device, 'netns', other.namespace.name];
  await run(['ip', 'link', 'add', one.device, 'netns', one.namespace.name, 'type', 'veth', ...peer]);
  for (const { namespace, device } of [one, other]) await namespace.ip('link', 'set', 'dev', device, 'up');
  for (const { namespace, device, addresses } of [one, other]) {
    for (const address of addresses) await namespace.addAddress(device, address);
  }
}

/** Removes the namespaces whose creating process is dead, with the processes in them. Returns their names. */
export function sweepNamespaces(): string[] {
  const left = namespaces().filter((name) => {
    const [, pid, start] = name.match(/^weir-(\d+)-(\d+)-/) ?? [];
    return pid !== undefined && startOf(Number(pid)) !== start;
  });
  for (const name of left) {
    killProcesses(name);
    remove(name);
  }
  return left;
}

let swept = false;

function sweepOnce(): void {
  if (!swept) sweepNamespaces();
  swept = true;
}

function namespaces(): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // no namespace was ever made on this machine
  }
}

function remove(name: string): void {
  if (!namespaces().includes(name)) return;
  killProcesses(name);
  spawnSync('ip', ['netns', 'delete', name]);
}

/**
 * Sends SIGKILL to each process of the namespace by its id, never to this one. Returns how many there were.
 */
function killProcesses(name: string): number {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' });
  const pids = stdout.split('\n').filter(Boolean).map(Number);
  const others = pids.filter((pid) => pid !== process.pid);
  for (const pid of others) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has already ended
    }
  }
  return others.length;
}

/**
 * When a process started, in clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). Together with the
 * pid it identifies one process for ever. Undefined if there is none.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

let setns: ((fd: number, type: number) => number) | undefined;

/** Moves the calling thread into the namespace of a path or an open descriptor. */
function moveThread(target: string | number): void {
  setns ??= koffi.load('libc.so.6').func('int setns(int fd, int nstype)');
  const fd = typeof target === 'number' ? target : openSync(target, 'r');
  try {
    if (setns?.(fd, CLONE_NEWNET) !== 0) throw new Error(`setns to ${target}: errno ${koffi.errno()}`);
  } finally {
    if (fd !== target) closeSync(fd);
  }
}
