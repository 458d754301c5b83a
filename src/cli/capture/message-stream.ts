import { messageLengthAt, type UndecodedProtocol, undecodedProtocolOf } from '../../ipfix/index.ts';
import type { Fault } from './packet.ts';
import type { StreamHandler } from './tcp-stream.ts';

export interface MessageStreamHandler {
  message(octets: Uint8Array): void;
  /** The stream is NetFlow or sFlow. */
  undecoded(protocol: UndecodedProtocol): void;
  fault(fault: Fault): void;
}

/**
 * Splits a stream into IPFIX messages. A stream without messages is ignored, unless they are expected. After
 * a gap it waits for the next octets that begin a message.
 */
export class MessageStream implements StreamHandler {
  readonly #isExpected: boolean;
  readonly #handler: MessageStreamHandler;
  /** The octets of an incomplete message, and spare room. */
  #held: Uint8Array = new Uint8Array(0);
  #heldOctets = 0;
  /** Octets before those held. */
  #offset = 0;
  #state: 'unknown' | 'in step' | 'lost' | 'none' = 'unknown';

  /** @param isExpected whether octets that are no message are a fault */
  constructor(isExpected: boolean, handler: MessageStreamHandler) {
    this.#isExpected = isExpected;
    this.#handler = handler;
  }

  /** Whether the stream has no messages. */
  get isNone(): boolean {
    return this.#state === 'none';
  }

  octets(octets: Uint8Array): void {
    if (this.#state === 'none') return;
    if (this.#state === 'lost' && messageLengthAt(octets, 0) > 0) this.#state = 'in step';
    if (this.#state === 'lost') {
      this.#offset += octets.length;
      return;
    }
    this.#hold(octets);
    this.#cut();
  }

  gap(octets: number): void {
    if (this.#state === 'none' || (this.#state === 'unknown' && !this.#isExpected)) return;
    this.#fault('tcp-octets-missing', `${octets} octets of the stream are not in the capture`);
    this.#offset += octets;
    this.#dropHeld();
    this.#state = 'lost';
  }

  end(): void {
    if (this.#state === 'in step' && this.#heldOctets > 0) {
      this.#fault('message-truncated', `the stream ends within a message, after ${this.#heldOctets} octets`);
    }
    this.#state = 'none';
  }

  #cut(): void {
    let at = 0;
    for (;;) {
      const length = messageLengthAt(this.#held, at, this.#heldOctets);
      if (length < 0) {
        this.#keepFrom(at);
        this.#loseStep();
        return;
      }
      if (length === 0 || at + length > this.#heldOctets) break;
      this.#state = 'in step';
      this.#handler.message(this.#held.slice(at, at + length));
      at += length;
    }
    this.#keepFrom(at);
  }

  /** The octets do not begin a message where one should begin. */
  #loseStep(): void {
    const isBegin = this.#state === 'unknown';
    const undecoded = isBegin ? undecodedProtocolOf(this.#held.subarray(0, this.#heldOctets)) : undefined;
    if (isBegin && (!this.#isExpected || undecoded !== undefined)) {
      if (this.#isExpected && undecoded !== undefined) this.#handler.undecoded(undecoded);
      this.#state = 'none';
      this.#dropHeld();
      return;
    }
    this.#fault('message-header-invalid', 'the octets here do not begin a message');
    this.#dropHeld();
    this.#state = 'lost';
  }

  /** The room doubles, so that a message in many small pieces is not copied with each. */
  #hold(octets: Uint8Array): void {
    const wanted = this.#heldOctets + octets.length;
    if (wanted > this.#held.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * this.#held.length));
      grown.set(this.#held.subarray(0, this.#heldOctets));
      this.#held = grown;
    }
    this.#held.set(octets, this.#heldOctets);
    this.#heldOctets = wanted;
  }

  #keepFrom(at: number): void {
    if (at === 0) return;
    this.#held.copyWithin(0, at, this.#heldOctets);
    this.#heldOctets -= at;
    this.#offset += at;
    if (this.#heldOctets === 0) this.#held = new Uint8Array(0);
  }

  #dropHeld(): void {
    this.#keepFrom(this.#heldOctets);
  }

  #fault(reason: string, text: string): void {
    this.#handler.fault({ offset: this.#offset, reason, text });
  }
}
