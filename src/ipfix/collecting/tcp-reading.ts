import type { Socket } from 'node:net';
import { netflowVersionOf } from '../wire/index.ts';
import type { Reception } from './listener.ts';
import { StreamFramer } from './stream-framer.ts';
import type { TransportSession } from './transport-session.ts';

/** Reads the messages of one TCP connection, in turns with all others. */
export class TcpReading {
  readonly #socket: Socket;
  readonly #session: TransportSession;
  readonly #reception: Reception;
  readonly #framer = new StreamFramer();
  /** What came when its turn was over, while the socket is paused. */
  #waiting: Uint8Array[] = [];
  readonly #onMessage = (bytes: Uint8Array, start: number, end: number) =>
    this.#reception.decoder.read(this.#session, bytes, start, end);

  constructor(socket: Socket, session: TransportSession, reception: Reception) {
    this.#socket = socket;
    this.#session = session;
    this.#reception = reception;
  }

  push(chunk: Uint8Array): void {
    const { turns } = this.#reception;
    if (this.#waiting.length === 0 && !turns.isOver) {
      turns.spend(() => this.#read(chunk));
      return;
    }
    this.#waiting.push(chunk);
    this.#hold();
    if (this.#waiting.length > 1) return;
    this.#socket.pause();
    turns.defer(() => {
      this.#readWaiting();
      this.#socket.resume();
    });
  }

  /** The connection has ended: reads what still waits. @returns whether a message was cut off */
  end(): boolean {
    this.#readWaiting();
    return this.#framer.heldOctets > 0;
  }

  #readWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) this.#read(chunk);
  }

  #read(chunk: Uint8Array): void {
    const { decoder } = this.#reception;
    const isReadable = this.#framer.push(chunk, this.#onMessage);
    this.#hold();
    decoder.deliver();
    if (isReadable) return;
    const { peer } = this.#session;
    const netflow = netflowVersionOf(chunk);
    if (netflow !== undefined) decoder.refuseNetflow(peer, netflow);
    else
      decoder.refuse(
        peer,
        'not-a-message',
        'what follows is not an IPFIX message, so the connection is closed',
      );
    this.#socket.destroy();
  }

  #hold(): void {
    this.#session.hold(this.#waiting.reduce((sum, { length }) => sum + length, this.#framer.capacity));
  }
}
