import { constants, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  BatchLayout,
  type Columns,
  Dictionary,
  elementsPerRow,
  type FieldName,
  FlowBatch,
  fieldNames,
  fieldOf,
} from '../flow/index.ts';
import { NARROW, narrowColumn, narrowNumbers, widenColumn } from './narrow-columns.ts';
import { OctetBuffer } from './octet-buffer.ts';
import type { Frame } from './spool/index.ts';

/*
 * A batch in a frame of a spool, compressed by zstd:
 *
 *     octets of the header (32) | header as JSON | columns, one after another | strings, likewise
 *
 * The columns are those with values, each as in memory or narrow (`narrow-columns.ts`), and filled up to
 * eight octets. Their strings get new numbers, in the order of the header's `lengths`. Numbers are in this
 * machine's octet order, since a spool stays on its machine.
 */

interface Header {
  readonly rows: number;
  /**
   * Each field with its storage, so that another version of Weir does not misread it. A narrow one has its
   * base, too.
   */
  readonly fields: readonly (readonly [name: FieldName, storage: string, base?: number])[];
  /** Octets of each string, from id 1 on. */
  readonly lengths: readonly number[];
}

/** Maximum octets of an inflated frame: far more than a batch of full rows has. */
const MOST_OCTETS = 256 * 1024 * 1024;
const MOST_CHUNK = 4 * 1024 * 1024;
/** Room for a frame that expands as far as most do. */
const EXPANSION = 8;
/** A fast level, because a batch waits for it. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** The first octet of zstd. Earlier versions of Weir deflated their frames, which cannot begin with it. */
const ZSTD = 0x28;

const knownFields: ReadonlySet<string> = new Set(fieldNames);
/** Neighbouring frames have the same few layouts. */
const MOST_LAYOUTS = 64;
const layouts = new Map<string, BatchLayout>();

const columnBuffer = new OctetBuffer();
const plainBuffer = new OctetBuffer();

/** Encodes a batch. The caller may refill it then. */
export function frameOf(batch: FlowBatch, timeMs: number): Frame {
  const { layout, length: rows } = batch;
  const strings = new UsedStrings(batch.dictionary);
  const fields: Header['fields'][number][] = [];
  columnBuffer.length = 0;
  for (const name of layout.fields) {
    if (!batch.tells(name)) continue;
    const { storage } = fieldOf(name);
    const column = batch.columns[name].subarray(0, rows * elementsPerRow(storage));
    const narrow = column instanceof Float64Array ? narrowColumn(column) : undefined;
    fields.push(narrow === undefined ? [name, storage] : [name, storage + NARROW, narrow.base]);
    addColumn(narrow?.numbers ?? (storage === 'string' ? strings.renumbered(column as Uint32Array) : column));
  }
  const header: Header = { rows, fields, lengths: strings.lengths };
  const json = Buffer.from(JSON.stringify(header));
  plainBuffer.length = 0;
  const size = Buffer.alloc(4);
  size.writeUInt32BE(json.length);
  plainBuffer.add(size);
  plainBuffer.add(json);
  plainBuffer.add(columnBuffer.octets);
  strings.addTo(plainBuffer);
  const plain = plainBuffer.octets;
  const sizes = { pledgedSrcSize: plain.length, chunkSize: chunkSizeOf(plain.length) };
  // Another thread would need as much time of this one, and memory for each batch.
  const payload = zstdCompressSync(plain, { ...COMPRESSION, ...sizes });
  return { payload, records: rows, timeMs };
}

