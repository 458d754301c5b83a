import type { Socket } from 'node:net';
import { tcpInfoOf } from './tcp-info.ts';
import type { ConnectionEnds, OtherEnd, TransportConnection } from './transport.ts';

/** The kernel's buffer of a Unix socket, twice its default (net.core.wmem_default). */
const LOCAL_UNREAD_OCTETS = 2 * 212_992;

/** A session over TCP, or over TLS on it: both are streams of octets. */
export class TcpConnection implements TransportConnection {
  readonly #stream: Socket;
  readonly #wire: Socket;
  readonly #isLocal: boolean;
  #otherEnd: OtherEnd | undefined;
  #greatestWindow = 0;
  #takenOctets = 0;

  /**
   * @param stream takes the messages
   * @param wire the TCP socket that carries them, the same without TLS
   * @param isLocal whether it is a Unix socket, whose other end is this host
   */
  constructor(stream: Socket, wire = stream, isLocal = false) {
    this.#stream = stream;
    this.#wire = wire;
    this.#isLocal = isLocal;
    stream.on('end', () => this.otherEnd()); // the last moment at which the kernel has the information
  }

  write(message: Uint8Array, taken: () => void): boolean {
    return this.#stream.write(message, (error) => {
      // A write that the end of the connection cancelled is reported without an error as well.
      if (error || this.#stream.destroyed) return;
      this.#takenOctets += message.length;
      taken();
    });
  }

  close(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /**
   * At most twice the greatest offered window waits unread at the other end: its buffer grows beyond that
   * only while the collector reads.
   */
  otherEnd(): OtherEnd | undefined {
    if (this.#isLocal) {
      const acknowledgedOctets = this.#stream.bytesWritten - this.#stream.writableLength;
      return { acknowledgedOctets, isUnanswered: false, unreadOctets: LOCAL_UNREAD_OCTETS };
    }
    const info = tcpInfoOf(this.#wire);
    if (info === undefined) return this.#otherEnd;
    const { acknowledgedOctets, isUnanswered, windowOctets } = info;
    this.#greatestWindow = Math.max(this.#greatestWindow, windowOctets);
    this.#otherEnd = {
      acknowledgedOctets: this.#acknowledgedOctets(acknowledgedOctets),
      isUnanswered,
      unreadOctets: 2 * this.#greatestWindow,
    };
    return this.#otherEnd;
  }

  ends(): ConnectionEnds | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = this.#wire;
    if (localAddress === undefined || localPort === undefined) return undefined;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    return { localAddress, localPort, remoteAddress, remotePort };
  }

  /**
   * How much of the messages the other host has acknowledged. Encrypted octets are never fewer than the
   * octets in them. So no more octets of messages can be on the way than encrypted ones.
   */
  #acknowledgedOctets(onWire: number): number {
    if (this.#stream === this.#wire) return onWire;
    return Math.max(0, this.#takenOctets - Math.max(0, this.#wire.bytesWritten - onWire));
  }
}
