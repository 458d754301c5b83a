import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants as compression, zstdCompress, zstdCompressSync } from 'node:zlib';
import { NO_LINK } from '../../runtime/index.ts';
import type { ColumnType, ParquetColumn } from './column.ts';
import { type ColumnPages, Encoding, pagesOf } from './column-pages.ts';
import {
  binaryOf,
  encodeThrift,
  int32Of,
  int64Of,
  listOf,
  structOf,
  type ThriftFields,
  type ThriftValue,
} from './thrift.ts';

const MAGIC = Buffer.from('PAR1');
const CREATED_BY = 'weir';
/** Higher levels take far longer, and save nothing on packed bits. */
const LEVEL = { params: { [compression.ZSTD_c_compressionLevel]: 1 } };
/** Smaller columns are not compressed: the call takes longer than it saves. */
const LEAST_COMPRESSED = 64;
/** Another thread would need longer to begin with fewer octets than this one to compress them. */
const LEAST_HANDED_OVER = 16 * 1024;
/** Columns are gathered up to so many octets: each write is a task of its own. */
const WRITTEN_AT_ONCE = 256 * 1024;
/** Columns that are compressed at the same time, by other threads. */
const AHEAD = 3;

const Physical = { int32: 1, int64: 2, octets: 6 } as const;
const Codec = { none: 0, zstd: 6 } as const;
const Page = { data: 0, dictionary: 2 } as const;
const OPTIONAL = 1;

/** The physical type, and the number of its "converted type". */
const types: Readonly<Record<ColumnType, readonly [physical: number, meaning: number | undefined]>> = {
  UINT_8: [Physical.int32, 11],
  UINT_16: [Physical.int32, 12],
  UINT_32: [Physical.int32, 13],
  UINT_64: [Physical.int64, 14],
  INT_64: [Physical.int64, 18],
  TIMESTAMP_MILLIS: [Physical.int64, 9],
  TIMESTAMP_MICROS: [Physical.int64, 10],
  UTF8: [Physical.octets, 0],
  BYTES: [Physical.octets, undefined],
};

const zstd = promisify(zstdCompress) as (octets: Uint8Array, options: object) => Promise<Uint8Array>;

/** Room for all of the result at once: each part of it would be a task of its own. */
async function compressedOf(octets: Uint8Array): Promise<Uint8Array> {
  const options = { ...LEVEL, pledgedSrcSize: octets.length, chunkSize: octets.length + 1024 };
  return octets.length < LEAST_HANDED_OVER ? zstdCompressSync(octets, options) : await zstd(octets, options);
}

/** The octets of a column in the file, and what the footer says about them. */
interface Chunk {
  readonly column: ParquetColumn;
  readonly parts: readonly Uint8Array[];
  readonly factsAt: (at: number) => ThriftValue;
}

/**
 * Writes columns as a Parquet file of one row group, and waits for the disk.
 * @returns its octets
 */
export async function writeParquet(
  path: string,
  columns: readonly ParquetColumn[],
  rows: number,
): Promise<number> {
  const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
  await using file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | NO_LINK, 0o600);
  const content = new GatheredOctets(file);
  await content.add([MAGIC]);
  const chunks: ThriftValue[] = [];
  for await (const { parts, factsAt } of chunksOf(columns, rows)) {
    chunks.push(factsAt(content.octets));
    await content.add(parts);
  }
  const footer = footerOf(columns, chunks, rows, content.octets);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(footer.length);
  await content.add([footer, size, MAGIC]);
  await content.end();
  await file.sync();
  return content.octets;
}

/** Encodes the next columns while others are compressed. */
async function* chunksOf(columns: readonly ParquetColumn[], rows: number): AsyncGenerator<Chunk> {
  const ahead: Promise<Chunk>[] = [];
  try {
    for (const column of columns) {
      ahead.push(chunkOf(column, rows));
      if (ahead.length > AHEAD) yield await ahead.shift()!;
    }
    while (ahead.length > 0) yield await ahead.shift()!;
  } finally {
    await Promise.allSettled(ahead);
  }
}