/** Up to a multiple of eight octets, to which a column is aligned. */
function addColumn({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): void {
  columnBuffer.add(new Uint8Array(buffer, byteOffset, byteLength));
  columnBuffer.reserve(-byteLength & 7).fill(0);
}

/** Room for all of a result at once: each part of it would be a task of its own. */
const chunkSizeOf = (octets: number): number => Math.min(MOST_CHUNK, octets + 1024);

/**
 * Decodes a batch; undefined when this version of Weir cannot read the frame. Most frames are small: for
 * another thread to inflate one takes more time of this thread than to do it here.
 * @param dictionary gets its strings; neighbouring batches have mostly the same ones
 * @param wanted the batch has only these fields, and the dictionary only their strings; default all
 */
export function batchOfFrame(
  { payload, records }: Frame,
  dictionary = new Dictionary(),
  wanted?: ReadonlySet<FieldName>,
): FlowBatch | undefined {
  try {
    const inflate = payload[0] === ZSTD ? zstdDecompressSync : inflateRawSync;
    const chunkSize = chunkSizeOf(payload.length * EXPANSION);
    const plain = inflate(payload, { maxOutputLength: MOST_OCTETS, chunkSize });
    const columnsAt = 4 + plain.readUInt32BE(0);
    const header = JSON.parse(plain.subarray(4, columnsAt).toString()) as Header;
    const isKnown = header.fields.every(([name, storage, base]) => {
      if (!knownFields.has(name)) return false;
      const own = fieldOf(name).storage;
      return storage === (base === undefined ? own : own + NARROW);
    });
    if (!isKnown || header.rows !== records) return undefined;
    const batch = new FlowBatch(layoutOf(header, wanted), dictionary);
    const stringsAt = plain.length - header.lengths.reduce((sum, length) => sum + length, 0);
    const strings = new FrameStrings(plain, stringsAt, header.lengths, dictionary);
    let at = columnsAt;
    for (const [name, storage, base] of header.fields) {
      const column = batch.columns[name];
      const end = at + storedOctets(header.rows, name, column, base);
      if (batch.has(name)) {
        const stored = base === undefined ? column : narrowNumbers(header.rows);
        octetsOf(stored).set(plain.subarray(at, end));
        if (storage === 'string') strings.renumber(column as Uint32Array);
        if (base !== undefined) widenColumn(stored as Uint32Array, base, column as Float64Array);
      }
      at = end;
    }
    if (at !== stringsAt) return undefined;
    batch.length = header.rows;
    return batch;
  } catch {
    return undefined;
  }
}

function layoutOf({ rows, fields }: Header, wanted?: ReadonlySet<FieldName>): BatchLayout {
  const names = fields.map(([name]) => name).filter((name) => wanted === undefined || wanted.has(name));
  const key = `${rows} ${names.join()}`;
  let layout = layouts.get(key);
  if (layout === undefined) {
    if (layouts.size >= MOST_LAYOUTS) layouts.clear();
    layout = new BatchLayout(names, rows);
    layouts.set(key, layout);
  }
  return layout;
}

/** New ids by the old ones of the batch being encoded; 0 for those that are not used yet. */
let newIds = new Uint32Array(4096);
let renumberedIds = new Uint32Array(0);

/** The strings of a dictionary that a batch uses. */
class UsedStrings {
  readonly lengths: number[] = [];
  readonly #ids: number[] = [];
  #octets = 0;
  readonly #dictionary: Dictionary;

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
    if (newIds.length < dictionary.size) newIds = new Uint32Array(dictionary.size * 2);
  }

  /** The new ids of a column, until the next call. */
  renumbered(column: Uint32Array): Uint32Array {
    if (renumberedIds.length < column.length) renumberedIds = new Uint32Array(column.length);
    for (let row = 0; row < column.length; row++) {
      const id = column[row]!;
      renumberedIds[row] = id === 0 ? 0 : newIds[id] || this.#add(id);
    }
    return renumberedIds.subarray(0, column.length);
  }

  /** Nothing can be renumbered afterwards. */
  addTo(buffer: OctetBuffer): void {
    const { bytes, offsets, lengths } = this.#dictionary;
    const to = buffer.reserve(this.#octets);
    let at = 0;
    for (const id of this.#ids) {
      // Names are short: to copy them octet by octet takes less time than a call for each.
      const end = offsets[id]! + lengths[id]!;
      for (let from = offsets[id]!; from < end; from++) to[at++] = bytes[from]!;
      newIds[id] = 0;
    }
  }

  #add(id: number): number {
    const octets = this.#dictionary.lengths[id]!;
    this.#ids.push(id);
    this.#octets += octets;
    newIds[id] = this.lengths.push(octets);
    return newIds[id]!;
  }
}

const NO_ID_YET = 0xffff_ffff;

/** The strings of a frame, which stand one after another. The dictionary gets those of renumbered columns. */
class FrameStrings {
  readonly #octets: Uint8Array;
  readonly #ends: Uint32Array;
  /** By the number in the frame. */
  readonly #ids: Uint32Array;
  readonly #dictionary: Dictionary;

  constructor(octets: Uint8Array, from: number, lengths: readonly number[], dictionary: Dictionary) {
    this.#octets = octets;
    this.#ends = new Uint32Array(lengths.length + 1);
    let end = from;
    this.#ends[0] = end;
    for (const [i, length] of lengths.entries()) {
      end += length;
      this.#ends[i + 1] = end;
    }
    this.#ids = new Uint32Array(lengths.length + 1).fill(NO_ID_YET, 1);
    this.#dictionary = dictionary;
  }

  renumber(column: Uint32Array): void {
    const ids = this.#ids;
    for (let row = 0; row < column.length; row++) {
      const number = column[row]!;
      if (ids[number] === NO_ID_YET) ids[number] = this.#intern(number);
      column[row] = ids[number]!;
    }
  }

  #intern(number: number): number {
    const start = this.#ends[number - 1]!;
    return this.#dictionary.intern(this.#octets, start, this.#ends[number]! - start);
  }
}

/** The octets of a column in a frame. */
function storedOctets(rows: number, name: FieldName, column: Columns[FieldName], base?: number): number {
  const { BYTES_PER_ELEMENT: width } = column;
  const octets = rows * (base === undefined ? width * elementsPerRow(fieldOf(name).storage) : 4);
  return Math.ceil(octets / 8) * 8;
}

/** The octets of a column, up to a multiple of eight, to which a column is aligned. */
const octetsOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, Math.ceil(byteLength / 8) * 8);
