import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isLoopback, parseAddress } from '../flow/ip-address.ts';
import { readServerPorts, type ServerPorts } from './host-sockets.ts';

interface PortSets {
  readonly tcp: Set<number>;
  readonly udp: Set<number>;
}

/** The ports of servers in this host's network namespaces, by the four words of their addresses. */
export class PodSockets {
  readonly #portsByAddress = new Map<string, PortSets>();

  add(words: ArrayLike<number>, { tcp, udp }: ServerPorts): void {
    const key = keyOf(words, 0);
    const known = this.#portsByAddress.get(key) ?? { tcp: new Set(), udp: new Set() };
    for (const port of tcp) known.tcp.add(port);
    for (const port of udp) known.udp.add(port);
    this.#portsByAddress.set(key, known);
  }

  /** The ports at the address of four words at `words[at]`; undefined when no namespace has it. */
  portsAt(
    protocol: keyof ServerPorts,
    words: ArrayLike<number>,
    at: number,
  ): ReadonlySet<number> | undefined {
    return this.#portsByAddress.get(keyOf(words, at))?.[protocol];
  }
}

const keyOf = (words: ArrayLike<number>, at: number): string =>
  `${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]}`;

/** Bounds of one reading. A node has a hundred Pods or two; each costs a fraction of a millisecond. */
const MOST_PROCESSES = 65_536;
const MOST_NAMESPACES = 1_024;
const MOST_MS = 1_000;
const MOST_OCTETS_OF_ADDRESSES = 64 * 1024;
/** Processes examined in one turn of the event loop. */
const PROCESSES_A_TURN = 100;

/** The result of a reading. */
export interface PodReading {
  readonly sockets: PodSockets;
  /** Network namespaces read. */
  readonly namespaces: number;
  /** Processes whose namespace this one may not read. */
  readonly refused: number;
  /** Whether the bounds ended the reading early. */
  readonly isCut: boolean;
}

/**
 * Reads the sockets of servers in all network namespaces with a process that this one can see. It enters none
 * of them.
 */
export async function readPodSockets(proc = '/proc'): Promise<PodReading> {
  const sockets = new PodSockets();
  const seen = new Set<string>();
  const processes = readdirSync(proc).filter((name) => /^\d+$/.test(name));
  const beganMs = performance.now();
  let refused = processes.includes('1') ? 0 : 1; // where others are hidden, process 1 is as well
  let looked = 0;
  for (const pid of processes) {
    const isOver = performance.now() - beganMs > MOST_MS || seen.size >= MOST_NAMESPACES;
    if (isOver || looked === MOST_PROCESSES) return { sockets, namespaces: seen.size, refused, isCut: true };
    if (++looked % PROCESSES_A_TURN === 0) await nextTurn();
    try {
      const namespace = readlinkSync(`${proc}/${pid}/ns/net`);
      if (seen.has(namespace)) continue;
      seen.add(namespace);
    } catch (error) {
      // A process that has ended does not count.
      if ((error as NodeJS.ErrnoException).code === 'EACCES') refused++;
      continue;
    }
    readNamespace(`${proc}/${pid}/net`, sockets);
    await nextTurn();
  }
  return { sockets, namespaces: seen.size, refused, isCut: false };
}

function readNamespace(folder: string, sockets: PodSockets): void {
  const ports = readServerPorts(folder);
  const addresses = [
    ...ipv4AddressesOf(readFirst(`${folder}/fib_trie`)),
    ...ipv6AddressesOf(readFirst(`${folder}/if_inet6`)),
  ];
  for (const address of addresses) {
    const words = parseAddress(address);
    if (words !== undefined && !isLoopback(words, 0)) sockets.add(words, ports);
  }
}

/**
 * The namespace's own addresses in its routing table. Below each address are its routes:
 *
 *     |-- 10.244.3.7
 *        /32 host LOCAL
 */
export const ipv4AddressesOf = (trie: string): string[] =>
  [...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, address]) => address!);

/** Each line of if_inet6 begins with an address of 32 hexadecimal digits. */
export const ipv6AddressesOf = (table: string): string[] =>
  [...table.matchAll(/^[0-9a-f]{32}/gm)].map(([digits]) => digits.match(/.{4}/g)!.join(':'));

function readFirst(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return ''; // missing without IPv6, or when its process has ended
  }
  try {
    const octets = Buffer.alloc(MOST_OCTETS_OF_ADDRESSES);
    let length = 0;
    for (let more = -1; more !== 0 && length < octets.length; length += more)
      more = readSync(file, octets, { offset: length });
    return octets.toString('latin1', 0, length);
  } catch {
    return '';
  } finally {
    closeSync(file);
  }
}