async function chunkOf(column: ParquetColumn, rows: number): Promise<Chunk> {
  const pages = pagesOf(column);
  const { data, dictionary, encoding } = pages;
  const plain = [...(dictionary === undefined ? [] : [dictionary.octets]), data];
  const isCompressed = plain.some(({ length }) => length >= LEAST_COMPRESSED);
  const contents = isCompressed ? await Promise.all(plain.map((octets) => compressedOf(octets))) : plain;
  const parts: Uint8Array[] = [];
  let uncompressed = 0;
  const addPage = (type: number, i: number, ...own: ThriftFields) => {
    const sizes: ThriftFields = [
      [1, int32Of(type)],
      [2, int32Of(plain[i]!.length)],
      [3, int32Of(contents[i]!.length)],
    ];
    const header = encodeThrift([...sizes, ...own]);
    parts.push(header, contents[i]!);
    uncompressed += header.length + plain[i]!.length;
  };
  if (dictionary !== undefined) {
    const facts = structOf([
      [1, int32Of(dictionary.count)],
      [2, int32Of(Encoding.plain)],
    ]);
    addPage(Page.dictionary, 0, [7, facts]);
  }
  const dictionaryOctets = parts.reduce((sum, { length }) => sum + length, 0);
  const levels = int32Of(Encoding.runs);
  addPage(Page.data, plain.length - 1, [
    5,
    structOf([
      [1, int32Of(rows)],
      [2, int32Of(encoding)],
      [3, levels],
      [4, levels],
    ]),
  ]);
  const octets = parts.reduce((sum, { length }) => sum + length, 0);
  const codec = isCompressed ? Codec.zstd : Codec.none;
  const factsAt = (at: number) => {
    const encodings = new Set([
      Encoding.runs,
      encoding,
      ...(dictionary === undefined ? [] : [Encoding.plain]),
    ]);
    const facts = structOf([
      [1, int32Of(types[column.type][0])],
      [2, listOf('i32', [...encodings].map(int32Of))],
      [3, listOf('binary', [binaryOf(column.name)])],
      [4, int32Of(codec)],
      [5, int64Of(rows)],
      [6, int64Of(uncompressed)],
      [7, int64Of(octets)],
      [9, int64Of(at + dictionaryOctets)],
      [11, dictionary === undefined ? undefined : int64Of(at)],
      [12, statisticsOf(pages)],
    ]);
    return structOf([
      [2, int64Of(at)],
      [3, facts],
    ]);
  };
  return { column, parts, factsAt };
}

function statisticsOf({ nones, range }: ColumnPages): ThriftValue {
  const [least, greatest] = [range?.least, range?.greatest];
  return structOf([
    [3, int64Of(nones)],
    [5, greatest && binaryOf(greatest)],
    [6, least && binaryOf(least)],
  ]);
}

function footerOf(
  columns: readonly ParquetColumn[],
  chunks: readonly ThriftValue[],
  rows: number,
  octets: number,
): Uint8Array {
  const root = structOf([
    [4, binaryOf('rows')],
    [5, int32Of(columns.length)],
  ]);
  const schema = columns.map(({ name, type }) => {
    const [physical, meaning] = types[type];
    return structOf([
      [1, int32Of(physical)],
      [3, int32Of(OPTIONAL)],
      [4, binaryOf(name)],
      [6, meaning === undefined ? undefined : int32Of(meaning)],
    ]);
  });
  const group = structOf([
    [1, listOf('struct', chunks)],
    [2, int64Of(octets)],
    [3, int64Of(rows)],
  ]);
  // Values are ordered by their type.
  const order = structOf([[1, structOf([])]]);
  return encodeThrift([
    [1, int32Of(1)],
    [2, listOf('struct', [root, ...schema])],
    [3, int64Of(rows)],
    [4, listOf('struct', [group])],
    [6, binaryOf(CREATED_BY)],
    [
      7,
      listOf(
        'struct',
        columns.map(() => order),
      ),
    ],
  ]);
}

/** What a file gets, many parts with one write. */
class GatheredOctets {
  /** Of the file, with those that are not written yet. */
  octets = 0;
  readonly #file: FileHandle;
  #parts: Uint8Array[] = [];
  #waiting = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.#parts.push(part);
      this.#waiting += part.length;
      this.octets += part.length;
    }
    if (this.#waiting >= WRITTEN_AT_ONCE) await this.end();
  }

  /** The kernel may write a part only. */
  async end(): Promise<void> {
    const octets = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#waiting = 0;
    for (let at = 0; at < octets.length; ) at += (await this.#file.write(octets, at)).bytesWritten;
  }
}
