import { Protocol } from '../flow/index.ts';
import {
  ADDRESS_WORDS,
  type ConnectionTable,
  Flag,
  ORIGINAL_SOURCE,
  REPLY_SOURCE,
} from './connection-table.ts';
import { ConnectionStatus } from './conntrack/index.ts';
import { FlowEnds } from './flow-ends.ts';
import { DEFAULT_CLIENT_PORTS, type HostSockets } from './host-sockets.ts';
import { PodSockets } from './pod-sockets.ts';
import type { TrackingAge } from './tracking-age.ts';

/** What is known about a connection's direction, in one octet; 0 while nothing is. */
export const DirectionFlag = {
  settled: 1,
  /** The kernel's reply source opened the connection: the record's ends are swapped. */
  turned: 2,
  /** The source is known to have opened it. Without this bit, the direction is a guess. */
  initiator: 4,
} as const;

/** How likely a port is a server's. */
const Rank = { client: 0, registered: 1, wellKnown: 2, listening: 3 } as const;
const WELL_KNOWN_PORTS = 1024;

/**
 * Determines which end opened a connection. The kernel takes the sender of the first packet that it sees for
 * the source. That is the server when the connection is older than the tracking.
 *
 *     connection        server, by sockets and ports   record's source   biflowDirection
 *     TCP, seen         not needed                     the kernel's      initiator
 *     TCP, met midway   the end that listens here      the other end     initiator
 *     TCP, met midway   the end with the likelier port the other end     arbitrary
 *     UDP, seen         not needed                     the kernel's      initiator; arbitrary if ports object
 *     UDP, maybe older  the kernel's destination       the kernel's      initiator
 *     UDP, maybe older  the kernel's source, by port   the other end     arbitrary
 *     TCP or UDP        neither is likelier            the kernel's      arbitrary
 *
 * The kernel marks a TCP connection whose opening it saw. Of a UDP flow it saw the first packet unless
 * tracking has just begun, or somebody has just deleted connections (`TrackingAge`). A UDP socket at the
 * kernel's source proves no server. The client of NTP, SIP or a gossip protocol has one, too, on a port of
 * its own choice.
 *
 * ICMP opens with a request only. Other protocols show nothing.
 */
export class ConnectionDirection {
  #tcp: ReadonlySet<number> = new Set();
  #udp: ReadonlySet<number> = new Set();
  #clientPorts: readonly [number, number] = DEFAULT_CLIENT_PORTS;
  readonly #age: TrackingAge;
  /** Sockets of servers in the network namespaces of this host, read again periodically. */
  pods = new PodSockets();

  constructor(age: TrackingAge) {
    this.#age = age;
  }

  /** The sockets of the watched namespace, read again periodically. */
  set sockets({ tcp, udp, clientPorts }: HostSockets) {
    this.#clientPorts = clientPorts;
    this.#tcp = new Set(tcp);
    this.#udp = new Set(udp);
  }

  /** Determines the direction of a row whose ends are known. */
  settle(table: ConnectionTable, row: number): void {
    const { direction, protocol, addresses, ports, ends } = table;
    const { tcp, udp, icmp, icmpv6 } = Protocol;
    const itsProtocol = protocol[row]!;
    const isSeen = itsProtocol === udp ? this.#isSeenUdp(table, row) : isSeenTcp(table, row);
    if (itsProtocol === icmp || itsProtocol === icmpv6 || (itsProtocol === tcp && isSeen)) {
      direction[row] = DirectionFlag.settled | DirectionFlag.initiator;
    } else if (itsProtocol === tcp || itsProtocol === udp) {
      const words = row * ADDRESS_WORDS;
      const [source, destination] = [words + ORIGINAL_SOURCE, words + REPLY_SOURCE];
      const [sourcePort, destinationPort] = [ports[4 * row]!, ports[4 * row + 2]!];
      const byPorts = this.ofPorts(
        itsProtocol,
        addresses,
        source,
        destination,
        sourcePort,
        destinationPort,
        ends[row]!,
      );
      direction[row] = isSeen ? kernelsOwn(byPorts) : byPorts;
    } else direction[row] = DirectionFlag.settled;
  }

  #isSeenUdp({ flags, beganMs }: ConnectionTable, row: number): boolean {
    return (flags[row]! & Flag.undated) === 0 && this.#age.covers(beganMs[row]!);
  }

  /**
   * The `DirectionFlag` that two ports suggest for a connection whose opening was not seen.
   * @param source where the four words of its address begin in `words`; likewise `destination`
   * @param ends as `flowEnds` returns them
   */
  ofPorts(
    protocol: number,
    words: ArrayLike<number>,
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    ends: number,
  ): number {
    const { tcp, udp } = Protocol;
    if (protocol !== tcp && protocol !== udp) return DirectionFlag.settled;
    const mayListen = protocol === tcp && (ends & FlowEnds.sourceHere) !== 0;
    const destinationHere = (ends & FlowEnds.destinationHere) !== 0;
    const sourceRank = this.#rank(protocol, words, source, sourcePort, mayListen);
    const destinationRank = this.#rank(protocol, words, destination, destinationPort, destinationHere);
    return DirectionFlag.settled | (protocol === tcp ? ofTcp : ofUdp)(sourceRank, destinationRank);
  }

  #rank(protocol: number, words: ArrayLike<number>, at: number, port: number, isHere: boolean): number {
    const [first, last] = this.#clientPorts;
    const isClient = port >= first && port <= last;
    const isTcp = protocol === Protocol.tcp;
    // A client's UDP socket need not be connected. Only its port distinguishes it from a server's.
    if (isHere && (isTcp || !isClient)) {
      const own = isTcp ? this.#tcp : this.#udp;
      const listening = this.pods.portsAt(isTcp ? 'tcp' : 'udp', words, at) ?? own;
      if (listening.has(port)) return Rank.listening;
    }
    if (port < WELL_KNOWN_PORTS) return Rank.wellKnown;
    return isClient ? Rank.client : Rank.registered;
  }
}

const isSeenTcp = ({ status }: ConnectionTable, row: number): boolean =>
  (status[row]! & ConnectionStatus.openingSeen) !== 0;

/** The kernel's direction. @param byPorts what the ports suggest */
function kernelsOwn(byPorts: number): number {
  const isOpposed = (byPorts & DirectionFlag.turned) !== 0;
  return isOpposed ? DirectionFlag.settled : DirectionFlag.settled | DirectionFlag.initiator;
}

/** By the ranks of two ports, for a connection met midway. */
function ofTcp(source: number, destination: number): number {
  if (source === destination) return 0;
  const isProved = source === Rank.listening || destination === Rank.listening;
  return (source > destination ? DirectionFlag.turned : 0) | (isProved ? DirectionFlag.initiator : 0);
}

/** A server may send first, so ports alone are no proof. They are when the kernel's source agrees. */
function ofUdp(source: number, destination: number): number {
  if (source > destination) return DirectionFlag.turned;
  return destination > source ? DirectionFlag.initiator : 0;
}
