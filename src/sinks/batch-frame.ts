import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import { BatchLayout, Dictionary, type FieldName, FlowBatch, fieldNames, fieldOf } from '../flow/index.ts';
import type { Frame } from './spool/index.ts';
import { ToldColumns } from './told-columns.ts';

/*
 * A batch in a frame of a spool, deflated:
 *
 *     octets of the header (32) | header as JSON | columns, as in memory | strings, one after another
 *
 * The columns are those that have values. Their strings are numbered anew, in the order of the header's
 * `lengths`. The octets of a number are in this machine's order, since a spool does not leave its machine.
 */

interface Header {
  readonly rows: number;
  /** Each with how it is stored, so that another version of Weir does not read it as something else. */
  readonly fields: readonly (readonly [FieldName, string])[];
  /** Octets of each string, from id 1 on. */
  readonly lengths: readonly number[];
}

/** Octets that a frame may become when it is inflated: far more than a batch of full rows has. */
const MOST_OCTETS = 256 * 1024 * 1024;
/** As fast as it goes: a batch waits for it. */
const LEVEL = 1;

const compress = promisify(deflateRaw) as (octets: Uint8Array, options: object) => Promise<Buffer>;
const uncompress = promisify(inflateRaw) as (octets: Uint8Array, options: object) => Promise<Buffer>;

/** The batch may be filled anew as soon as this has returned its promise. */
export function frameOf(batch: FlowBatch, timeMs: number): Promise<Frame> {
  const kept = new ToldColumns().copyOf(batch);
  const strings = new UsedStrings(kept.dictionary);
  for (const name of kept.layout.fields) {
    if (fieldOf(name).storage === 'string') strings.renumber(kept.columns[name] as Uint32Array);
  }
  const fields = kept.layout.fields.map((name) => [name, fieldOf(name).storage] as const);
  const header: Header = { rows: kept.length, fields, lengths: strings.lengths };
  const json = Buffer.from(JSON.stringify(header));
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(json.length);
  const columns = new Uint8Array(bufferOf(kept), 0, kept.layout.octets);
  const plain = Buffer.concat([octets, json, columns, ...strings.parts]);
  const records = batch.length;
  return compress(plain, { level: LEVEL }).then((payload) => ({ payload, records, timeMs }));
}

/** Undefined when the frame holds no batch that this version of Weir can read. */
export async function batchOfFrame({ payload, records }: Frame): Promise<FlowBatch | undefined> {
  try {
    const plain = await uncompress(payload, { maxOutputLength: MOST_OCTETS });
    const columnsAt = 4 + plain.readUInt32BE(0);
    const header = JSON.parse(plain.subarray(4, columnsAt).toString()) as Header;
    const isKnown = header.fields.every(
      ([name, storage]) => fieldNames.includes(name) && fieldOf(name).storage === storage,
    );
    if (!isKnown || header.rows !== records) return undefined;
    const layout = new BatchLayout(
      header.fields.map(([name]) => name),
      header.rows,
    );
    const stringsAt = columnsAt + layout.octets;
    const buffer = new ArrayBuffer(layout.octets);
    new Uint8Array(buffer).set(plain.subarray(columnsAt, stringsAt));
    const dictionary = dictionaryOf(plain.subarray(stringsAt), header.lengths);
    if (dictionary === undefined) return undefined;
    const batch = new FlowBatch(layout, dictionary, undefined, buffer);
    batch.length = header.rows;
    return batch;
  } catch {
    return undefined;
  }
}

/** The strings of a dictionary that a batch uses. */
class UsedStrings {
  readonly lengths: number[] = [];
  readonly parts: Uint8Array[] = [];
  readonly #dictionary: Dictionary;
  readonly #numbers = new Map<number, number>([[0, 0]]);

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /** Puts the new ids in place of the old. */
  renumber(column: Uint32Array): void {
    for (const [row, id] of column.entries()) column[row] = this.#numbers.get(id) ?? this.#add(id);
  }

  #add(id: number): number {
    const { bytes, offsets, lengths } = this.#dictionary;
    const start = offsets[id]!;
    this.lengths.push(lengths[id]!);
    this.parts.push(bytes.subarray(start, start + lengths[id]!));
    this.#numbers.set(id, this.lengths.length);
    return this.lengths.length;
  }
}

/** Undefined when the strings are not as long as they should be, or one comes twice. */
function dictionaryOf(bytes: Uint8Array, lengths: readonly number[]): Dictionary | undefined {
  const dictionary = new Dictionary();
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    if (at + length > bytes.length || dictionary.intern(bytes, at, length) !== index + 1) return undefined;
    at += length;
  }
  return dictionary;
}

function bufferOf({ columns, layout }: FlowBatch): ArrayBuffer {
  const [first] = layout.fields;
  return columns[first!].buffer as ArrayBuffer;
}
