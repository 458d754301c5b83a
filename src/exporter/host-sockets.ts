import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** The ports that servers of a network namespace use. */
export interface ServerPorts {
  /** TCP ports with a listening socket. */
  readonly tcp: readonly number[];
  /** UDP ports with a bound socket that is not connected. A client's socket may be among them. */
  readonly udp: readonly number[];
}

/** The ports that servers and clients of a network namespace use. */
export interface HostSockets extends ServerPorts {
  /** First and last port that the kernel assigns to clients (ip_local_port_range). */
  readonly clientPorts: readonly [number, number];
}

/** The default of Linux. */
export const DEFAULT_CLIENT_PORTS = [32_768, 60_999] as const;

/** Maximum octets read of one table: about 7,000 sockets. */
const MOST_OCTETS = 1024 * 1024;
const CHUNK_OCTETS = 16 * 1024;

/** States in proc_net_tcp(5) and proc_net_udp(5). */
const LISTEN = '0A';
const UNCONNECTED = '07';

/** Reads the sockets of the calling thread's network namespace, without those that it cannot read. */
export function readHostSockets(): HostSockets {
  return { ...readServerPorts('/proc/thread-self/net'), clientPorts: readClientPorts() };
}

/** @param folder the `net` folder of a process in the namespace */
export function readServerPorts(folder: string): ServerPorts {
  const portsOfBothFamilies = (name: string, state: string) => [
    ...localPortsOf(readTable(`${folder}/${name}`, state), state),
    ...localPortsOf(readTable(`${folder}/${name}6`, state), state),
  ];
  return { tcp: portsOfBothFamilies('tcp', LISTEN), udp: portsOfBothFamilies('udp', UNCONNECTED) };
}

/**
 * The local ports of the lines of a socket table with this state. A line, after the headings:
 *
 *     number: local address:port, remote address:port, state, …    (addresses and ports in hexadecimal)
 */
export function localPortsOf(table: string, state: string): number[] {
  const ports: number[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [, local, , itsState] = line.trim().split(/\s+/);
    if (local === undefined || itsState !== state) continue;
    ports.push(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
  }
  return ports;
}

/** The kernel lists listening TCP sockets before all others, so the many others are not read. */
function readTable(path: string, state: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return ''; // without IPv6 there is no such table
  }
  try {
    const chunk = Buffer.alloc(CHUNK_OCTETS);
    let text = '';
    while (text.length < MOST_OCTETS) {
      const octets = readSync(file, chunk);
      if (octets === 0) break;
      text += chunk.toString('latin1', 0, octets);
      if (state === LISTEN && !isLastOf(text, state)) break;
    }
    return text;
  } catch {
    return ''; // its process has ended
  } finally {
    closeSync(file);
  }
}

/** Whether the last whole line of a table has this state. */
function isLastOf(text: string, state: string): boolean {
  const line = text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1)!;
  return line.trim().split(/\s+/)[3] === state;
}

function readClientPorts(): readonly [number, number] {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [first, last] = text.trim().split(/\s+/).map(Number);
    if (first! > 0 && last! >= first!) return [first!, last!];
  } catch {
    // without the file, the kernel's default is the best guess
  }
  return DEFAULT_CLIENT_PORTS;
}
