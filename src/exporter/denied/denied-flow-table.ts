import { hashWords, randomSeed, TUPLE_WORDS, wordsEqual } from './tuple.ts';
import type { Verdict } from './verdict.ts';

/**
 * A flow's key: its tuple, then direction (upper half) and ICMP type and code in one word. The verdict is
 * part of it too.
 */
export const DENIED_KEY_WORDS = TUPLE_WORDS + 1;

const FIRST_CAPACITY = 256;
const NONE = -1;

/**
 * Denied flows by slot, as columns; found by key and verdict through a hash with chains. Grows by doubling up
 * to its bound and reuses the slots of removed flows.
 */
export class DeniedFlowTable {
  readonly maxFlows: number;
  keys = new Uint32Array(FIRST_CAPACITY * DENIED_KEY_WORDS);
  verdicts: Verdict[] = [];
  packets = new Float64Array(FIRST_CAPACITY);
  octets = new Float64Array(FIRST_CAPACITY);
  /** The part of these that records have reported. */
  recordedPackets = new Float64Array(FIRST_CAPACITY);
  recordedOctets = new Float64Array(FIRST_CAPACITY);
  /** When the kernel saw the first and the last packet. All times are monotonic. */
  firstMs = new Float64Array(FIRST_CAPACITY);
  lastMs = new Float64Array(FIRST_CAPACITY);
  /** When the last packet arrived here, and when the last record was made (or the flow began). */
  touchedMs = new Float64Array(FIRST_CAPACITY);
  recordedMs = new Float64Array(FIRST_CAPACITY);
  ingressInterface = new Uint32Array(FIRST_CAPACITY);
  egressInterface = new Uint32Array(FIRST_CAPACITY);
  /** Where the first packet was sent before destination NAT: four words of an address, and the port. */
  services = new Uint32Array(FIRST_CAPACITY * 4);
  servicePorts = new Uint16Array(FIRST_CAPACITY);
  vlanId = new Uint16Array(FIRST_CAPACITY);
  tcpControlBits = new Uint16Array(FIRST_CAPACITY);
  classOfService = new Uint8Array(FIRST_CAPACITY);
  /** `FlowEnds`: where the two ends are; 0 before that is known. */
  ends = new Uint8Array(FIRST_CAPACITY);
  /** A `DirectionFlag` of connections: who opened it; 0 before that is known. */
  opening = new Uint8Array(FIRST_CAPACITY);
  /** The turn of `DeniedTuples` in which the tuple was last added; 0 for none. */
  rememberedTurn = new Uint32Array(FIRST_CAPACITY);
  size = 0;

  readonly #seed = randomSeed();
  #hashes = new Uint32Array(FIRST_CAPACITY);
  /** The next slot of the same chain; for a free slot, the next free one. */
  #next = new Int32Array(FIRST_CAPACITY).fill(NONE);
  #heads = new Int32Array(FIRST_CAPACITY).fill(NONE);
  #free = NONE;
  /** Number of slots ever used. */
  #used = 0;

  constructor(maxFlows: number) {
    this.maxFlows = maxFlows;
  }

  get capacity(): number {
    return this.#heads.length;
  }

  get isFull(): boolean {
    return this.size === this.maxFlows;
  }

  /** Slot of the flow, or -1. */
  find(key: Uint32Array, verdict: Verdict): number {
    const hash = hashWords(key, DENIED_KEY_WORDS, this.#seed);
    let slot = this.#heads[hash & (this.#heads.length - 1)]!;
    while (slot !== NONE) {
      if (
        this.#hashes[slot] === hash &&
        this.verdicts[slot] === verdict &&
        wordsEqual(key, DENIED_KEY_WORDS, this.keys, slot * DENIED_KEY_WORDS)
      )
        return slot;
      slot = this.#next[slot]!;
    }
    return NONE;
  }

  /** Slot of a new flow. The caller fills all columns other than key and verdict. There must be room. */
  add(key: Uint32Array, verdict: Verdict): number {
    if (this.#free === NONE && this.#used === this.capacity) this.#grow();
    const slot = this.#free === NONE ? this.#used++ : this.#free;
    if (slot === this.#free) this.#free = this.#next[slot]!;
    this.keys.set(key, slot * DENIED_KEY_WORDS);
    this.verdicts[slot] = verdict;
    this.ends[slot] = 0;
    this.#hashes[slot] = hashWords(key, DENIED_KEY_WORDS, this.#seed);
    this.#link(slot);
    this.size++;
    return slot;
  }

  remove(slot: number): void {
    const bucket = this.#hashes[slot]! & (this.#heads.length - 1);
    if (this.#heads[bucket] === slot) this.#heads[bucket] = this.#next[slot]!;
    else {
      let before = this.#heads[bucket]!;
      while (this.#next[before] !== slot) before = this.#next[before]!;
      this.#next[before] = this.#next[slot]!;
    }
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  #link(slot: number): void {
    const bucket = this.#hashes[slot]! & (this.#heads.length - 1);
    this.#next[slot] = this.#heads[bucket]!;
    this.#heads[bucket] = slot;
  }

  /** Only when every slot is in use. */
  #grow(): void {
    const capacity = this.capacity * 2;
    const copiedInto = <A extends TypedArray>(larger: A, array: A): A => {
      larger.set(array);
      return larger;
    };
    this.keys = copiedInto(new Uint32Array(capacity * DENIED_KEY_WORDS), this.keys);
    this.packets = copiedInto(new Float64Array(capacity), this.packets);
    this.octets = copiedInto(new Float64Array(capacity), this.octets);
    this.recordedPackets = copiedInto(new Float64Array(capacity), this.recordedPackets);
    this.recordedOctets = copiedInto(new Float64Array(capacity), this.recordedOctets);
    this.firstMs = copiedInto(new Float64Array(capacity), this.firstMs);
    this.lastMs = copiedInto(new Float64Array(capacity), this.lastMs);
    this.touchedMs = copiedInto(new Float64Array(capacity), this.touchedMs);
    this.recordedMs = copiedInto(new Float64Array(capacity), this.recordedMs);
    this.ingressInterface = copiedInto(new Uint32Array(capacity), this.ingressInterface);
    this.egressInterface = copiedInto(new Uint32Array(capacity), this.egressInterface);
    this.services = copiedInto(new Uint32Array(capacity * 4), this.services);
    this.servicePorts = copiedInto(new Uint16Array(capacity), this.servicePorts);
    this.vlanId = copiedInto(new Uint16Array(capacity), this.vlanId);
    this.tcpControlBits = copiedInto(new Uint16Array(capacity), this.tcpControlBits);
    this.classOfService = copiedInto(new Uint8Array(capacity), this.classOfService);
    this.ends = copiedInto(new Uint8Array(capacity), this.ends);
    this.opening = copiedInto(new Uint8Array(capacity), this.opening);
    this.rememberedTurn = copiedInto(new Uint32Array(capacity), this.rememberedTurn);
    this.#hashes = copiedInto(new Uint32Array(capacity), this.#hashes);
    this.#next = new Int32Array(capacity).fill(NONE);
    this.#heads = new Int32Array(capacity).fill(NONE);
    for (let slot = 0; slot < this.#used; slot++) this.#link(slot);
  }
}

type TypedArray =
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;
