import { Protocol } from '../../flow/enumerations.ts';
import { type ConnectionBatch, ConnectionStatus } from './connection-batch.ts';
import { readSysctl, SYSCTL_DIRECTORY } from './sysctls.ts';

/** TCP states of linux/netfilter/nf_conntrack_tcp.h, by number. */
const tcpStates = [
  undefined,
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait',
  'close_wait',
  'last_ack',
  'time_wait',
  'close',
];

const GRE = 47;

/** Protocols whose timeouts depend on a state that Weir does not read. */
const unread: ReadonlySet<number> = new Set([Protocol.sctp, Protocol.dccp]);

/**
 * How long the kernel keeps a connection after its last packet, by protocol and state. The rest of that time
 * shows when the last packet was. Read for the network namespace of the calling thread.
 */
export class ConnectionTimeouts {
  readonly #tcp: readonly (number | undefined)[];
  /** Timeout of a TCP connection with unacknowledged data, or one that retransmits. */
  readonly #tcpWaiting: number | undefined;
  readonly #udp: number | undefined;
  readonly #udpStream: number | undefined;
  readonly #gre: number | undefined;
  readonly #greStream: number | undefined;
  readonly #icmp: number | undefined;
  readonly #icmpv6: number | undefined;
  readonly #generic: number | undefined;

  constructor(directory = SYSCTL_DIRECTORY) {
    const readTimeout = (name: string) => secondsOf(readSysctl(`nf_conntrack_${name}`, directory));
    this.#tcp = tcpStates.map((state) =>
      state === undefined ? undefined : readTimeout(`tcp_timeout_${state}`),
    );
    this.#tcpWaiting = readTimeout('tcp_timeout_unacknowledged');
    this.#udp = readTimeout('udp_timeout');
    this.#udpStream = readTimeout('udp_timeout_stream');
    this.#gre = readTimeout('gre_timeout');
    this.#greStream = readTimeout('gre_timeout_stream');
    this.#icmp = readTimeout('icmp_timeout');
    this.#icmpv6 = readTimeout('icmpv6_timeout');
    this.#generic = readTimeout('generic_timeout');
  }

  /**
   * The whole timeout of a row's connection, in milliseconds. NaN when unknown: in states that Weir does not
   * read, and when a firewall rule sets another timeout.
   */
  timeoutMs(batch: ConnectionBatch, row: number): number {
    const seconds = this.#seconds(batch, row);
    return seconds === undefined ? Number.NaN : seconds * 1_000;
  }

  /** Time since the last packet in milliseconds, at most a second too long. NaN as above. */
  idleMs(batch: ConnectionBatch, row: number): number {
    const left = batch.timeoutSeconds[row]!;
    const whole = this.#isWaiting(batch, row, left) ? this.#tcpWaiting : this.#seconds(batch, row);
    return whole === undefined || left > whole ? Number.NaN : (whole - left) * 1_000;
  }

  #seconds({ protocol, tcpState, status }: ConnectionBatch, row: number): number | undefined {
    const isStream = (status[row]! & ConnectionStatus.assured) !== 0;
    switch (protocol[row]) {
      case Protocol.tcp:
        return this.#tcp[tcpState[row]!];
      case Protocol.udp:
      case Protocol.udplite:
        return isStream ? this.#udpStream : this.#udp;
      case Protocol.icmp:
        return this.#icmp;
      case Protocol.icmpv6:
        return this.#icmpv6;
      case GRE:
        return isStream ? this.#greStream : this.#gre;
      default:
        return unread.has(protocol[row]!) ? undefined : this.#generic;
    }
  }

  /**
   * The rest may be short because data was not acknowledged. A packet moments ago is likelier than one days
   * ago.
   */
  #isWaiting({ protocol, tcpState }: ConnectionBatch, row: number, left: number): boolean {
    if (protocol[row] !== Protocol.tcp || this.#tcpWaiting === undefined) return false;
    const whole = this.#tcp[tcpState[row]!];
    return whole !== undefined && whole > this.#tcpWaiting && left <= this.#tcpWaiting;
  }
}

function secondsOf(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return text === undefined || !Number.isFinite(seconds) ? undefined : seconds;
}
