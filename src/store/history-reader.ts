import { join } from 'node:path';
import { type FlowBatch, type FlowCondition, FlowFilter } from '../flow/index.ts';
import { errnoOf, segmentName, segmentNumber } from '../sinks/index.ts';
import { Engine } from './engine.ts';
import { isDamaged, parquetName, type SumTier } from './file-names.ts';
import { type HistoryCoverage, historyCoverage } from './history-coverage.ts';
import { firstLineOf, historyError } from './history-error.ts';
import { namesInHistory, UNLISTED, unlistedFiles } from './history-names.ts';
import { Manifest, type StoredFile, type SumsFile } from './manifest.ts';
import { ParquetReader } from './parquet-reader.ts';
import { SCHEMA } from './stored-columns.ts';
import { readSegmentFile, type SegmentContent } from './stored-segment.ts';
import { tierMs } from './sums-query.ts';
import type { TimeSpan } from './time-span.ts';
import { ABSENCES, WritingFile } from './writing-file.ts';

export interface FlowsWanted {
  readonly condition: FlowCondition;
  /** Stored at this time or later, in milliseconds since 1970. */
  readonly sinceMs?: number | undefined;
  /** Only the newest, this many. */
  readonly last?: number | undefined;
}

/** Rows of a batch. */
export interface FoundRows {
  readonly batch: FlowBatch;
  readonly rows: readonly number[];
}

export interface HistoryStats {
  readonly files: number;
  /** In files, and in the log. */
  readonly records: number;
  readonly logRecords: number;
  readonly octets: number;
  /** When the first and the last record were stored; undefined when there is none. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
  readonly damagedFiles: number;
  /** Records that are no longer there, by reason. */
  readonly departed: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<SumTier, SumStats>>;
}

/** What a tier of sums has. */
export interface SumStats {
  readonly files: number;
  readonly rows: number;
  /** Records that they sum up. */
  readonly records: number;
  readonly octets: number;
  /** When its first minute or hour begins, and its last one ends; undefined when there is none. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
  /** Records whose sums are no longer there, by reason. */
  readonly departed: Readonly<Record<string, number>>;
}

/**
 * Reads the history of a directory as it is now. It needs no lock, whoever writes: complete files do not
 * change, and a deleted one stays readable while it is open.
 */
export class HistoryReader implements Disposable {
  /** What could not be read, for people. */
  readonly notices: string[] = [];
  readonly #directory: string;
  readonly #engine: Engine;
  readonly #manifest: Manifest;
  /** Numbers of the segments that no file has yet. */
  readonly #segments: readonly number[];
  readonly #names: readonly string[];

  private constructor(directory: string, engine: Engine, manifest: Manifest, names: readonly string[]) {
    this.#directory = directory;
    this.#engine = engine;
    this.#manifest = manifest;
    this.#names = names;
    this.#segments = names
      .map(segmentNumber)
      .filter((number) => number !== undefined)
      .filter((number) => !manifest.files.has(number))
      .sort((one, other) => one - other);
    for (const name of unlistedFiles(directory, names, manifest))
      this.notices.push(`left out ${name}: ${UNLISTED}`);
  }

  /** @throws {WeirError} WEIR_HISTORY_… */
  static async open(directory: string): Promise<HistoryReader> {
    const engine = await Engine.start();
    try {
      // First the segments: one that becomes a file meanwhile is in the manifest then.
      const names = await namesInHistory(directory);
      return new HistoryReader(directory, engine, await Manifest.read(directory), names);
    } catch (error) {
      engine[Symbol.dispose]();
      throw historyError('read', directory, error);
    }
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }

