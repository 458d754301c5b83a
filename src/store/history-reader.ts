import { FlowFilter } from '../flow/index.ts';
import { errnoOf, segmentName } from '../sinks/index.ts';
import { Engine } from './engine.ts';
import { forSumTiers, isDamaged, type SumTier, sumRangeOf } from './file-names.ts';
import { type HistoryCoverage, historyCoverage } from './history-coverage.ts';
import { historyError } from './history-error.ts';
import {
  listFaults,
  namesInHistory,
  readWritingFiles,
  segmentsIn,
  UNLISTED,
  unlistedFiles,
  type WritingFiles,
} from './history-names.ts';
import {
  type Extent,
  extentOf,
  FilePart,
  greatestOf,
  leastOf,
  matchCountOf,
  type Part,
  SegmentPart,
  sumOf,
} from './history-parts.ts';
import {
  absentParts,
  isStillListed,
  type LeftOutPart,
  leftOutReason,
  leftOutText,
  lostBefore,
} from './left-out.ts';
import { Manifest, type SumsFile } from './manifest.ts';
import { tierMs } from './sum-columns.ts';
import type { TimeSpan } from './time-span.ts';
import type { FlowsWanted, FoundRows } from './wanted-flows.ts';

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
  /** When its first time begins, such as an hour, and its last one ends; undefined when there is none. */
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
  /** Records that could not be read. */
  readonly leftOut: LeftOutPart[] = [];
  /** What else is not as it should be, for people. */
  readonly faults: readonly string[];
  readonly #directory: string;
  readonly #engine: Engine;
  readonly #manifest: Manifest;
  /** Numbers of the segments that no file has yet. */
  readonly #segments: readonly number[];
  readonly #names: readonly string[];
  readonly #times: WritingFiles;
  readonly #signal: AbortSignal | undefined;
  readonly #stopInterrupting: () => void;

  private constructor(
    directory: string,
    engine: Engine,
    manifest: Manifest,
    names: readonly string[],
    times: WritingFiles,
    signal: AbortSignal | undefined,
  ) {
    this.#directory = directory;
    this.#engine = engine;
    this.#manifest = manifest;
    this.#names = names;
    this.#times = times;
    this.#signal = signal;
    this.#stopInterrupting = signal === undefined ? () => {} : engine.interruptOn(signal);
    this.#segments = segmentsIn(names, manifest);
    this.faults = [
      ...unlistedFiles(directory, names, manifest).map((name) => `left out ${name}: ${UNLISTED}`),
      ...listFaults(manifest, times),
    ];
  }

  /** What could not be read, for people who may know all. */
  get notices(): readonly string[] {
    return [...this.faults, ...this.leftOut.map((part) => leftOutText(part, true))];
  }

  /**
   * @param signal its abortion ends what it reads, also within DuckDB, with what the signal says
   * @throws {WeirError} WEIR_HISTORY_…
   */
  static async open(directory: string, signal?: AbortSignal): Promise<HistoryReader> {
    const engine = await Engine.start();
    try {
      // First the segments: one that becomes a file meanwhile is in the manifest then.
      const names = await namesInHistory(directory);
      const manifest = await Manifest.read(directory);
      const times = await readWritingFiles(directory);
      return new HistoryReader(directory, engine, manifest, names, times, signal);
    } catch (error) {
      engine[Symbol.dispose]();
      throw historyError('read', directory, error);
    }
  }

  [Symbol.dispose](): void {
    this.#stopInterrupting();
    this.#engine[Symbol.dispose]();
  }

  /** When the oldest record was stored; undefined for an empty history. */
  async oldestMs(): Promise<number | undefined> {
    return (
      leastOf([...this.#manifest.files.values()].map(({ fromMs }) => fromMs)) ??
      (await this.#logExtent()).fromMs
    );
  }

  /** What the list has that is no longer there is left out afterwards, and counted here. */
  async stats(): Promise<HistoryStats> {
    for (const part of await absentParts(this.#directory, this.#manifest)) this.#leaveOut(part);
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
      sums: forSumTiers((tier) => this.#sumStats(tier)),
    };
  }

  /**
   * How much of a time it covers with records. Sums may cover more.
   * @param nowMs what comes later is no gap
   */
  async coverage(span: TimeSpan, nowMs: number): Promise<HistoryCoverage> {
    const { lostRecords, files } = this.#manifest;
    const { oldestMs, newestMs } = await this.stats();
    const undeletedFromMs = this.#manifest.undeletedFrom([...files.keys(), ...this.#segments]);
    const deletedToMs = this.#manifest.deletedTo([]);
    const { writing, absences } = this.#times;
    // Without sums there is no gap.
    const unreadable = [...lostRecords, ...this.leftOut.filter(({ name }) => sumRangeOf(name) === undefined)];
    const times = { oldestMs, newestMs, undeletedFromMs, deletedToMs };
    const evidence = { ...times, writing, absences: absences.spans, unreadable };
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
    const { sinceMs } = wanted;
    if (sinceMs !== undefined)
      for (const file of this.#manifest.lostRecords)
        if (file.toMs >= sinceMs) this.#leaveOut(lostBefore(file));
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
      for await (const more of this.#readable(parts[from]!, matchCountOf(parts[from]!, wanted)))
        count += more;
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
    const listed = this.#manifest.log.get(number);
    return new SegmentPart(this.#directory, this.#engine, number, listed, (damage) =>
      this.#leaveOut({ ...damage, name: segmentName(number), fault: 'damaged', isPart: true }),
    );
  }

  /** What a part has: nothing if retention has deleted it. A part that cannot be read is noted. */
  async *#readable<T>(part: Part, content: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* content;
    } catch (error) {
      this.#signal?.throwIfAborted();
      const isGone = errnoOf(error) === 'ENOENT';
      const { name, stored } = part;
      if (isGone && !(await isStillListed(this.#directory, part.number))) return;
      this.#leaveOut({
        ...{ name, fromMs: stored?.fromMs ?? 0, toMs: stored?.toMs ?? 0, records: stored?.records ?? 0 },
        ...leftOutReason(error),
      });
    }
  }

  #leaveOut(part: LeftOutPart): void {
    if (!this.leftOut.some(({ name, why }) => name === part.name && why === part.why))
      this.leftOut.push(part);
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
