import { join } from 'node:path';
import { FlowFilter } from '../flow/index.ts';
import { errnoOf, segmentName } from '../sinks/index.ts';
import type { Engine } from './engine.ts';
import { parquetName } from './file-names.ts';
import { type LogPart, Manifest, type StoredFile } from './manifest.ts';
import { ParquetReader } from './parquet-reader.ts';
import { SCHEMA } from './stored-columns.ts';
import { readSegmentFile, type SegmentContent, type SegmentDamage } from './stored-segment.ts';
import type { FlowsWanted, FoundRows } from './wanted-flows.ts';

/* The parts that a reader of records reads one after another: files, then segments of the log. */

/** How much there is, and when its first and last record were stored. */
export interface Extent {
  readonly records: number;
  readonly octets: number;
  /** Milliseconds since 1970; undefined without records. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export async function* extentOf(part: SegmentPart): AsyncGenerator<Extent> {
  yield await part.extent();
}

/** A file or a segment. */
export interface Part {
  readonly number: number;
  readonly name: string;
  /** What the list says of it. */
  readonly stored: LogPart | undefined;
  count(wanted: FlowsWanted): Promise<number>;
  flows(wanted: FlowsWanted): AsyncIterable<FoundRows>;
}

export async function* matchCountOf(part: Part, wanted: FlowsWanted): AsyncGenerator<number> {
  yield await part.count(wanted);
}

export class FilePart implements Part {
  readonly number: number;
  readonly name: string;
  readonly stored: StoredFile;
  readonly #path: string;
  readonly #engine: Engine;

  constructor(directory: string, engine: Engine, stored: StoredFile) {
    this.number = stored.number;
    this.name = parquetName(this.number);
    this.stored = stored;
    this.#path = join(directory, this.name);
    this.#engine = engine;
  }

  async count(wanted: FlowsWanted): Promise<number> {
    await using reader = await this.#open();
    return await reader.count(wanted);
  }

  async *flows(wanted: FlowsWanted): AsyncGenerator<FoundRows> {
    await using reader = await this.#open();
    for await (const batch of reader.batches(wanted)) yield { batch, rows: [...Array(batch.length).keys()] };
  }

  #open(): Promise<ParquetReader> {
    const { schema } = this.stored;
    if (schema > SCHEMA) throw new Error(`a later Weir wrote it (layout ${schema}, not ${SCHEMA})`);
    return ParquetReader.open(this.#engine, this.#path, this.stored);
  }
}

/** A segment of the log. It may become a file at any moment, with the same records and number. */
export class SegmentPart implements Part {
  readonly number: number;
  readonly name: string;
  readonly stored: LogPart | undefined;
  readonly #directory: string;
  readonly #engine: Engine;
  readonly #onDamage: (damage: SegmentDamage) => void;

  constructor(
    directory: string,
    engine: Engine,
    number: number,
    stored: LogPart | undefined,
    onDamage: (damage: SegmentDamage) => void,
  ) {
    this.number = number;
    this.name = segmentName(number);
    this.stored = stored;
    this.#directory = directory;
    this.#engine = engine;
    this.#onDamage = onDamage;
  }

  async extent(): Promise<Extent> {
    const content = await this.#content();
    if ('number' in content) return content;
    const { batches, octets } = content;
    const times = batches.map(({ timeMs }) => timeMs);
    return {
      records: sumOf(batches.map(({ batch }) => batch.length)),
      octets,
      fromMs: leastOf(times),
      toMs: greatestOf(times),
    };
  }

  async count(wanted: FlowsWanted): Promise<number> {
    let count = 0;
    for await (const { rows } of this.flows(wanted)) count += rows.length;
    return count;
  }

  async *flows(wanted: FlowsWanted): AsyncGenerator<FoundRows> {
    const content = await this.#content();
    if ('number' in content) {
      yield* new FilePart(this.#directory, this.#engine, content).flows(wanted);
      return;
    }
    const { condition, sinceMs = Number.NEGATIVE_INFINITY } = wanted;
    const filter = new FlowFilter(condition);
    for (const { batch, timeMs } of content.batches) {
      if (timeMs < sinceMs) continue;
      const passes = filter.bind(batch);
      yield { batch, rows: [...Array(batch.length).keys()].filter(passes) };
    }
  }

  /** Its content, or the file that it has become since the manifest was read. @throws ENOENT if it is gone */
  async #content(): Promise<SegmentContent | StoredFile> {
    try {
      const content = await readSegmentFile(join(this.#directory, this.name), this.number, this.stored);
      if (content.damage !== undefined) this.#onDamage(content.damage);
      return content;
    } catch (error) {
      const isGone = errnoOf(error) === 'ENOENT';
      const file = isGone ? (await Manifest.read(this.#directory)).files.get(this.number) : undefined;
      if (file === undefined) throw error;
      return file;
    }
  }
}

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Undefined for no numbers. A history may have more than a call takes as arguments. */
export const leastOf = (numbers: readonly number[]): number | undefined =>
  numbers.length === 0 ? undefined : numbers.reduce((least, number) => Math.min(least, number));

export const greatestOf = (numbers: readonly number[]): number | undefined =>
  numbers.length === 0 ? undefined : numbers.reduce((greatest, number) => Math.max(greatest, number));
