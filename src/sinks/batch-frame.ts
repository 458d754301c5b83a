import { constants, inflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  BatchLayout,
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
 */
export function batchOfFrame(
  { payload, records }: Frame,
  dictionary = new Dictionary(),
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
    const batch = new FlowBatch(layoutOf(header), dictionary);
    const stringsAt = plain.length - header.lengths.reduce((sum, length) => sum + length, 0);
    const ids = idsOf(plain, stringsAt, header.lengths, dictionary);
    let at = columnsAt;
    for (const [name, storage, base] of header.fields) {
      const column = batch.columns[name];
      const stored = base === undefined ? column : narrowNumbers(header.rows);
      const octets = octetsOf(stored);
      octets.set(plain.subarray(at, at + octets.length));
      at += octets.length;
      if (storage === 'string') renumberStrings(column as Uint32Array, ids);
      if (base !== undefined) widenColumn(stored as Uint32Array, base, column as Float64Array);
    }
    if (at !== stringsAt) return undefined;
    batch.length = header.rows;
    return batch;
  } catch {
    return undefined;
  }
}

function layoutOf({ rows, fields }: Header): BatchLayout {
  const names = fields.map(([name]) => name);
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
    const { bytes, offsets } = this.#dictionary;
    for (const [i, id] of this.#ids.entries()) {
      buffer.add(bytes, offsets[id]!, offsets[id]! + this.lengths[i]!);
      newIds[id] = 0;
    }
  }

  #add(id: number): number {
    this.#ids.push(id);
    newIds[id] = this.lengths.push(this.#dictionary.lengths[id]!);
    return newIds[id]!;
  }
}

/** The ids of strings that stand one after another, in their order; 0 for none comes first. */
function idsOf(octets: Uint8Array, from: number, lengths: readonly number[], into: Dictionary): number[] {
  const ids = [0];
  let at = from;
  for (const length of lengths) {
    ids.push(into.intern(octets, at, length));
    at += length;
  }
  return ids;
}

function renumberStrings(column: Uint32Array, ids: readonly number[]): void {
  for (let row = 0; row < column.length; row++) column[row] = ids[column[row]!]!;
}

/** The octets of a column, up to a multiple of eight, to which a column is aligned. */
const octetsOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, Math.ceil(byteLength / 8) * 8);
