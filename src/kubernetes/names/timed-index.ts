/** Clocks of two nodes may differ by this much. */
const SKEW_MS = 5_000;

/** Words of an entry, and the places of those after the key. */
const ENTRY_WORDS = 8;
const NEXT = 5;
const FROM = 6;
const UNTIL = 7;
/** The end of an entry that lasts. */
const ENDLESS = 0xffff_ffff;
const FEWEST = 64;
const TENTH_MS = 100;
/** Times from so long before the index on have different numbers: nearly seven years. */
const PAST_MS = 2 ** 31 * TENTH_MS;

export interface TimedOwner {
  /**
   * Decides between several owners of one key at a time: how sure it is that this one had it, from 0. Of
   * equals the one that began last wins.
   */
  sureness(timeMs: number): number;
}

/**
 * Who owned a key at a time. A key is an address of four words and a number, such as a port, or 0. Each
 * entry is one interval of one owner, in half a line of the processor's cache:
 *
 *     words 0–3   address
 *     word  4     number
 *     word  5     next entry in the same bucket; 0 for none
 *     word  6     begin, in tenths of a second
 *     word  7     end, in tenths of a second; the greatest number while it lasts
 *
 * Several owners may have a key at once, because an address is used again before everybody knows that it is
 * free. A search allocates nothing.
 */
export class TimedIndex<Owner extends TimedOwner> {
  /** How many owners had the key of the last `find` at its time. */
  candidates = 0;
  #words = new Uint32Array(FEWEST * ENTRY_WORDS);
  /** By entry; entry 0 is not used. */
  #owners: (Owner | undefined)[] = [undefined];
  /** First entry of each bucket; their number is a power of two. */
  #buckets = new Int32Array(FEWEST);
  /** First of the entries that are free again. */
  #free = 0;
  #size = 0;
  /** The time of number 0. */
  readonly #zeroMs: number;
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;

  /** @param nowMs milliseconds since 1970 */
  constructor(nowMs: number) {
    this.#zeroMs = Math.floor(nowMs / TENTH_MS) * TENTH_MS - PAST_MS;
  }

  /** Entries held. */
  get size(): number {
    return this.#size;
  }

  /** @returns the number of the entry */
  add(address: ArrayLike<number>, number: number, fromMs: number, owner: Owner): number {
    if (this.#size >= this.#buckets.length) this.#growBuckets();
    const entry = this.#freeEntry();
    const at = entry * ENTRY_WORDS;
    for (let i = 0; i < 4; i++) this.#words[at + i] = address[i]!;
    this.#words[at + 4] = number;
    this.#words[at + FROM] = this.#tenthsOf(fromMs);
    this.#words[at + UNTIL] = ENDLESS;
    this.#owners[entry] = owner;
    this.#link(entry);
    this.#size++;
    return entry;
  }

  remove(entry: number): void {
    const words = this.#words;
    const at = entry * ENTRY_WORDS;
    const bucket = this.#bucketOf(words, at, words[at + 4]!);
    if (this.#buckets[bucket] === entry) this.#buckets[bucket] = words[at + NEXT]!;
    else {
      let before = this.#buckets[bucket]! * ENTRY_WORDS;
      while (words[before + NEXT] !== entry) before = words[before + NEXT]! * ENTRY_WORDS;
      words[before + NEXT] = words[at + NEXT]!;
    }
    this.#owners[entry] = undefined;
    words[at + NEXT] = this.#free;
    this.#free = entry;
    this.#size--;
  }

  setBegin(entry: number, fromMs: number): void {
    this.#words[entry * ENTRY_WORDS + FROM] = this.#tenthsOf(fromMs);
  }

  /** An end before the begin counts as the begin. */
  setEnd(entry: number, untilMs: number): void {
    const at = entry * ENTRY_WORDS;
    this.#words[at + UNTIL] = Math.max(this.#tenthsOf(untilMs), this.#words[at + FROM]!);
  }

  /**
   * The owner of the address at `words[at…at+3]` with the number. When nobody had it at that time, it is who
   * had it at most 5 s before or after. A time that is not a number has no owner.
   */
  find(words: ArrayLike<number>, at: number, number: number, timeMs: number): Owner | undefined {
    const own = this.#words;
    const time = (timeMs - this.#zeroMs) / TENTH_MS;
    let found = 0;
    let candidates = 0;
    let nearest = SKEW_MS / TENTH_MS;
    for (
      let entry = this.#buckets[this.#bucketOf(words, at, number)]!, key = 0;
      entry !== 0;
      entry = own[key + NEXT]!
    ) {
      key = entry * ENTRY_WORDS;
      if (own[key + 3] !== words[at + 3] || own[key + 4] !== number) continue;
      if (own[key + 2] !== words[at + 2] || own[key] !== words[at] || own[key + 1] !== words[at + 1])
        continue;
      const from = own[key + FROM]!;
      const until = own[key + UNTIL]!;
      if (from <= time && time < until) {
        if (candidates === 0 || this.#isSurer(entry, found, timeMs)) found = entry;
        candidates++;
      } else if (candidates === 0) {
        const distance = time < from ? from - time : time - until;
        if (distance <= nearest) {
          found = entry;
          nearest = distance;
        }
      }
    }
    this.candidates = candidates;
    return this.#owners[found];
  }

  #isSurer(entry: number, other: number, timeMs: number): boolean {
    const difference = this.#owners[entry]!.sureness(timeMs) - this.#owners[other]!.sureness(timeMs);
    if (difference !== 0) return difference > 0;
    return this.#words[entry * ENTRY_WORDS + FROM]! > this.#words[other * ENTRY_WORDS + FROM]!;
  }

  #tenthsOf(timeMs: number): number {
    return Math.min(ENDLESS - 1, Math.max(0, Math.floor((timeMs - this.#zeroMs) / TENTH_MS)));
  }

  #bucketOf(words: ArrayLike<number>, at: number, number: number): number {
    let hash = this.#seed;
    hash = mixedHash(hash, words[at]!);
    hash = mixedHash(hash, words[at + 1]!);
    hash = mixedHash(hash, words[at + 2]!);
    hash = mixedHash(hash, words[at + 3]!);
    hash = mixedHash(hash, number);
    return hash & (this.#buckets.length - 1);
  }

  #link(entry: number): void {
    const at = entry * ENTRY_WORDS;
    const bucket = this.#bucketOf(this.#words, at, this.#words[at + 4]!);
    this.#words[at + NEXT] = this.#buckets[bucket]!;
    this.#buckets[bucket] = entry;
  }

  #freeEntry(): number {
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.#words[free * ENTRY_WORDS + NEXT]!;
      return free;
    }
    const entry = this.#owners.length;
    if ((entry + 1) * ENTRY_WORDS > this.#words.length) this.#growEntries();
    this.#owners.push(undefined);
    return entry;
  }

  #growEntries(): void {
    const words = new Uint32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }

  #growBuckets(): void {
    this.#buckets = new Int32Array(this.#buckets.length * 2);
    for (let entry = 1; entry < this.#owners.length; entry++) {
      if (this.#owners[entry] !== undefined) this.#link(entry);
    }
  }
}

/** The seed keeps others from choosing addresses that share a bucket. */
function mixedHash(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
