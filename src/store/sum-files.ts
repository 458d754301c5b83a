import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/index.ts';
import type { Engine, LazyEngine } from './engine.ts';
import { parquetName, type SumRange, type SumTier, sumsName, sumTiers, temporaryName } from './file-names.ts';
import type { FileRows } from './file-rows.ts';
import { firstLineOf, historyError } from './history-error.ts';
import type { Manifest, Removal, StoredFile, SumsFile } from './manifest.ts';
import type { RowForm } from './measure-columns.ts';
import { ParquetReader } from './parquet-reader.ts';
import { RecordSums } from './record-sums.ts';
import { SCHEMA } from './stored-columns.ts';
import { writeSums } from './stored-sums.ts';
import { madeOf, type SummableRows, tierMs, unitedRows } from './sum-columns.ts';
import { isSummedBy, isWithin, runToMerge, uncoveredBy } from './sum-ranges.ts';

/** How much of each tier is kept. */
export interface SumLimits {
  readonly maxOctets: number;
  readonly maxAgeMs: number;
}

interface SumFilesParts {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly clock: Clock;
  readonly limits: Readonly<Record<SumTier, SumLimits>>;
  /** Waits until the disk has the names of the directory. */
  readonly syncDirectory: () => Promise<void>;
  /** Does a change of the directory when no other is under way. */
  readonly inTurn: <T>(attempt: string, work: () => Promise<T>) => Promise<T>;
  readonly onTrouble: (kind: string, text: string) => void;
  readonly onRemoval?: ((tier: SumTier, why: Removal, records: number) => void) | undefined;
}

/** A file that is older becomes coarser sums, even if it has not been merged. */
const coarserAfterMs = (tier: SumTier): number => 6 * Math.max(tierMs.hours, tierMs[tier]);

/** A file, and what the list says of it. */
interface SumSource {
  readonly name: string;
  readonly listed: StoredFile | SumsFile;
}

/** A file of sums to make. */
interface SumWork {
  readonly range: SumRange;
  readonly level: number;
  readonly form: RowForm;
  /** The files that it sums up. */
  readonly of: readonly SumSource[];
  /** Those that it replaces. */
  readonly replaces: readonly SumsFile[];
}

/**
 * The sums of a history by minute, hour and so on. Each file has the sums of the record files of a range of
 * numbers, and the ranges of a tier do not overlap. So each record is in one row of a tier. A file that
 * replaces others counts from its line in the manifest on, and they no longer do.
 */
export class SumFiles {
  readonly #parts: SumFilesParts;
  /** What could not be made, by name. It is not tried again by this process. */
  readonly #failed = new Set<string>();

  constructor(parts: SumFilesParts) {
    this.#parts = parts;
  }

