import { type CountingTable, NOWHERE, OTHER_SERIES } from './counting-table.ts';
import type { FlowClasses } from './flow-classes.ts';
import type { FlowFacts } from './flow-facts.ts';
import type { TablePlace } from './table-set.ts';

/** Where a word of a key comes from: an index in the class's key, or the constant fact ~n when negative. */
type Source = number;

/** Classes looked at, and closed, for each that opens while many are idle. */
const ROWS_AT_ONCE = 1024;
const CLOSED_AT_ONCE = 64;

/** A place, and where a class has its labels. */
interface Route {
  readonly place: TablePlace;
  readonly growth: Float32Array;
  readonly octetColumn: Float64Array | undefined;
  readonly packetColumn: Float64Array | undefined;
  readonly forward: readonly Source[];
  readonly backward: readonly Source[];
  readonly condition: Source;
}

/**
 * Leads classes to their series. The series for traffic back is opened once there is some: an unanswered flow
 * makes none.
 */
export class SeriesPlaces {
  readonly #classes: FlowClasses;
  readonly #facts: FlowFacts;
  readonly #routes: readonly Route[];
  readonly #words: Uint32Array;
  /** Where the last search for idle classes ended. */
  #nextIdle = 0;

  constructor(classes: FlowClasses, facts: FlowFacts, places: readonly TablePlace[]) {
    this.#classes = classes;
    this.#facts = facts;
    const sourceOf = (fact: number): Source => {
      const at = facts.needed.indexOf(fact);
      return at >= 0 ? at : ~fact;
    };
    this.#routes = places.map((place) => ({
      place,
      growth: place.table.growth,
      octetColumn: place.columns.bytes,
      packetColumn: place.columns.packets,
      forward: place.forward.map(sourceOf),
      backward: place.backward.map(sourceOf),
      condition: sourceOf(place.condition),
    }));
    this.#words = new Uint32Array(Math.max(1, ...places.map(({ forward }) => forward.length)));
  }

  /** Opens a class for the facts read last, with its series. */
  open(): number {
    const classes = this.#classes;
    const row = classes.open(this.#facts.key);
    let at = row * classes.stride;
    for (const { place, forward, condition } of this.#routes) {
      const isIn = this.#value(row, condition) !== 0;
      classes.slots[at++] = isIn ? this.#enter(row, place, forward) : NOWHERE;
      classes.slots[at++] = NOWHERE;
    }
    return row;
  }

  /** Gives the class series for traffic back. */
  openBackward(row: number): void {
    const classes = this.#classes;
    classes.adopt(row);
    classes.isTwoWay[row] = 1;
    let at = row * classes.stride;
    for (const { place, backward } of this.#routes) {
      const isIn = classes.slots[at++] !== NOWHERE && place.countsBackward;
      classes.slots[at++] = isIn ? this.#enter(row, place, backward) : NOWHERE;
    }
  }

  /** Adds pending growth to the series. */
  settle(): void {
    const classes = this.#classes;
    if (!classes.hasPending) return;
    classes.hasPending = false;
    for (let row = 0; row < classes.used; row++) this.#settle(row);
  }

  /** Closes a class without flows. */
  close(row: number): void {
    const classes = this.#classes;
    this.#settle(row);
    this.review(row);
    let at = row * classes.stride;
    for (const { place } of this.#routes) {
      place.table.leave(classes.slots[at++]!);
      place.table.leave(classes.slots[at++]!);
    }
    classes.close(row);
  }

  /** Makes room by closing some classes without flows. */
  closeIdle(): void {
    const classes = this.#classes;
    let closed = 0;
    for (let rows = 0; rows < ROWS_AT_ONCE && closed < CLOSED_AT_ONCE; rows++) {
      if (++this.#nextIdle >= classes.used) this.#nextIdle = 0;
      if (!classes.isIdle(this.#nextIdle)) continue;
      this.close(this.#nextIdle);
      closed++;
    }
  }

  /**
   * Moves what the class counts under "other" to a series that now exists for it, or offers it as a
   * candidate.
   */
  review(row: number): void {
    const classes = this.#classes;
    if (classes.weights.length === 0) return;
    const forwardWeight = classes.weights[2 * row]!;
    const backwardWeight = classes.weights[2 * row + 1]!;
    if (forwardWeight === 0 && backwardWeight === 0) return;
    classes.weights[2 * row] = classes.weights[2 * row + 1] = 0;
    classes.adopt(row);
    let at = row * classes.stride;
    for (const { place, forward, backward } of this.#routes) {
      if (classes.slots[at] === OTHER_SERIES) this.#reviewSlot(row, at, place, forward, forwardWeight);
      at++;
      if (classes.slots[at] === OTHER_SERIES) this.#reviewSlot(row, at, place, backward, backwardWeight);
      at++;
    }
  }

  /**
   * Moves all classes out of free slots of the table: series were closed, and their flows count under
   * "other".
   */
  leaveFreeSlots(table: CountingTable): void {
    const { used, stride, slots } = this.#classes;
    this.#classes.weigh();
    for (const [p, { place }] of this.#routes.entries()) {
      if (place.table !== table) continue;
      for (let row = 0, at = 2 * p; row < used; row++, at += stride) {
        if (slots[at]! > OTHER_SERIES && !table.isLive(slots[at]!)) slots[at] = OTHER_SERIES;
        if (slots[at + 1]! > OTHER_SERIES && !table.isLive(slots[at + 1]!)) slots[at + 1] = OTHER_SERIES;
      }
    }
  }

  #settle(row: number): void {
    const { pending, slots, stride, weights } = this.#classes;
    const from = 4 * row;
    const octets = pending[from]!;
    const packets = pending[from + 1]!;
    const reverseOctets = pending[from + 2]!;
    const reversePackets = pending[from + 3]!;
    if (octets === 0 && packets === 0 && reverseOctets === 0 && reversePackets === 0) return;
    pending[from] = pending[from + 1] = pending[from + 2] = pending[from + 3] = 0;
    if (weights.length > 0) {
      weights[2 * row]! += octets;
      weights[2 * row + 1]! += reverseOctets;
    }
    let at = row * stride;
    for (let p = 0; p < this.#routes.length; p++) {
      const { growth, octetColumn, packetColumn } = this.#routes[p]!;
      const forward = slots[at++]!;
      const backward = slots[at++]!;
      growth[forward]! += octets;
      growth[backward]! += reverseOctets;
      if (octetColumn !== undefined) {
        octetColumn[forward]! += octets;
        octetColumn[backward]! += reverseOctets;
      }
      if (packetColumn !== undefined) {
        packetColumn[forward]! += packets;
        packetColumn[backward]! += reversePackets;
      }
    }
  }

  #reviewSlot(row: number, at: number, place: TablePlace, labels: readonly Source[], weight: number): void {
    const { table } = place;
    this.#read(row, labels);
    const slot = table.find(this.#words);
    if (slot > OTHER_SERIES) this.#classes.slots[at] = table.join(slot);
    else if (slot < 0 && weight > 0) table.candidates.offer(this.#words, weight);
  }

  #enter(row: number, place: TablePlace, labels: readonly Source[]): number {
    this.#read(row, labels);
    const slot = place.table.enter(this.#words);
    if (slot === OTHER_SERIES) this.#classes.weigh();
    return slot;
  }

  #read(row: number, labels: readonly Source[]): void {
    for (let k = 0; k < labels.length; k++) this.#words[k] = this.#value(row, labels[k]!);
  }

  #value(row: number, source: Source): number {
    const { keys, keyWidth } = this.#classes;
    return source >= 0 ? keys[row * keyWidth + source]! : this.#facts.values[~source]!;
  }
}
