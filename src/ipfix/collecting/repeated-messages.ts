import { hashOfOctets } from '../../runtime/index.ts';
import type { MessageHeader } from '../wire/index.ts';

/**
 * Number of remembered messages of an observation domain. A network repeats messages soon, but some exporters
 * send thousands a second.
 */
const REMEMBERED = 512;
/** Initial room: thousands of sessions send one message only. */
const FIRST_REMEMBERED = 16;
/** This many different messages in a row under one number show an exporter that does not number messages. */
const UNNUMBERED = 3;

/**
 * Detects messages that have arrived before, by sequence number and octets. A delta of a foreign exporter
 * counts each time it arrives, so only the message shows whether it was counted. Where an exporter does not
 * number its messages, two equal ones are two: flows of one second may look alike.
 */
export class RepeatedMessages {
  #sequenceNumbers = new Uint32Array(FIRST_REMEMBERED);
  #hashes = new Uint32Array(FIRST_REMEMBERED);
  #length = 0;
  #next = 0;
  /** A later sequence number has not arrived before. */
  #newest = 0;
  /** Number of the previous message, and how many different messages in a row had it. */
  #latest = -1;
  #differentUnderLatest = 0;
  /** The current message, whose sets are checked one by one. */
  #header: MessageHeader | undefined;
  #isRepeated = false;

  /**
   * Whether the message, which has records, has arrived before.
   * @param start of the message in `bytes`
   */
  has(header: MessageHeader, bytes: Uint8Array, start: number): boolean {
    if (header === this.#header) return this.#isRepeated;
    this.#header = header;
    const hash = hashOf(bytes, start, start + header.length);
    const isKnown = this.#find(header.sequenceNumber, hash);
    if (!isKnown) this.#remember(header.sequenceNumber, hash);
    if (header.sequenceNumber !== this.#latest) this.#differentUnderLatest = 0;
    if (!isKnown) this.#differentUnderLatest++;
    this.#latest = header.sequenceNumber;
    this.#isRepeated = isKnown && this.#differentUnderLatest < UNNUMBERED;
    return this.#isRepeated;
  }

  /** Sets the answer for the current message, which is part of an earlier one. */
  assume(header: MessageHeader, isRepeated: boolean): void {
    this.#header = header;
    this.#isRepeated = isRepeated;
  }

  #find(sequenceNumber: number, hash: number): boolean {
    if (((sequenceNumber - this.#newest) | 0) > 0) return false;
    for (let i = 0; i < this.#length; i++) {
      if (this.#hashes[i] === hash && this.#sequenceNumbers[i] === sequenceNumber) return true;
    }
    return false;
  }

  #remember(sequenceNumber: number, hash: number): void {
    if (this.#next === this.#hashes.length) this.#next = this.#growOrWrap();
    this.#sequenceNumbers[this.#next] = sequenceNumber;
    this.#hashes[this.#next] = hash;
    if (this.#length === 0 || ((sequenceNumber - this.#newest) | 0) > 0) this.#newest = sequenceNumber;
    this.#next++;
    this.#length = Math.max(this.#length, this.#next);
  }

  /** Doubles the room, or starts to overwrite the oldest. @returns the next position */
  #growOrWrap(): number {
    const { length } = this.#hashes;
    if (length === REMEMBERED) return 0;
    this.#sequenceNumbers = doubledCopyOf(this.#sequenceNumbers);
    this.#hashes = doubledCopyOf(this.#hashes);
    return length;
  }
}

/** A hash of the octets after version and length: time, sequence number, domain and sets. */
const hashOf = (bytes: Uint8Array, start: number, end: number): number => hashOfOctets(bytes, start + 4, end);

function doubledCopyOf(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
