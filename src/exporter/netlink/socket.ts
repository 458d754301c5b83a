import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { NetlinkError } from './errors.ts';
import { lastErrno, loadLibc } from './libc.ts';

/** No message arrived within the receive timeout, or a signal interrupted it. */
export const TIMED_OUT = 0;
/** The receive buffer was full and the kernel dropped messages of this socket (ENOBUFS). */
export const OVERRUN = -1;

export interface NetlinkSocketOptions {
  /** Default NETLINK_NETFILTER. */
  readonly protocol?: number;
  /** Multicast groups to join, by number (not by mask). */
  readonly groups?: readonly number[];
  /** Requested with SO_RCVBUFFORCE, which may exceed net.core.rmem_max, else with SO_RCVBUF. */
  readonly receiveBufferOctets?: number;
  /** A receive without data returns TIMED_OUT after this long. */
  readonly receiveTimeoutMs?: number;
}

/**
 * A netlink socket, by default of the netfilter family. Receiving blocks its thread: use it in a worker, or
 * for short requests. It belongs to the network namespace of the thread that made it.
 */
export class NetlinkSocket {
  /** The address that the kernel assigned; /proc/net/netlink lists sockets by it. */
  readonly portId: number;
  /** The size that the kernel gave; it doubles the requested value to cover its own accounting. */
  readonly receiveBufferOctets: number;
  readonly #fd: number;
  readonly #protocol: number;
  #open = true;

  constructor(options: NetlinkSocketOptions = {}) {
    this.#protocol = options.protocol ?? NETLINK_NETFILTER;
    this.#fd = loadLibc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, this.#protocol);
    if (this.#fd < 0) throw NetlinkError.fromErrno(`socket(AF_NETLINK, ${this.#protocol})`, lastErrno());
    try {
      const address = new Uint8Array(SOCKADDR_NL_OCTETS);
      new DataView(address.buffer).setUint16(0, AF_NETLINK, true);
      checkResult('bind(AF_NETLINK)', loadLibc().bind(this.#fd, address, address.length));
      checkResult('getsockname', loadLibc().getsockname(this.#fd, address, int32Octets(SOCKADDR_NL_OCTETS)));
      this.portId = new DataView(address.buffer).getUint32(4, true);
      this.#set('NETLINK_CAP_ACK', SOL_NETLINK, 10, int32Octets(1));
      this.#set('NETLINK_EXT_ACK', SOL_NETLINK, 11, int32Octets(1));
      this.#set('SO_RCVTIMEO', SOL_SOCKET, SO_RCVTIMEO, timevalOctets(options.receiveTimeoutMs ?? 5_000));
      if (options.receiveBufferOctets !== undefined) this.#enlarge(options.receiveBufferOctets);
      this.receiveBufferOctets = this.#granted();
      for (const group of options.groups ?? []) {
        this.#set(`NETLINK_ADD_MEMBERSHIP, ${group}`, SOL_NETLINK, 1, int32Octets(group));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Receives one datagram into `bytes`: its length in octets, TIMED_OUT or OVERRUN. Octets beyond `bytes` are
   * cut off.
   */
  receive(bytes: Uint8Array): number {
    return this.#receive(bytes, 0);
  }

  /** The same without waiting: TIMED_OUT when nothing has arrived. */
  receiveNow(bytes: Uint8Array): number {
    return this.#receive(bytes, MSG_DONTWAIT);
  }

  /**
   * Messages that the kernel has dropped for lack of room since the socket was made: the column Drops of
   * /proc/net/netlink. Undefined when that file cannot be read.
   */
  droppedMessages(): number | undefined {
    let table: string;
    try {
      table = readFileSync('/proc/thread-self/net/netlink', 'utf8');
    } catch {
      return undefined;
    }
    for (const line of table.split('\n')) {
      const [, protocol, portId, , , , , , drops] = line.split(/ +/);
      if (Number(protocol) === this.#protocol && Number(portId) === this.portId) return Number(drops);
    }
    return undefined;
  }

  send(bytes: Uint8Array): void {
    checkResult('send', loadLibc().send(this.#fd, bytes, bytes.length, 0));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    loadLibc().close(this.#fd);
  }

  #receive(bytes: Uint8Array, flags: number): number {
    const octets = loadLibc().recv(this.#fd, bytes, bytes.length, flags);
    if (octets >= 0) return octets;
    const errno = lastErrno();
    if (errno === constants.errno.EAGAIN || errno === constants.errno.EINTR) return TIMED_OUT;
    if (errno === constants.errno.ENOBUFS) return OVERRUN;
    throw NetlinkError.fromErrno('recv', errno);
  }

  #set(name: string, level: number, option: number, value: Uint8Array): void {
    checkResult(`setsockopt(${name})`, loadLibc().setsockopt(this.#fd, level, option, value, value.length));
  }

  #enlarge(octets: number): void {
    const asked = int32Octets(octets);
    if (loadLibc().setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, asked, asked.length) < 0) {
      this.#set('SO_RCVBUF', SOL_SOCKET, SO_RCVBUF, asked);
    }
  }

  #granted(): number {
    const value = int32Octets(0);
    checkResult(
      'getsockopt(SO_RCVBUF)',
      loadLibc().getsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, value, int32Octets(4)),
    );
    return new DataView(value.buffer).getInt32(0, true);
  }
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
/** Protocols of linux/netlink.h. */
export const NETLINK_ROUTE = 0;
const NETLINK_NETFILTER = 12;
const MSG_DONTWAIT = 0x40;
const SOL_NETLINK = 270;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
/** struct sockaddr_nl: family (16), pad (16), port id (32), groups (32). */
const SOCKADDR_NL_OCTETS = 12;

function checkResult(call: string, result: number): void {
  if (result < 0) throw NetlinkError.fromErrno(call, lastErrno());
}

function int32Octets(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** struct timeval of 64-bit platforms: seconds and microseconds, 64 bits each. */
function timevalOctets(milliseconds: number): Uint8Array {
  const seconds = Math.floor(milliseconds / 1000);
  const microseconds = Math.round((milliseconds - seconds * 1000) * 1000);
  return new Uint8Array(BigInt64Array.of(BigInt(seconds), BigInt(microseconds)).buffer);
}
