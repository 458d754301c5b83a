import type { Column, Columns } from './columns.ts';
import type { Dictionary } from './dictionary.ts';
import type { Storage } from './field.ts';
import type { FieldName } from './fields.ts';
import { fieldNames, fieldOf } from './fields.ts';
import { isAbsent, isIPv4 } from './ip-address.ts';
import { type FlowRecord, readRecord } from './record.ts';

/** Maximum rows of a batch. */
export const MAX_ROWS = 4096;

const arrays = {
  address: Uint32Array,
  string: Uint32Array,
  unsigned8: Uint8Array,
  unsigned16: Uint16Array,
  unsigned32: Uint32Array,
  unsigned64: Float64Array,
  time: Float64Array,
} as const;

/** Array elements of one row. */
export const elementsPerRow = (storage: Storage): number => (storage === 'address' ? 4 : 1);

/**
 * A cache can hold few of the lines whose addresses differ by a power of two, such as one row of all columns.
 * So behind a column of such a length there is one line that nobody uses.
 */
const CACHE_LINE_OCTETS = 64;
const SPREAD_OCTETS = 512;

/** Shared columns for the fields that a batch does not carry: every row is the storage's "no value". */
const absent = Object.fromEntries(
  Object.entries(arrays).map(([storage, array]) => {
    const column = new array(MAX_ROWS * elementsPerRow(storage as Storage));
    return [storage, column instanceof Float64Array ? column.fill(Number.NaN) : column];
  }),
) as unknown as Record<Storage, Column<Storage>>;

/** Where each field lies in the one buffer of a batch. Made once, used for many batches. */
export class BatchLayout {
  readonly fields: readonly FieldName[];
  readonly capacity: number;
  readonly octets: number;
  readonly #offsets = new Map<FieldName, number>();

  /** @param capacity rows, at most MAX_ROWS */
  constructor(fields: Iterable<FieldName>, capacity: number = MAX_ROWS) {
    if (capacity < 1 || capacity > MAX_ROWS) {
      throw new RangeError(`a batch holds 1 to ${MAX_ROWS} rows, not ${capacity}`);
    }
    const carried = new Set(fields);
    this.fields = fieldNames.filter((name) => carried.has(name));
    this.capacity = capacity;
    let offset = 0;
    for (const name of this.fields) {
      this.#offsets.set(name, offset);
      const { storage } = fieldOf(name);
      const octets = capacity * elementsPerRow(storage) * arrays[storage].BYTES_PER_ELEMENT;
      offset += Math.ceil(octets / 8) * 8;
      if (octets % SPREAD_OCTETS === 0) offset += CACHE_LINE_OCTETS;
    }
    this.octets = offset;
  }

  has(name: FieldName): boolean {
    return this.#offsets.has(name);
  }

  /**
   * All columns of the table: views of `buffer` for the fields carried, the shared "no value" for the others.
   * (`fromEntries` gives every batch the same fast hidden class. Assigning name by name would make each a
   * hash table, and every access to a column a look-up.)
   */
  columns(buffer: ArrayBufferLike): Columns {
    return Object.fromEntries(
      fieldNames.map((name) => {
        const { storage } = fieldOf(name);
        const offset = this.#offsets.get(name);
        const elements = this.capacity * elementsPerRow(storage);
        return [
          name,
          offset === undefined
            ? absent[storage]
            : new arrays[storage](buffer as ArrayBuffer, offset, elements),
        ];
      }),
    ) as unknown as Columns;
  }
}

/** Who sent the records of a batch. */
export interface Origin {
  /** Address and port of the Exporting Process's end of the transport session, as text. */
  readonly exporter: string;
  readonly observationDomainId: number;
}

/**
 * The address without its port: 192.0.2.1 of 192.0.2.1:4739, 2001:db8::1 of [2001:db8::1]:4739. A path of a
 * socket stays as it is.
 */
export function addressOfEnd(end: string): string {
  const port = end.startsWith('/') ? -1 : end.lastIndexOf(':');
  const host = port < 0 ? end : end.slice(0, port);
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/**
 * Flow records as columns: the one currency between Weir's rooms. All columns that the batch carries are
 * views of one buffer. Every other field of the table has a shared column of "no value", so that a reader
 * needs no second path.
 *
 * Its maker fills a batch and hands it on; nobody else writes to it. A batch given to a sink is valid until
 * the sink's promise settles, then the maker fills it again. A collecting process refills its batch as well:
 * that one is valid until the call returns.
 */
export class FlowBatch {
  readonly layout: BatchLayout;
  readonly columns: Columns;
  dictionary: Dictionary;
  /** The sender of the records; undefined for records that this process made. */
  origin: Origin | undefined;
  /** The records come from an exporter that is no agent: each is complete, not one node's half of a flow. */
  isForeign = false;
  /**
   * Totals that wrap at 2^32, because their exporter has four octets for them. One bit each, from the lowest:
   * octets, packets, reverse octets, reverse packets.
   */
  shortTotals = 0;
  /** Rows filled. */
  length = 0;

  constructor(
    layout: BatchLayout,
    dictionary: Dictionary,
    origin?: Origin,
    buffer: ArrayBufferLike = new ArrayBuffer(layout.octets),
  ) {
    this.layout = layout;
    this.columns = layout.columns(buffer);
    this.dictionary = dictionary;
    this.origin = origin;
  }

  get isFull(): boolean {
    return this.length === this.layout.capacity;
  }

  /** Whether the batch carries this field at all. A row may still have no value in it. */
  has(name: FieldName): boolean {
    return this.layout.has(name);
  }

  /**
   * Whether any row may have a value in this field. Always true for numbers of up to 16 bits, where zero can
   * be a value.
   */
  tells(name: FieldName): boolean {
    const { storage } = fieldOf(name);
    if (storage === 'unsigned8' || storage === 'unsigned16') return true;
    const column = this.columns[name];
    const end = this.length * elementsPerRow(storage);
    if (column instanceof Float64Array) {
      for (let i = 0; i < end; i++) if (!Number.isNaN(column[i])) return true;
    } else {
      for (let i = 0; i < end; i++) if (column[i] !== 0) return true;
    }
    return false;
  }

  /** The address family that can represent both ends of a row: 6 when either is IPv6, else 4. */
  family(row: number): 4 | 6 {
    const { sourceIP, destinationIP } = this.columns;
    const at = row * 4;
    return fitsIPv4(sourceIP, at) && fitsIPv4(destinationIP, at) ? 4 : 6;
  }

  /** The row as an object, for people and tests. */
  at(row: number): FlowRecord {
    if (row < 0 || row >= this.length) throw new RangeError(`row ${row} of a batch of ${this.length}`);
    return readRecord(this, row);
  }

  *[Symbol.iterator](): Generator<FlowRecord> {
    for (let row = 0; row < this.length; row++) yield this.at(row);
  }
}

function fitsIPv4(words: Uint32Array, at: number): boolean {
  return isIPv4(words, at) || isAbsent(words, at);
}