  get octets(): number {
    return sumTiers.reduce((sum, tier) => sum + this.#octetsOf(tier), 0);
  }

  /**
   * Sums up a file of records that is being made. The sums count with the line of that file.
   * @param path the complete file, under its temporary name
   */
  async writeOf(lazy: LazyEngine, number: number, rows: FileRows, path: string): Promise<SumsFile[]> {
    const written: SumsFile[] = [];
    const sums = new RecordSums(rows);
    try {
      for (const tier of sumTiers)
        if (madeOf[tier] === undefined) written.push(await this.#writeTier(tier, lazy, number, sums, path));
      return written;
    } catch (error) {
      await this.discard(written);
      throw error;
    }
  }

  async #writeTier(
    tier: SumTier,
    lazy: LazyEngine,
    number: number,
    rows: RecordSums,
    path: string,
  ): Promise<SumsFile> {
    const range: SumRange = { tier, first: number, last: number };
    const sums = this.#pathOf(range, temporaryName);
    try {
      const extent = await rows.write(sums, tier);
      if (extent !== undefined) return { ...range, schema: SCHEMA, level: 0, ...extent };
    } catch (error) {
      await rm(sums, { force: true }).catch(() => {});
      throw error;
    }
    const engine = await lazy.started();
    await using records = await ParquetReader.open(engine, path);
    return await this.#write(engine, range, 0, unitedRows('records', [records]));
  }

  /** In turn: gives written files their names, as far as there is room. Their line is the caller's. */
  async admit(files: readonly SumsFile[]): Promise<readonly SumsFile[]> {
    const { manifest, onRemoval } = this.#parts;
    const admitted: SumsFile[] = [];
    for (const file of files) {
      if (await this.#makeRoom(file.tier, file.octets)) {
        await rename(this.#pathOf(file, temporaryName), this.#pathOf(file));
        admitted.push(file);
        continue;
      }
      await this.discard([file]);
      await manifest.removeSums(file, 'octets', file.records);
      onRemoval?.(file.tier, 'octets', file.records);
    }
    return admitted;
  }

  /** Deletes files that were written and are not wanted. */
  async discard(files: readonly SumsFile[]): Promise<void> {
    for (const file of files) await rm(this.#pathOf(file, temporaryName), { force: true }).catch(() => {});
  }

  /** Makes sums that are missing, and merges small files. What is stopped goes on later. */
  async complete(engine: LazyEngine, isStopped: () => boolean): Promise<void> {
    for (let work = this.#nextWork(); work !== undefined && !isStopped(); work = this.#nextWork()) {
      try {
        await this.#do(await engine.started(), work);
      } catch (error) {
        if (engine.isInterrupted) return;
        const { code, message } = historyError('sum up', this.#parts.directory, error);
        this.#parts.onTrouble('sums', message);
        if (code === 'WEIR_HISTORY_DISK_FULL') return;
        this.#failed.add(sumsName(work.range));
      }
    }
  }

  /** In turn: deletes what is too old or too much. */
  async retain(): Promise<void> {
    const { clock, limits } = this.#parts;
    for (const tier of sumTiers) {
      const oldestMs = clock.now() - limits[tier].maxAgeMs;
      for (const file of this.#sumsOf(tier)) if (endOf(file) < oldestMs) await this.#remove(file, 'age');
      await this.#makeRoom(tier, 0);
    }
  }

  /** In turn: deletes the files whose records were all stored before a time. */
  async prune(beforeMs: number): Promise<void> {
    for (const tier of sumTiers)
      for (const file of this.#sumsOf(tier)) if (endOf(file) <= beforeMs) await this.#remove(file, 'pruned');
  }

  /** The most important thing to do. */
  #nextWork(): SumWork | undefined {
    const all = [...sumTiers.flatMap((tier) => [...this.#missing(tier)]), ...this.#merges()];
    return all.find(({ range }) => !this.#failed.has(sumsName(range)));
  }

  /** Sums are made of finer ones that are merged or old. Without those, they are made of records. */
  *#missing(tier: SumTier): Generator<SumWork> {
    const { clock, limits, manifest } = this.#parts;
    const [own, finer] = [this.#sumsOf(tier), this.#finerOf(tier)];
    for (const file of finer) {
      const isDue = file.level > 0 || Math.abs(clock.now() - file.toMs) > coarserAfterMs(file.tier);
      if (!isDue || file.first < manifest.sumsBegin[tier] || isSummedBy(file, own)) continue;
      const replaces = own.filter((each) => isWithin(each, file));
      const range: SumRange = { tier, first: file.first, last: file.last };
      yield { range, level: 0, form: 'sums', of: [sourceOf(file)], replaces };
    }
    const oldestMs = clock.now() - limits[tier].maxAgeMs;
    for (const file of uncoveredBy([...finer, ...own], manifest.files.values()))
      if (file.toMs >= oldestMs && file.number >= manifest.sumsBegin[tier]) yield sumsOfRecords(tier, file);
  }

  *#merges(): Generator<SumWork> {
    for (const tier of sumTiers) {
      const files = this.#sumsOf(tier);
      const coarser = sumTiers.filter((each) => madeOf[each] === tier).flatMap((each) => this.#sumsOf(each));
      // A merged file becomes coarser sums as a whole, or none of it does.
      const kindOf = (file: SumsFile) => `${file.level} ${isSummedBy(file, coarser)}`;
      const run = runToMerge(tier, files, kindOf);
      if (run === undefined) continue;
      const range: SumRange = { tier, first: run[0]!.first, last: run.at(-1)!.last };
      yield { range, level: run[0]!.level + 1, form: 'sums', of: run.map(sourceOf), replaces: run };
    }
  }

  async #do(engine: Engine, { range, level, form, of, replaces }: SumWork): Promise<void> {
    const { directory, inTurn, manifest, syncDirectory } = this.#parts;
    const expected = of.reduce((sum, { listed }) => sum + listed.records, 0);
    await using sources = new AsyncDisposableStack();
    const rows: ParquetReader[] = [];
    for (const source of of) rows.push(sources.use(await openSource(engine, directory, source)));
    const file = await this.#write(engine, range, level, unitedRows(form, rows));
    // Somebody may have swapped files. Sums of others would count, and be made again for ever.
    if (file.records !== expected) {
      await this.discard([file]);
      throw new Error(
        `${of.map(({ name }) => name).join()} have ${file.records} records instead of ${expected}`,
      );
    }
    await inTurn('sum up', async () => {
      const names = replaces.map((each) => sumsName(each));
      const replacedOctets = replaces.reduce((sum, { octets }) => sum + octets, 0);
      const hasRoom = await this.#makeRoom(range.tier, file.octets - replacedOctets);
      if (!hasRoom) this.#failed.add(sumsName(range));
      // The room may have been theirs.
      if (!hasRoom || !names.every((name) => manifest.sums.has(name))) return await this.discard([file]);
      await rename(this.#pathOf(file, temporaryName), this.#pathOf(file));
      await syncDirectory();
      await manifest.addSums(file, names);
      for (const each of replaces) await rm(this.#pathOf(each), { force: true });
    });
  }

  async #write(engine: Engine, range: SumRange, level: number, rows: SummableRows): Promise<SumsFile> {
    const { tier, first, last } = range;
    const path = this.#pathOf(range, temporaryName);
    try {
      return { tier, first, last, schema: SCHEMA, level, ...(await writeSums(engine, path, tier, rows)) };
    } catch (error) {
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Deletes the oldest until there is room. Whether there is. */
  async #makeRoom(tier: SumTier, more: number): Promise<boolean> {
    const { maxOctets } = this.#parts.limits[tier];
    if (more > maxOctets) return false;
    while (this.#octetsOf(tier) + more > maxOctets) {
      const [oldest] = this.#sumsOf(tier);
      if (oldest === undefined) return false;
      await this.#remove(oldest, 'octets');
    }
    return true;
  }

  async #remove(file: SumsFile, why: Removal): Promise<void> {
    const { manifest, onRemoval } = this.#parts;
    await manifest.removeSums(file, why, file.records);
    await rm(this.#pathOf(file), { force: true });
    onRemoval?.(file.tier, why, file.records);
  }

  #octetsOf(tier: SumTier): number {
    return this.#sumsOf(tier).reduce((sum, { octets }) => sum + octets, 0);
  }

  /** Those of which the sums of a tier are made. */
  #finerOf(tier: SumTier): SumsFile[] {
    const finer = madeOf[tier];
    return finer === undefined ? [] : this.#sumsOf(finer);
  }

  #sumsOf(tier: SumTier): SumsFile[] {
    return this.#parts.manifest.sumsOf(tier);
  }

  #pathOf(range: SumRange, nameOf = (name: string) => name): string {
    return join(this.#parts.directory, nameOf(sumsName(range)));
  }
}

/** @throws {Error} with the name of the file */
async function openSource(engine: Engine, directory: string, source: SumSource): Promise<ParquetReader> {
  const { name, listed } = source;
  try {
    return await ParquetReader.open(engine, join(directory, name), listed);
  } catch (cause) {
    throw new Error(`${name}: ${firstLineOf(cause)}`, { cause });
  }
}

const sourceOf = (listed: SumsFile): SumSource => ({ name: sumsName(listed), listed });

const sumsOfRecords = (tier: SumTier, listed: StoredFile): SumWork => ({
  range: { tier, first: listed.number, last: listed.number },
  level: 0,
  form: 'records',
  of: [{ name: parquetName(listed.number), listed }],
  replaces: [],
});

/** When the last time of a file ends. */
const endOf = ({ tier, toMs }: SumsFile): number => toMs + tierMs[tier];
