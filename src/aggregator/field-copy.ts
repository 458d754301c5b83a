import { type FlowBatch, FlowType } from '../flow/index.ts';
import { type ColumnPlaces, columnPlaces, type Views } from './column-places.ts';
import { FLAGS, FlowFlag, plainFields, ROW_HALVES, ROW_OCTETS, ROW_WORDS } from './flow-row.ts';
import type { FlowPage } from './flow-table.ts';
import { clearForeignNames, moveForeignNames } from './shared-names.ts';

/** Rows that are copied together: few enough for the processor's first cache. */
const MOST_TOGETHER = 64;

/** Where the plain fields are in any batch of a layout. */
export type FieldPlaces = ReturnType<typeof fieldPlacesOf>;

export function fieldPlacesOf(batch: FlowBatch) {
  return {
    strings: columnPlaces(batch, plainFields, 'string'),
    words: columnPlaces(batch, plainFields, 'unsigned32'),
    halves: columnPlaces(batch, plainFields, 'unsigned16'),
    octets: columnPlaces(batch, plainFields, 'unsigned8'),
  };
}

/**
 * Copies the plain fields of flows into the records of a batch: one field of many rows, then the next field.
 * A batch has dozens of columns, so the processor would need longer for all fields of each row in turn.
 */
export class FieldCopy {
  readonly #batch: FlowBatch;
  readonly #views: Views;
  readonly #places: FieldPlaces;
  readonly #clusterId: number;
  /** Of the rows that wait. */
  #page: FlowPage | undefined;
  readonly #rows = new Int32Array(MOST_TOGETHER);
  /** Records that have their fields. */
  #copied = 0;

  /** @param clusterId the id of a name that takes the place of those in the rows; 0 for none */
  constructor(batch: FlowBatch, views: Views, places: FieldPlaces, clusterId: number) {
    this.#batch = batch;
    this.#views = views;
    this.#places = places;
    this.#clusterId = clusterId;
    clearForeignNames(batch);
  }

  /** The last record of the batch is that of this row. */
  add(page: FlowPage, at: number): void {
    const i = this.#batch.length - 1;
    if (page !== this.#page || i - this.#copied === MOST_TOGETHER) {
      this.#copyUntil(i);
      this.#page = page;
    }
    this.#rows[i - this.#copied] = at;
  }

  /** Copies the rows that wait. Until then their plain fields may not change. */
  finish(): void {
    this.#copyUntil(this.#batch.length);
  }

  #copyUntil(to: number): void {
    const from = this.#copied;
    if (from === to) return;
    const { words, halves, octets } = this.#page!;
    const rows = this.#rows.subarray(0, to - from);
    const [views, places] = [this.#views, this.#places];
    copyWords(words, rows, views.words, places.strings, from);
    copyWords(words, rows, views.words, places.words, from);
    copyHalves(halves, rows, views.halves, places.halves, from);
    copyOctets(octets, rows, views.octets, places.octets, from);
    const { clusterId, flowType } = this.#batch.columns;
    if (this.#clusterId !== 0) clusterId.fill(this.#clusterId, from, to);
    for (let r = 0; r < rows.length; r++) {
      const flags = words[rows[r]! * ROW_WORDS + FLAGS]!;
      const i = from + r;
      if ((flags & FlowFlag.foreign) !== 0) moveForeignNames(this.#batch, i);
      if (flowType[i] === FlowType.unspecified) flowType[i] = typeByObservers(flags);
    }
    this.#copied = to;
  }
}

function copyWords(
  from: Uint32Array,
  rows: Int32Array,
  into: Uint32Array,
  { starts, offsets }: ColumnPlaces<Uint32Array>,
  first: number,
): void {
  for (let n = 0; n < starts.length; n++) {
    const [start, offset] = [starts[n]! + first, offsets[n]!];
    for (let r = 0; r < rows.length; r++) into[start + r] = from[rows[r]! * ROW_WORDS + offset]!;
  }
}

function copyHalves(
  from: Uint16Array,
  rows: Int32Array,
  into: Uint16Array,
  { starts, offsets }: ColumnPlaces<Uint16Array>,
  first: number,
): void {
  for (let n = 0; n < starts.length; n++) {
    const [start, offset] = [starts[n]! + first, offsets[n]!];
    for (let r = 0; r < rows.length; r++) into[start + r] = from[rows[r]! * ROW_HALVES + offset]!;
  }
}

function copyOctets(
  from: Uint8Array,
  rows: Int32Array,
  into: Uint8Array,
  { starts, offsets }: ColumnPlaces<Uint8Array>,
  first: number,
): void {
  for (let n = 0; n < starts.length; n++) {
    const [start, offset] = [starts[n]! + first, offsets[n]!];
    for (let r = 0; r < rows.length; r++) into[start + r] = from[rows[r]! * ROW_OCTETS + offset]!;
  }
}

/** The type of a flow by its observers, when its agents do not know where its ends are. */
function typeByObservers(flags: number): number {
  if ((flags & FlowFlag.bothEnds) !== 0) return FlowType.intraNode;
  const both = FlowFlag.hasSource | FlowFlag.hasDestination;
  return (flags & both) === both ? FlowType.interNode : FlowType.unspecified;
}
