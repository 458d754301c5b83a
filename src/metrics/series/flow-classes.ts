import type { IdExchange } from './label-values.ts';
import { TupleIndex } from './tuple-index.ts';

/** `flows` of a free row. */
const FREE = 0xffff_ffff;
const FIRST_CAPACITY = 256;

/**
 * A class holds what flows with the same labels in every table share: the series in which they count. The
 * facts behind the labels find it. It counts its flows and outlives them for a while.
 */
export class FlowClasses {
  /** Class c has its facts at `keys[c * keyWidth…]`. */
  keys: Uint32Array;
  /** Two slots for each place: traffic to the destination, traffic back. */
  slots: Uint32Array;
  /** Growth of flows that the series lack so far: octets, packets, reverse octets, reverse packets. */
  pending = new Float64Array(4 * FIRST_CAPACITY);
  /** Whether any class has pending growth. */
  hasPending = false;
  /** Octets in each direction since the last sweep; empty until the first `weigh`. */
  weights = new Float32Array(0);
  /** 1 once the slots for traffic back have been found. */
  isTwoWay = new Uint8Array(FIRST_CAPACITY);
  readonly keyWidth: number;
  /** Words of `slots` for each class. */
  readonly stride: number;
  #flows = new Uint32Array(FIRST_CAPACITY);
  /** Whether the class had no flows at the last sweep. */
  #wasIdle = new Uint8Array(FIRST_CAPACITY);
  /** The generation of ids that a class has in its key. */
  #generations = new Uint8Array(FIRST_CAPACITY);
  #generation = 0;
  /** Replaces the ids of former classes, while not all have been adopted. */
  #exchange: ((from: number) => void) | undefined;
  readonly #index: TupleIndex;
  #firstFree = -1;
  #used = 0;
  #live = 0;
  #idle = 0;

  constructor(keyWidth: number, places: number) {
    this.keyWidth = keyWidth;
    this.stride = 2 * places;
    this.keys = new Uint32Array(FIRST_CAPACITY * keyWidth);
    this.slots = new Uint32Array(FIRST_CAPACITY * this.stride);
    this.#index = new TupleIndex(keyWidth, FIRST_CAPACITY);
  }

  /** Classes are 0…used-1, not all of them live. */
  get used(): number {
    return this.#used;
  }

  get live(): number {
    return this.#live;
  }

  /** Live classes without a flow. */
  get idle(): number {
    return this.#idle;
  }

  isLive(row: number): boolean {
    return this.#flows[row] !== FREE;
  }

  find(key: Uint32Array): number {
    return this.#index.find(this.keys, key, 0);
  }

  /** Whether a class has these values as its key. @param needed where they are in `values` */
  has(row: number, values: Uint32Array, needed: Uint32Array): boolean {
    this.adopt(row);
    const { keys } = this;
    const base = row * this.keyWidth;
    for (let i = 0; i < needed.length; i++) if (keys[base + i] !== values[needed[i]!]) return false;
    return true;
  }

  /** Makes a class for this key, without flows. The caller fills its slots. */
  open(key: Uint32Array): number {
    const row = this.#row();
    for (let i = 0; i < this.keyWidth; i++) this.keys[row * this.keyWidth + i] = key[i]!;
    this.isTwoWay[row] = 0;
    this.#flows[row] = 0;
    this.#wasIdle[row] = 0;
    this.#generations[row] = this.#generation;
    this.#index.add(this.keys, row);
    this.#live++;
    this.#idle++;
    return row;
  }

  enter(row: number): void {
    if (this.#flows[row]!++ === 0) this.#idle--;
    this.#wasIdle[row] = 0;
  }

  leave(row: number): void {
    if (--this.#flows[row]! === 0) this.#idle++;
  }

  /** Whether the class has had no flows since the last call; call once in each sweep. */
  hasStayedIdle(row: number): boolean {
    if (this.#flows[row] !== 0) return false;
    if (this.#wasIdle[row] === 1) return true;
    this.#wasIdle[row] = 1;
    return false;
  }

  isIdle(row: number): boolean {
    return this.#flows[row] === 0;
  }

  /** Frees an idle class. */
  close(row: number): void {
    this.#index.remove(this.keys, row);
    this.#flows[row] = FREE;
    this.keys[row * this.keyWidth] = this.#firstFree + 1;
    this.#firstFree = row;
    this.#live--;
    this.#idle--;
  }

  /** Starts to keep weights. */
  weigh(): void {
    if (this.weights.length === 0) this.weights = new Float32Array(2 * this.#flows.length);
  }

  /**
   * All ids are new from now on. A class adopts them when it is next used; the caller adopts the rest, and
   * then calls `adopted`. Until then `find` may not find a class, so that a second one begins with the same
   * key.
   */
  exchange(exchange: IdExchange, isLabel: (word: number) => boolean): void {
    this.#index.clear();
    this.#generation ^= 1;
    const words = Array.from({ length: this.keyWidth }, (_, i) => i).filter(isLabel);
    this.#exchange = (from) => {
      for (const i of words) exchange(this.keys, from + i, from + i + 1);
    };
  }

  /** Gives a class the current ids, if it has former ones. */
  adopt(row: number): void {
    if (this.#exchange === undefined || this.#generations[row] === this.#generation) return;
    this.#generations[row] = this.#generation;
    if (!this.isLive(row)) return;
    this.#exchange(row * this.keyWidth);
    const isFirst = this.#index.find(this.keys, this.keys, row * this.keyWidth) < 0;
    if (isFirst) this.#index.add(this.keys, row);
  }

  /** Every class has been adopted. */
  adopted(): void {
    this.#exchange = undefined;
  }

  #row(): number {
    if (this.#firstFree >= 0) {
      const row = this.#firstFree;
      this.#firstFree = this.keys[row * this.keyWidth]! - 1;
      return row;
    }
    if (this.#used === this.#flows.length) this.#grow();
    return this.#used++;
  }

  /** Grows by half: each class takes much memory, so the reserve stays small. */
  #grow(): void {
    const rows = Math.ceil(this.#flows.length * 1.5);
    this.keys = copiedInto(this.keys, new Uint32Array(rows * this.keyWidth));
    this.slots = copiedInto(this.slots, new Uint32Array(rows * this.stride));
    this.pending = copiedInto(this.pending, new Float64Array(rows * 4));
    if (this.weights.length > 0) this.weights = copiedInto(this.weights, new Float32Array(rows * 2));
    this.isTwoWay = copiedInto(this.isTwoWay, new Uint8Array(rows));
    this.#flows = copiedInto(this.#flows, new Uint32Array(rows));
    this.#wasIdle = copiedInto(this.#wasIdle, new Uint8Array(rows));
    this.#generations = copiedInto(this.#generations, new Uint8Array(rows));
  }
}

function copiedInto<A extends Uint32Array | Float64Array | Float32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
