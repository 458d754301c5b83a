import { connect, type Socket } from 'node:net';
import { maxMessageOctets } from '../wire/index.ts';
import { tcpInfoOf } from './tcp-info.ts';
import type {
  ConnectionEnds,
  ConnectionEvents,
  OtherEnd,
  Transport,
  TransportConnection,
} from './transport.ts';

/** Node's probes of an idle connection: at most ten, one a second; a second more for the last answer. */
const PROBING_MS = 11_000;
/** The kernel's buffer of a Unix socket, twice its default (net.core.wmem_default). */
const LOCAL_UNREAD_OCTETS = 2 * 212_992;

/** IPFIX over TCP (RFC 7011 section 10.4), or likewise over a Unix socket, whose path is then the host. */
export class TcpTransport implements Transport {
  readonly isReliable = true;
  readonly #port: number;
  readonly #keepAliveMs: number;

  /** @param vanishTimeoutMs within which an idle connection to a lost host ends; at least 12,000 */
  constructor(port: number, vanishTimeoutMs: number) {
    this.#port = port;
    this.#keepAliveMs = Math.max(1_000, vanishTimeoutMs - PROBING_MS);
  }

  open(address: string, events: ConnectionEvents): TransportConnection {
    const where = address.startsWith('/') ? { path: address } : { host: address, port: this.#port };
    const socket = connect({
      ...where,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: this.#keepAliveMs,
    });
    return new TcpConnection(socket, events, 'path' in where);
  }
}

class TcpConnection implements TransportConnection {
  readonly #socket: Socket;
  #failure: Error | undefined;
  #otherEnd: OtherEnd | undefined;
  #greatestWindow = 0;
  readonly #isLocal: boolean;

  /** @param isLocal whether it is a Unix socket, whose other end is this host */
  constructor(socket: Socket, events: ConnectionEvents, isLocal: boolean) {
    this.#socket = socket;
    this.#isLocal = isLocal;
    socket.on('connect', () => events.opened(maxMessageOctets));
    socket.on('drain', () => events.writable());
    socket.on('end', () => this.otherEnd()); // the last moment at which the kernel has the information
    socket.on('error', (error) => {
      this.#failure = error;
    });
    socket.on('close', () => events.closed(this.#failure));
    socket.resume(); // a collector sends nothing; its data is ignored, and its end is noticed
  }

  write(message: Uint8Array, taken: () => void): boolean {
    return this.#socket.write(message, (error) => {
      // A write that the end of the connection cancelled is reported without an error as well.
      if (!error && !this.#socket.destroyed) taken();
    });
  }

  close(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /**
   * At most twice the greatest offered window waits unread at the other end: its buffer grows beyond that
   * only while the collector reads.
   */
  otherEnd(): OtherEnd | undefined {
    if (this.#isLocal) {
      const acknowledgedOctets = this.#socket.bytesWritten - this.#socket.writableLength;
      return { acknowledgedOctets, isUnanswered: false, unreadOctets: LOCAL_UNREAD_OCTETS };
    }
    const info = tcpInfoOf(this.#socket);
    if (info === undefined) return this.#otherEnd;
    const { acknowledgedOctets, isUnanswered, windowOctets } = info;
    this.#greatestWindow = Math.max(this.#greatestWindow, windowOctets);
    this.#otherEnd = { acknowledgedOctets, isUnanswered, unreadOctets: 2 * this.#greatestWindow };
    return this.#otherEnd;
  }

  ends(): ConnectionEnds | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = this.#socket;
    if (localAddress === undefined || localPort === undefined) return undefined;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    return { localAddress, localPort, remoteAddress, remotePort };
  }
}
