import { maxMessageOctets, messageLengthAt } from '../wire/index.ts';

/**
 * Initial room for an incomplete message. It grows with the octets that arrive, never with a header's claim.
 */
const FIRST_OCTETS = 2048;
/** A message of which more has arrived gets a buffer that the largest message fits into. */
const MOST_GROWN_OCTETS = 8192;
/**
 * Buffers of that size that no stream uses now. Over TLS a long message arrives in several pieces, so each
 * stream needs one for a moment, many times a second.
 */
const spares: Buffer[] = [];
const MAX_SPARES = 16;
/** A Buffer, as chunks are: V8 reads one kind of array faster than two. */
const NONE: Buffer = Buffer.alloc(0);

/**
 * Finds the messages in a stream of octets (RFC 7011 section 10.4.3), which follow each other directly. It
 * reads whole messages in place in the chunk, and copies only a message that the chunk's end cuts.
 */
export class StreamFramer {
  #held: Buffer = NONE;
  #heldOctets = 0;

  /** Its octets of memory. */
  get capacity(): number {
    return this.#held.length;
  }

  /** Octets of an incomplete message. */
  get heldOctets(): number {
    return this.#heldOctets;
  }

  /**
   * Passes on the messages that the chunk completes: at most `most`, and none after one that is not finished.
   * @param onMessage returns whether it is finished with the message
   * @returns the rest of the chunk; undefined if it is no message: the stream cannot be read any further
   */
  push(
    chunk: Uint8Array,
    onMessage: (bytes: Uint8Array, start: number, end: number) => boolean,
    most = Number.POSITIVE_INFINITY,
  ): Uint8Array | undefined {
    let offset = 0;
    let left = most;
    let isFinished = true;
    while (this.#heldOctets > 0 && offset < chunk.length) {
      const length = messageLengthAt(this.#held, 0, this.#heldOctets);
      if (length < 0) return undefined;
      const wanted = length === 0 ? 4 : length; // the octets that give the length
      const taken = Math.min(wanted - this.#heldOctets, chunk.length - offset);
      this.#hold(chunk, offset, offset + taken);
      offset += taken;
      if (length === 0 || this.#heldOctets < length) continue;
      this.#heldOctets = 0;
      isFinished = onMessage(this.#held, 0, length);
      left = isFinished ? left - 1 : 0;
    }
    if (this.#heldOctets === 0) this.#release(isFinished);
    while (offset < chunk.length && left > 0) {
      const length = messageLengthAt(chunk, offset, chunk.length);
      if (length < 0) return undefined;
      if (length === 0 || offset + length > chunk.length) {
        this.#hold(chunk, offset, chunk.length);
        return NONE;
      }
      left = onMessage(chunk, offset, offset + length) ? left - 1 : 0;
      offset += length;
    }
    if (this.#heldOctets > 0 && messageLengthAt(this.#held, 0, this.#heldOctets) < 0) return undefined;
    return offset < chunk.length ? chunk.subarray(offset) : NONE;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    const octets = this.#heldOctets + to - from;
    if (octets > this.#held.length) {
      const grown =
        octets > MOST_GROWN_OCTETS
          ? (spares.pop() ?? Buffer.alloc(maxMessageOctets))
          : Buffer.alloc(Math.max(octets, FIRST_OCTETS, this.#held.length * 2));
      grown.set(this.#held.subarray(0, this.#heldOctets));
      this.#held = grown;
    }
    this.#held.set(chunk.subarray(from, to), this.#heldOctets);
    this.#heldOctets = octets;
  }

  /**
   * Keeps only what is needed: there may be thousands of streams.
   * @param isFinished whether nobody reads the message any more
   */
  #release(isFinished: boolean): void {
    if (this.#held.length <= FIRST_OCTETS) return;
    if (isFinished && this.#held.length === maxMessageOctets && spares.length < MAX_SPARES)
      spares.push(this.#held);
    this.#held = NONE;
  }
}
