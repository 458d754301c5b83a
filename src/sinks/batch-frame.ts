import { promisify } from 'node:util';
import { constants, inflateRaw, zstdCompress, zstdDecompress } from 'node:zlib';
import { BatchLayout, Dictionary, type FieldName, FlowBatch, fieldNames, fieldOf } from '../flow/index.ts';
import { NARROW, narrowColumn, widenColumn } from './narrow-columns.ts';
import type { Frame } from './spool/index.ts';
import { ToldColumns } from './told-columns.ts';

/*
 * A batch in a frame of a spool, compressed by zstd:
 *
 *     octets of the header (32) | header as JSON | columns, one after another | strings, likewise
 *
 * The columns are those with values, each as in memory or narrow (`narrow-columns.ts`), and filled up to eight
 * octets. Their strings get new numbers, in the order of the header's `lengths`. Numbers are in this machine's
 * octet order, since a spool stays on its machine.
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

const compress = promisify(zstdCompress) as (octets: Uint8Array, options: object) => Promise<Buffer>;
const uncompress = promisify(zstdDecompress) as (octets: Uint8Array, options: object) => Promise<Buffer>;
const inflate = promisify(inflateRaw) as (octets: Uint8Array, options: object) => Promise<Buffer>;

/** Encodes a batch. The caller may refill the batch as soon as this returns its promise. */
export function frameOf(batch: FlowBatch, timeMs: number): Promise<Frame> {
  const kept = new ToldColumns().copyOf(batch);
  const strings = new UsedStrings(kept.dictionary);
  for (const name of kept.layout.fields) {
    if (fieldOf(name).storage === 'string') strings.renumber(kept.columns[name] as Uint32Array);
  }
  const fields: Header['fields'][number][] = [];
  const columns: Uint8Array[] = [];
  for (const name of kept.layout.fields) {
    const { storage } = fieldOf(name);
    const column = kept.columns[name];
    const narrow = column instanceof Float64Array ? narrowColumn(column) : undefined;
    fields.push(narrow === undefined ? [name, storage] : [name, storage + NARROW, narrow.base]);
    columns.push(narrow === undefined ? octetsOf(column) : octetsOf(narrow.numbers));
  }
  const header: Header = { rows: kept.length, fields, lengths: strings.lengths };
  const json = Buffer.from(JSON.stringify(header));
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(json.length);
  const plain = Buffer.concat([octets, json, ...columns, strings.octets()]);
  const records = batch.length;
  const sizes = { pledgedSrcSize: plain.length, chunkSize: chunkSizeOf(plain.length) };
  return compress(plain, { ...COMPRESSION, ...sizes }).then((payload) => ({ payload, records, timeMs }));
}

/** Room for all of a result at once: each part of it would be a task of its own. */
const chunkSizeOf = (octets: number): number => Math.min(MOST_CHUNK, octets + 1024);

/** Decodes a batch; undefined when this version of Weir cannot read the frame. */
export async function batchOfFrame({ payload, records }: Frame): Promise<FlowBatch | undefined> {
  try {
    const read = payload[0] === ZSTD ? uncompress : inflate;
    const chunkSize = chunkSizeOf(payload.length * EXPANSION);
    const plain = await read(payload, { maxOutputLength: MOST_OCTETS, chunkSize });
    const columnsAt = 4 + plain.readUInt32BE(0);
    const header = JSON.parse(plain.subarray(4, columnsAt).toString()) as Header;
    const isKnown = header.fields.every(([name, storage, base]) => {
      if (!fieldNames.includes(name)) return false;
      const own = fieldOf(name).storage;
      return storage === (base === undefined ? own : own + NARROW);
    });
    if (!isKnown || header.rows !== records) return undefined;
    const layout = new BatchLayout(
      header.fields.map(([name]) => name),
      header.rows,
    );
    const batch = new FlowBatch(layout, new Dictionary());
    let at = columnsAt;
    for (const [name, , base] of header.fields) {
      const column = batch.columns[name];
      const stored = base === undefined ? column : new Uint32Array(header.rows + (header.rows & 1));
      const octets = octetsOf(stored);
      octets.set(plain.subarray(at, at + octets.length));
      at += octets.length;
      if (base !== undefined) widenColumn(stored as Uint32Array, base, column as Float64Array);
    }
    const dictionary = dictionaryOf(plain.subarray(at), header.lengths);
    if (dictionary === undefined) return undefined;
    batch.dictionary = dictionary;
    batch.length = header.rows;
    return batch;
  } catch {
    return undefined;
  }
}

/** The strings of a dictionary that a batch uses. */
class UsedStrings {
  readonly lengths: number[] = [];
  readonly #ids: number[] = [];
  readonly #dictionary: Dictionary;
  /** New ids by the old ones; 0 for those that are not used yet. */
  readonly #numbers: Uint32Array;

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
    this.#numbers = new Uint32Array(dictionary.size);
  }

  /** Replaces the old ids by new ones. */
  renumber(column: Uint32Array): void {
    for (let row = 0; row < column.length; row++) {
      const id = column[row]!;
      if (id !== 0) column[row] = this.#numbers[id] || this.#add(id);
    }
  }

  octets(): Uint8Array {
    const { bytes, offsets } = this.#dictionary;
    const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const all = Buffer.alloc(this.lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const [i, id] of this.#ids.entries()) {
      const start = offsets[id]!;
      at += from.copy(all, at, start, start + this.lengths[i]!);
    }
    return all;
  }

  #add(id: number): number {
    this.#ids.push(id);
    this.#numbers[id] = this.lengths.push(this.#dictionary.lengths[id]!);
    return this.#numbers[id]!;
  }
}

/** Undefined when the lengths of the strings are wrong, or a string is there twice. */
function dictionaryOf(bytes: Uint8Array, lengths: readonly number[]): Dictionary | undefined {
  const dictionary = new Dictionary();
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    if (at + length > bytes.length || dictionary.intern(bytes, at, length) !== index + 1) return undefined;
    at += length;
  }
  return dictionary;
}

/** The octets of a column, up to a multiple of eight, to which a column is aligned. */
const octetsOf = ({ buffer, byteOffset, byteLength }: NodeJS.TypedArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, Math.ceil(byteLength / 8) * 8);