  /** When the oldest record was stored; undefined for an empty history. */
  async oldestMs(): Promise<number | undefined> {
    return (
      leastOf([...this.#manifest.files.values()].map(({ fromMs }) => fromMs)) ??
      (await this.#logExtent()).fromMs
    );
  }

  async stats(): Promise<HistoryStats> {
    const files = [...this.#manifest.files.values()];
    const log = await this.#logExtent();
    const times = [log.fromMs, log.toMs].filter((time) => time !== undefined);
    return {
      files: files.length,
      records: sumOf(files.map(({ records }) => records)) + log.records,
      logRecords: log.records,
      octets: sumOf([...files, ...this.#manifest.sums.values()].map(({ octets }) => octets)) + log.octets,
      oldestMs: leastOf([...files.map(({ fromMs }) => fromMs), ...times]),
      newestMs: greatestOf([...files.map(({ toMs }) => toMs), ...times]),
      damagedFiles: this.#names.filter(isDamaged).length,
      departed: Object.fromEntries(this.#manifest.departed),
      sums: { minutes: this.#sumStats('minutes'), hours: this.#sumStats('hours') },
    };
  }

  /**
   * How much of a time it covers with records. Sums may cover more.
   * @param nowMs what comes later is no gap
   */
  async coverage(span: TimeSpan, nowMs: number): Promise<HistoryCoverage> {
    const { lost, files } = this.#manifest;
    const { oldestMs, newestMs } = await this.stats();
    const undeletedFromMs = this.#manifest.undeletedFrom([...files.keys(), ...this.#segments]);
    const writing = await new WritingFile(this.#directory).read();
    const { spans: absences } = await new WritingFile(this.#directory, ABSENCES).read();
    const evidence = { oldestMs, newestMs, undeletedFromMs, writing, absences, unreadable: lost };
    return historyCoverage(span, evidence, nowMs);
  }

  /** The files that have the sums of a tier, in the order of the record files that they sum up. */
  sumsOf(tier: SumTier): readonly SumsFile[] {
    return this.#manifest.sumsOf(tier);
  }

  #sumStats(tier: SumTier): SumStats {
    const files = this.sumsOf(tier);
    return {
      files: files.length,
      rows: sumOf(files.map(({ rows }) => rows)),
      records: sumOf(files.map(({ records }) => records)),
      octets: sumOf(files.map(({ octets }) => octets)),
      oldestMs: leastOf(files.map(({ fromMs }) => fromMs)),
      newestMs: greatestOf(files.map(({ toMs }) => toMs + tierMs[tier])),
      departed: Object.fromEntries(this.#manifest.departedSums[tier]),
    };
  }

  /**
   * Records in the order in which they were stored.
   * @throws {TypeError} with the word of the filter, the value and what was expected
   */
  async *flows(wanted: FlowsWanted): AsyncGenerator<FoundRows> {
    new FlowFilter(wanted.condition); // it checks the values
    const parts = this.#parts(wanted);
    const { from, skip } = await this.#startOf(parts, wanted);
    let left = skip;
    for (const part of parts.slice(from)) {
      for await (const found of this.#readable(part, part.flows(wanted))) {
        const rows = left === 0 ? found.rows : found.rows.slice(left);
        left -= found.rows.length - rows.length;
        if (rows.length > 0) yield { batch: found.batch, rows };
      }
    }
  }

  /** Where the newest so many begin: a part, and how many of its records come before. */
  async #startOf(parts: readonly Part[], wanted: FlowsWanted): Promise<{ from: number; skip: number }> {
    const { last } = wanted;
    if (last === undefined) return { from: 0, skip: 0 };
    let [from, count] = [parts.length, 0];
    while (from > 0 && count < last) {
      from--;
      for await (const more of this.#readable(parts[from]!, countsOf(parts[from]!, wanted))) count += more;
    }
    return { from, skip: Math.max(0, count - last) };
  }

  #parts({ sinceMs = Number.NEGATIVE_INFINITY }: FlowsWanted): Part[] {
    const files = [...this.#manifest.files.values()]
      .filter(({ toMs }) => toMs >= sinceMs)
      .map((file) => new FilePart(this.#directory, this.#engine, file));
    const segments = this.#segments.map((number) => this.#segment(number));
    return [...files, ...segments].sort((one, other) => one.number - other.number);
  }

  #segment(number: number): SegmentPart {
    return new SegmentPart(this.#directory, this.#engine, number, (text) => this.#notice(text));
  }

  /** What a part has. A deleted one has nothing, and one that cannot be read is told. */
  async *#readable<T>(part: Part, content: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* content;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      this.#notice(`left out ${part.name}: ${firstLineOf(error)}`);
    }
  }

  #notice(text: string): void {
    if (!this.notices.includes(text)) this.notices.push(text);
  }

  async #logExtent(): Promise<Extent> {
    const extents: Extent[] = [];
    for (const number of this.#segments) {
      const part = this.#segment(number);
      for await (const extent of this.#readable(part, extentOf(part))) extents.push(extent);
    }
    return {
      records: sumOf(extents.map(({ records }) => records)),
      octets: sumOf(extents.map(({ octets }) => octets)),
      fromMs: leastOf(extents.flatMap(({ fromMs }) => fromMs ?? [])),
      toMs: greatestOf(extents.flatMap(({ toMs }) => toMs ?? [])),
    };
  }
}

/** How much there is, and when its first and last record were stored. */
interface Extent {
  readonly records: number;
  readonly octets: number;
  /** Milliseconds since 1970; undefined without records. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

async function* extentOf(part: SegmentPart): AsyncGenerator<Extent> {
  yield await part.extent();
}

/** A file or a segment. */
interface Part {
  readonly number: number;
  readonly name: string;
  count(wanted: FlowsWanted): Promise<number>;
  flows(wanted: FlowsWanted): AsyncIterable<FoundRows>;
}

async function* countsOf(part: Part, wanted: FlowsWanted): AsyncGenerator<number> {
  yield await part.count(wanted);
}

class FilePart implements Part {
  readonly number: number;
  readonly name: string;
  readonly #path: string;
  readonly #engine: Engine;
  readonly #schema: number;

  constructor(directory: string, engine: Engine, { number, schema }: StoredFile) {
    this.number = number;
    this.name = parquetName(number);
    this.#path = join(directory, this.name);
    this.#engine = engine;
    this.#schema = schema;
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
    if (this.#schema > SCHEMA)
      throw new Error(`a later Weir wrote it (layout ${this.#schema}, not ${SCHEMA})`);
    return ParquetReader.open(this.#engine, this.#path);
  }
}

/** A segment of the log. It may become a file at any moment, with the same records and number. */
class SegmentPart implements Part {
  readonly number: number;
  readonly name: string;
  readonly #directory: string;
  readonly #engine: Engine;
  readonly #notice: (text: string) => void;

  constructor(directory: string, engine: Engine, number: number, notice: (text: string) => void) {
    this.number = number;
    this.name = segmentName(number);
    this.#directory = directory;
    this.#engine = engine;
    this.#notice = notice;
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
      const content = await readSegmentFile(join(this.#directory, this.name), this.number);
      const { unreadableRecords } = content;
      if (unreadableRecords > 0)
        this.#notice(`left out ${unreadableRecords} records of ${this.name}, which cannot be read`);
      return content;
    } catch (error) {
      const isGone = errnoOf(error) === 'ENOENT';
      const file = isGone ? (await Manifest.read(this.#directory)).files.get(this.number) : undefined;
      if (file === undefined) throw error;
      return file;
    }
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Undefined for no numbers. A history may have more than a call takes as arguments. */
const leastOf = (numbers: readonly number[]): number | undefined =>
  numbers.length === 0 ? undefined : numbers.reduce((least, number) => Math.min(least, number));

const greatestOf = (numbers: readonly number[]): number | undefined =>
  numbers.length === 0 ? undefined : numbers.reduce((greatest, number) => Math.max(greatest, number));
