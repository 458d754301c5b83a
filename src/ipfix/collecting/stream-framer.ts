import { maxMessageOctets, messageLengthAt } from '../wire/index.ts';

/** Room for what is held of a message at first; it grows with what comes, never with what a header claims. */
const FIRST_OCTETS = 2048;
const NONE = new Uint8Array(0);

/**
 * Finds the messages in a stream of octets (RFC 7011 section 10.4.3): they follow each other without
 * anything between. Whole messages are read where they lie in the chunk; only one that is cut by a
 * chunk's end is copied.
 */
export class StreamFramer {
  #held: Uint8Array = NONE;
  #heldOctets = 0;

  /** Octets that it takes in memory. */
  get capacity(): number {
    return this.#held.length;
  }

  /** Octets of a message whose rest has not come. */
  get heldOctets(): number {
    return this.#heldOctets;
  }

  /**
   * Hands on the messages that the chunk completes, so many at most.
   * @returns what is left of the chunk; undefined if what follows is no message: the stream cannot be read
   * any further
   */
  push(
    chunk: Uint8Array,
    onMessage: (bytes: Uint8Array, start: number, end: number) => void,
    most = Number.POSITIVE_INFINITY,
  ): Uint8Array | undefined {
    let offset = 0;
    let messages = 0;
    while (this.#heldOctets > 0 && offset < chunk.length) {
      const length = messageLengthAt(this.#held, 0, this.#heldOctets);
      if (length < 0) return undefined;
      const wanted = length === 0 ? 4 : length; // so many octets tell the length
      const taken = Math.min(wanted - this.#heldOctets, chunk.length - offset);
      this.#hold(chunk, offset, offset + taken);
      offset += taken;
      if (length === 0 || this.#heldOctets < length) continue;
      this.#heldOctets = 0;
      messages++;
      onMessage(this.#held, 0, length);
    }
    // Only what is needed is kept: there may be thousands of streams.
    if (this.#heldOctets === 0 && this.#held.length > FIRST_OCTETS) this.#held = NONE;
    for (; offset < chunk.length && messages < most; messages++) {
      const length = messageLengthAt(chunk, offset, chunk.length);
      if (length < 0) return undefined;
      if (length === 0 || offset + length > chunk.length) {
        this.#hold(chunk, offset, chunk.length);
        return NONE;
      }
      onMessage(chunk, offset, offset + length);
      offset += length;
    }
    if (this.#heldOctets > 0 && messageLengthAt(this.#held, 0, this.#heldOctets) < 0) return undefined;
    return offset < chunk.length ? chunk.subarray(offset) : NONE;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const octets = this.#heldOctets + to - from;
    if (octets > this.#held.length) {
      const grown = new Uint8Array(
        Math.max(octets, FIRST_OCTETS, Math.min(this.#held.length * 2, maxMessageOctets)),
      );
      grown.set(this.#held.subarray(0, this.#heldOctets));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(from, to), this.#heldOctets);
    this.#heldOctets = octets;
  }
}
