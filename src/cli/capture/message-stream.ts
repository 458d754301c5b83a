import { messageLengthAt } from '../../ipfix/index.ts';
import type { Fault } from './packet.ts';
import type { StreamHandler } from './tcp-stream.ts';

export interface MessageStreamHandler {
  message(octets: Uint8Array): void;
  fault(fault: Fault): void;
}

/**
 * Cuts a stream into IPFIX messages. A stream that is none is passed over in silence, unless it had to be
 * one; after a gap the next octets that begin a message are waited for.
 */
export class MessageStream implements StreamHandler {
  readonly #isExpected: boolean;
  readonly #handler: MessageStreamHandler;
  #rest: Uint8Array = new Uint8Array(0);
  /** Octets before the rest. */
  #offset = 0;
  #state: 'unknown' | 'in step' | 'lost' | 'none' = 'unknown';

  /** @param isExpected whether octets that are no message are a fault */
  constructor(isExpected: boolean, handler: MessageStreamHandler) {
    this.#isExpected = isExpected;
    this.#handler = handler;
  }

  octets(octets: Uint8Array): void {
    if (this.#state === 'none') return;
    if (this.#state === 'lost' && messageLengthAt(octets, 0) > 0) this.#state = 'in step';
    if (this.#state === 'lost') {
      this.#offset += octets.length;
      return;
    }
    this.#rest = this.#rest.length === 0 ? octets : joined(this.#rest, octets);
    this.#cut();
  }

  gap(octets: number): void {
    if (this.#state === 'none' || (this.#state === 'unknown' && !this.#isExpected)) return;
    this.#fault('tcp-octets-missing', `${octets} octets of the stream are not in the capture`);
    this.#offset += this.#rest.length + octets;
    this.#rest = new Uint8Array(0);
    this.#state = 'lost';
  }

  end(): void {
    if (this.#state === 'in step' && this.#rest.length > 0) {
      this.#fault('message-truncated', `the stream ends within a message, after ${this.#rest.length} octets`);
    }
    this.#state = 'none';
  }

  #cut(): void {
    let at = 0;
    for (;;) {
      const length = messageLengthAt(this.#rest, at);
      if (length < 0) {
        this.#offset += at;
        this.#loseStep();
        return;
      }
      if (length === 0 || at + length > this.#rest.length) break;
      this.#state = 'in step';
      this.#handler.message(this.#rest.slice(at, at + length));
      at += length;
    }
    this.#rest = this.#rest.subarray(at);
    this.#offset += at;
  }

  /** The octets do not begin a message where one should begin. */
  #loseStep(): void {
    if (this.#state === 'unknown' && !this.#isExpected) {
      this.#state = 'none';
      this.#rest = new Uint8Array(0);
      return;
    }
    this.#fault('message-header-invalid', 'the octets here do not begin a message');
    this.#offset += this.#rest.length;
    this.#rest = new Uint8Array(0);
    this.#state = 'lost';
  }

  #fault(reason: string, text: string): void {
    this.#handler.fault({ offset: this.#offset, reason, text });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
