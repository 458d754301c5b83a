import { IPV4_MAPPED, isIPv4 } from '../../flow/index.ts';

/** Clocks of two nodes may differ by this much. */
const SKEW_MS = 5_000;

/** Words of a slot, and the places of those after the key. */
const SLOT_WORDS = 8;
const ENTRY = 5;
/** In the word of the entry. */
const OTHERS = 1;
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
 * entry is one interval of one owner. All that a search reads of it is in one slot of a hash table, which is
 * half a line of the processor's cache. Each line that is not in the cache costs more than all the rest.
 *
 *     words 0–3   address
 *     word  4     number
 *     word  5     twice the entry, plus 1 when others have its key; 0 when the slot is free
 *     word  6     begin, in tenths of a second
 *     word  7     end, in tenths of a second; the greatest number while it lasts
 *
 * An entry that finds its slot taken is in one of the next. At most half of the slots are taken, so a search
 * soon meets a free one and ends there. It ends at an entry that is alone with its key, too. What the next
 * slot has cannot be foreseen, and a processor that guesses wrong has to wait for it. Several owners may have
 * a key at once, because an address is used again before everybody knows that it is free. A search allocates
 * nothing.
 */
export class TimedIndex<Owner extends TimedOwner> {
  /** How many owners had the key of the last search at its time. */
  candidates = 0;
  /** Their number is a power of two. */
  #slots = new Uint32Array(FEWEST * SLOT_WORDS);
  #mask = FEWEST - 1;
  /** By entry: where its slot begins. Entry 0 is not used. */
  #places = new Uint32Array(FEWEST);
  readonly #owners: (Owner | undefined)[] = [undefined];
  /** Entries that are free again. */
  readonly #free: number[] = [];
  /** Written by `fetchPlaces`, since the engine leaves out a read whose value nobody uses. */
  fetched = 0;
  #size = 0;
  /** The time of number 0. */
  readonly #zeroMs: number;
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  /** All IPv4 addresses begin with the same words. */
  readonly #seedOfIpv4 = beginOfHash(this.#seed, 0, 0, IPV4_MAPPED);

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
    if (2 * (this.#size + 1) > this.#mask) this.#growSlots();
    const entry = this.#freeEntry();
    const slots = this.#slots;
    const home = this.#homeOf(address, 0, number);
    const at = this.#freePlace(home);
    for (let i = 0; i < 4; i++) slots[at + i] = address[i]!;
    slots[at + 4] = number;
    slots[at + ENTRY] = 2 * entry;
    this.#markAlone(home, at);
    slots[at + FROM] = this.#tenthsOf(fromMs);
    slots[at + UNTIL] = ENDLESS;
    this.#places[entry] = at;
    this.#owners[entry] = owner;
    this.#size++;
    return entry;
  }

  /** Entries after it that found their slots taken move up. */
  remove(entry: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    const place = this.#places[entry]!;
    if ((slots[place + ENTRY]! & OTHERS) !== 0) {
      slots[place + ENTRY] = OTHERS; // no entry, and not free
      this.#markAlone(this.#homeOf(slots, place, slots[place + 4]!), place);
    }
    let hole = place / SLOT_WORDS;
    for (let slot = (hole + 1) & mask; slots[slot * SLOT_WORDS + ENTRY] !== 0; slot = (slot + 1) & mask) {
      const at = slot * SLOT_WORDS;
      const home = this.#homeOf(slots, at, slots[at + 4]!);
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      slots.copyWithin(hole * SLOT_WORDS, at, at + SLOT_WORDS);
      this.#places[slots[at + ENTRY]! >>> 1] = hole * SLOT_WORDS;
      hole = slot;
    }
    slots[hole * SLOT_WORDS + ENTRY] = 0;
    this.#owners[entry] = undefined;
    this.#free.push(entry);
    this.#size--;
  }

  setBegin(entry: number, fromMs: number): void {
    this.#slots[this.#places[entry]! + FROM] = this.#tenthsOf(fromMs);
  }

  /** An end before the begin counts as the begin. */
  setEnd(entry: number, untilMs: number): void {
    const at = this.#places[entry]!;
    this.#slots[at + UNTIL] = Math.max(this.#tenthsOf(untilMs), this.#slots[at + FROM]!);
  }

  /** The owner of the entry that `findEntry` finds. */
  find(words: ArrayLike<number>, at: number, number: number, timeMs: number): Owner | undefined {
    return this.#owners[this.findEntry(words, at, number, timeMs)];
  }

  ownerOf(entry: number): Owner | undefined {
    return this.#owners[entry];
  }

  /** The key of an entry, as `timedKey` writes it. */
  keyOf(entry: number): string {
    const place = this.#places[entry]!;
    return timedKey(this.#slots, place, this.#slots[place + 4]!);
  }

  /**
   * The entry of the address at `words[at…at+3]` with the number; 0 for none. When nobody had it at that
   * time, it is that of who had it at most 5 s before or after. A time that is not a number has no owner.
   */
  findEntry(words: ArrayLike<number>, at: number, number: number, timeMs: number): number {
    return this.findEntryFrom(this.#homeOf(words, at, number) * SLOT_WORDS, words, at, number, timeMs);
  }

  /** The same for a place from `fetchPlaces`. Nothing may have been added since. */
  findEntryFrom(place: number, words: ArrayLike<number>, at: number, number: number, timeMs: number): number {
    const slots = this.#slots;
    const last = slots.length - SLOT_WORDS;
    const time = (timeMs - this.#zeroMs) / TENTH_MS;
    let found = -1;
    let candidates = 0;
    let nearest = SKEW_MS / TENTH_MS;
    for (let key = place; slots[key + ENTRY] !== 0; key = (key + SLOT_WORDS) & last) {
      if (slots[key + 3] !== words[at + 3] || slots[key + 4] !== number) continue;
      if (slots[key + 2] !== words[at + 2] || slots[key] !== words[at] || slots[key + 1] !== words[at + 1])
        continue;
      const from = slots[key + FROM]!;
      const until = slots[key + UNTIL]!;
      if (from <= time && time < until) {
        if (candidates === 0 || this.#isSurer(key, found, timeMs)) found = key;
        candidates++;
      } else if (candidates === 0) {
        const distance = time < from ? from - time : time - until;
        if (distance <= nearest) {
          found = key;
          nearest = distance;
        }
      }
      if ((slots[key + ENTRY]! & OTHERS) === 0) break;
    }
    this.candidates = candidates;
    return found < 0 ? 0 : slots[found + ENTRY]! >>> 1;
  }

  /**
   * Where searches for the addresses of rows `from` to `to` begin, without `to`. It reads there, too. Memory
   * answers many such reads at once, but the searches themselves would wait for one after the other. The
   * reads have a loop of their own: the processor looks only some hundred instructions ahead for more.
   */
  fetchPlaces(words: ArrayLike<number>, number: number, from: number, to: number, places: Uint32Array): void {
    const slots = this.#slots;
    for (let row = from; row < to; row++) places[row] = this.#homeOf(words, row * 4, number) * SLOT_WORDS;
    let read = 0;
    for (let row = from; row < to; row++) read ^= slots[places[row]! + ENTRY]!;
    this.fetched = read;
  }

  /** Notes in all slots with the key of this one whether several entries have it. @param home of the key */
  #markAlone(home: number, at: number): void {
    const slots = this.#slots;
    const last = slots.length - SLOT_WORDS;
    let entries = 0;
    for (let pass = 0; pass < 2; pass++) {
      for (let key = home * SLOT_WORDS; slots[key + ENTRY] !== 0; key = (key + SLOT_WORDS) & last) {
        if (slots[key + ENTRY] === OTHERS || !hasSameKey(slots, key, at)) continue;
        if (pass === 0) entries++;
        else slots[key + ENTRY] = (slots[key + ENTRY]! & ~OTHERS) | (entries > 1 ? OTHERS : 0);
      }
    }
  }

  #isSurer(at: number, other: number, timeMs: number): boolean {
    const slots = this.#slots;
    const owner = this.#owners[slots[at + ENTRY]! >>> 1]!;
    const difference = owner.sureness(timeMs) - this.#owners[slots[other + ENTRY]! >>> 1]!.sureness(timeMs);
    return difference !== 0 ? difference > 0 : slots[at + FROM]! > slots[other + FROM]!;
  }

  #tenthsOf(timeMs: number): number {
    return Math.min(ENDLESS - 1, Math.max(0, Math.floor((timeMs - this.#zeroMs) / TENTH_MS)));
  }

  /** The slot of a key, if it is free. */
  #homeOf(words: ArrayLike<number>, at: number, number: number): number {
    let hash = isIPv4(words, at)
      ? this.#seedOfIpv4
      : beginOfHash(this.#seed, words[at]!, words[at + 1]!, words[at + 2]!);
    hash = mixedHash(hash, words[at + 3]!);
    hash = mixedHash(hash, number);
    return hash & this.#mask;
  }

  /** Where the first free slot from this one on begins. */
  #freePlace(slot: number): number {
    const slots = this.#slots;
    const last = this.#mask * SLOT_WORDS;
    let at = slot * SLOT_WORDS;
    while (slots[at + ENTRY] !== 0) at = (at + SLOT_WORDS) & last;
    return at;
  }

  #freeEntry(): number {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const entry = this.#owners.length;
    if (entry === this.#places.length) this.#places = doubledCopyOf(this.#places);
    this.#owners.push(undefined);
    return entry;
  }

  #growSlots(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    this.#mask = this.#slots.length / SLOT_WORDS - 1;
    for (let from = 0; from < before.length; from += SLOT_WORDS) {
      if (before[from + ENTRY] === 0) continue;
      const at = this.#freePlace(this.#homeOf(before, from, before[from + 4]!));
      for (let i = 0; i < SLOT_WORDS; i++) this.#slots[at + i] = before[from + i]!;
      this.#places[before[from + ENTRY]! >>> 1] = at;
    }
  }
}

/** A key as text: the address of `words[at…at+3]` and a number. */
export const timedKey = (words: ArrayLike<number>, at: number, number: number): string =>
  `${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]} ${number}`;

function hasSameKey(slots: Uint32Array, one: number, other: number): boolean {
  for (let i = 0; i < ENTRY; i++) if (slots[one + i] !== slots[other + i]) return false;
  return true;
}

function beginOfHash(seed: number, first: number, second: number, third: number): number {
  return mixedHash(mixedHash(mixedHash(seed, first), second), third);
}

/** The seed keeps others from choosing addresses that share a slot. */
function mixedHash(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function doubledCopyOf(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(array.length * 2);
  grown.set(array);
  return grown;
}
