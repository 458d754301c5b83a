import type { MessageHeader } from '../wire/index.ts';

/**
 * Messages that are remembered of an observation domain. What the network doubles comes soon after, but some
 * send thousands a second.
 */
const REMEMBERED = 512;
/** Room at first: thousands of sessions bring one message only. */
const FIRST_REMEMBERED = 16;

/**
 * Tells messages that have come before: those with the same sequence number and the same octets. A delta of a
 * foreign exporter counts whenever it comes, so only the message tells whether it has been counted.
 */
export class RepeatedMessages {
  #sequenceNumbers = new Uint32Array(FIRST_REMEMBERED);
  #hashes = new Uint32Array(FIRST_REMEMBERED);
  #length = 0;
  #next = 0;
  /** What comes after this number has not come before. */
  #newest = 0;
  /** The message at hand, whose sets are asked about one by one. */
  #header: MessageHeader | undefined;
  #isRepeated = false;

  /**
   * Whether the message has come before.
   * @param start of the message in `bytes`
   */
  has(header: MessageHeader, bytes: Uint8Array, start: number): boolean {
    if (header === this.#header) return this.#isRepeated;
    this.#header = header;
    const hash = hashOf(bytes, start, start + header.length);
    this.#isRepeated = this.#find(header.sequenceNumber, hash);
    if (!this.#isRepeated) this.#remember(header.sequenceNumber, hash);
    return this.#isRepeated;
  }

  /** Says of the message at hand, a part of one that came earlier, whether that had come before. */
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

  /** Makes room for twice as many, or has the oldest give way. @returns where the next goes */
  #growOrWrap(): number {
    const { length } = this.#hashes;
    if (length === REMEMBERED) return 0;
    this.#sequenceNumbers = doubled(this.#sequenceNumbers);
    this.#hashes = doubled(this.#hashes);
    return length;
  }
}

/** FNV-1a of what follows the version and length: time, sequence number, domain and sets. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start + 4; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash >>> 0;
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
