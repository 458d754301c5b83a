/** How much memory the objects of one kind may take. */
export interface ObjectBound<T> {
  readonly maxOctets: number;
  /** About what an object takes as it is kept, in octets. */
  octetsOf(item: T): number;
}

/** Objects without room whose identity is kept: 2 MB. Further ones count again at each change. */
const MOST_TOLD_APART = 20_000;

/** Which objects of a kind are kept, so that they stay within their bound. */
export class ObjectRoom<T> {
  /** Objects that found no room. */
  leftOut = 0;
  /** Their identities: most change every few minutes. */
  readonly #withoutRoom = new Set<string>();
  /** Octets of the smallest of them. */
  #leastWithoutRoom = Number.POSITIVE_INFINITY;
  readonly #bound: ObjectBound<T> | undefined;
  /** Of each object that is kept, by identity. */
  readonly #octets = new Map<string, number>();
  #total = 0;

  /** @param bound without one, there is room for everything */
  constructor(bound?: ObjectBound<T>) {
    this.#bound = bound;
  }

  /** Whether there is room by now for an object that found none. */
  get hasRoomAgain(): boolean {
    return this.#bound !== undefined && this.#total + this.#leastWithoutRoom <= this.#bound.maxOctets;
  }

  has(identity: string): boolean {
    return this.#octets.has(identity);
  }

  /** Whether there is room for an object, or for its new state. If not, it is kept no longer. */
  take(identity: string, item: T): boolean {
    if (this.#bound === undefined) return true;
    this.free(identity);
    const octets = this.#bound.octetsOf(item);
    if (this.#total + octets > this.#bound.maxOctets) {
      this.#leaveOut(identity, octets);
      return false;
    }
    this.#octets.set(identity, octets);
    this.#total += octets;
    return true;
  }

  #leaveOut(identity: string, octets: number): void {
    this.#leastWithoutRoom = Math.min(this.#leastWithoutRoom, octets);
    if (this.#withoutRoom.has(identity)) return;
    this.leftOut++;
    if (this.#withoutRoom.size < MOST_TOLD_APART) this.#withoutRoom.add(identity);
  }

  free(identity: string): void {
    this.#total -= this.#octets.get(identity) ?? 0;
    this.#octets.delete(identity);
  }
}
