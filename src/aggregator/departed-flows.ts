import { flowFingerprint } from './flow-key.ts';

/** Maximum fingerprints of one half; 1 MB each when full. */
const MOST = 131_072;

/**
 * Remembers flows that have left the table, by fingerprint. When one of them returns, its earlier counts have
 * been reported already, and must not be reported again.
 *
 * Memory is bounded: fingerprints are kept in two halves, and when the younger is full the older is dropped.
 * `knownSince` then advances: for a flow that began after it, it is certain whether it was here before.
 */
export class DepartedFlows {
  /** Milliseconds since 1970. */
  knownSince: number;
  #younger = new Fingerprints();
  #older = new Fingerprints();
  #youngerSince: number;

  /** @param since when the table was created */
  constructor(since: number) {
    this.knownSince = since;
    this.#youngerSince = since;
  }

  add(fingerprint: number, now: number): void {
    if (this.#younger.size >= MOST) {
      this.knownSince = this.#youngerSince;
      this.#older = this.#younger;
      this.#younger = new Fingerprints();
      this.#youngerSince = now;
    }
    this.#younger.add(fingerprint);
  }

  /** This host's clock was set forward by this much (back when negative). */
  clockWasSet(byMs: number): void {
    this.knownSince += byMs;
    this.#youngerSince += byMs;
  }

  /**
   * Whether a flow of this key has departed.
   * @param mayBeTurned whether it may have been reported in reverse: guessed directions are turned, and
   * one-way flows pair
   */
  hasFlow(words: Uint32Array, key: number, flowId: number, start: number, mayBeTurned: boolean): boolean {
    // So it is after a restart, when all flows begin here at once.
    if (this.#younger.size + this.#older.size === 0) return false;
    if (this.has(flowFingerprint(words, key, flowId, start))) return true;
    return mayBeTurned && this.has(flowFingerprint(words, key, flowId, start, true));
  }

  has(fingerprint: number): boolean {
    return this.#younger.has(fingerprint) || this.#older.has(fingerprint);
  }
}

/** A set of 32-bit numbers by open addressing, at most half full. */
class Fingerprints {
  /** 0 means a free slot. */
  #slots = new Int32Array(256);
  size = 0;

  has(fingerprint: number): boolean {
    const wanted = fingerprint || 1;
    const mask = this.#slots.length - 1;
    let slot = wanted & mask;
    while (this.#slots[slot] !== 0) {
      if (this.#slots[slot] === wanted) return true;
      slot = (slot + 1) & mask;
    }
    return false;
  }

  add(fingerprint: number): void {
    if (this.has(fingerprint)) return;
    if (++this.size * 2 > this.#slots.length) this.#grow();
    insertFingerprint(this.#slots, fingerprint || 1);
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    for (const fingerprint of old) if (fingerprint !== 0) insertFingerprint(this.#slots, fingerprint);
  }
}

function insertFingerprint(slots: Int32Array, fingerprint: number): void {
  const mask = slots.length - 1;
  let slot = fingerprint & mask;
  while (slots[slot] !== 0) slot = (slot + 1) & mask;
  slots[slot] = fingerprint;
}
