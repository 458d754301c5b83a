import type { Socket } from 'node:net';
import { undecodedProtocolOf } from '../wire/index.ts';
import type { Reception } from './listener.ts';
import { securedText } from './secured-text.ts';
import { StreamFramer } from './stream-framer.ts';
import type { TransportSession } from './transport-session.ts';

/** Messages read between two checks of the turn: some milliseconds for the slowest ones. */
const MESSAGES_AT_ONCE = 16;

/** Reads the messages of one TCP connection, in turns with all others. */
export class TcpReading {
  readonly #socket: Socket;
  readonly #session: TransportSession;
  readonly #reception: Reception;
  readonly #framer = new StreamFramer();
  /** Chunks that have arrived and are not read yet. More than one only while the socket is paused. */
  #waiting: Uint8Array[] = [];
  /** Set once the connection has ended. */
  #onEnd: ((isCut: boolean) => void) | undefined;
  readonly #onMessage = (bytes: Uint8Array, start: number, end: number) =>
    this.#reception.decoder.read(this.#session, bytes, start, end);

  constructor(socket: Socket, session: TransportSession, reception: Reception) {
    this.#socket = socket;
    this.#session = session;
    this.#reception = reception;
  }

  push(chunk: Uint8Array): void {
    const { turns } = this.#reception;
    this.#waiting.push(chunk);
    if (this.#waiting.length > 1) this.#hold();
    else if (turns.isOver) this.#rest();
    else turns.spend(() => this.#readTurn());
  }

  /**
   * The connection has ended. Reads the waiting chunks in their turns.
   * @param onEnd called with whether a message was incomplete
   */
  end(onEnd: (isCut: boolean) => void): void {
    this.#onEnd = onEnd;
    if (this.#waiting.length === 0) onEnd(this.#framer.heldOctets > 0);
  }

  /** Reads waiting chunks until the turn is over. */
  #readTurn(): void {
    const { decoder, turns } = this.#reception;
    do this.#readSome();
    while (this.#waiting.length > 0 && !turns.isOver);
    decoder.deliver();
    if (this.#waiting.length > 0) {
      this.#rest();
      return;
    }
    this.#hold();
    this.#onEnd?.(this.#framer.heldOctets > 0);
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Defers the waiting chunks to a later turn, and receives nothing until then. */
  #rest(): void {
    this.#hold();
    this.#socket.pause();
    this.#reception.turns.defer(() => this.#readTurn());
  }

  #readSome(): void {
    const [chunk] = this.#waiting;
    if (chunk === undefined) return; // refused
    const rest = this.#framer.push(chunk, this.#onMessage, MESSAGES_AT_ONCE);
    if (rest === undefined) this.#refuse(chunk);
    else if (rest.length > 0) this.#waiting[0] = rest;
    else this.#waiting.shift();
  }

  #refuse(chunk: Uint8Array): void {
    const { decoder } = this.#reception;
    const { peer } = this.#session;
    const undecoded = undecodedProtocolOf(chunk);
    if (undecoded !== undefined) decoder.refuseUndecoded(peer, undecoded);
    else
      decoder.refuse(
        peer,
        'not-a-message',
        `${securedText(chunk) ?? 'the next octets are not an IPFIX message'}, so Weir closes the connection`,
      );
    this.#waiting = [];
    this.#socket.destroy();
  }

  #hold(): void {
    this.#session.hold(this.#waiting.reduce((sum, { length }) => sum + length, this.#framer.capacity));
  }
}
