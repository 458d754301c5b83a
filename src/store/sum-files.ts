import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../runtime/index.ts';
import { parquetName, type SumRange, type SumTier, sumsName, sumTiers } from './file-names.ts';
import { historyError } from './history-error.ts';
import { type Maker, type SumSource, temporarySums, type WantedSums } from './making/index.ts';
import type { Manifest, Removal, StoredFile, SumsFile } from './manifest.ts';
import { madeOf, tierMs } from './sum-columns.ts';
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

/** A file of sums to make, and those that it replaces. */
interface SumWork extends WantedSums {
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

  /** In turn: gives written files their names, as far as there is room. Their line is the caller's. */
  async admit(files: readonly SumsFile[]): Promise<readonly SumsFile[]> {
    const { manifest, onRemoval } = this.#parts;
    const admitted: SumsFile[] = [];
    for (const file of files) {
      if (await this.#makeRoom(file.tier, file.octets)) {
        await rename(temporarySums(this.#parts.directory, file), this.#pathOf(file));
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
    for (const file of files)
      await rm(temporarySums(this.#parts.directory, file), { force: true }).catch(() => {});
  }

  /** Makes sums that are missing, and merges small files. What is stopped goes on later. */
  async complete(maker: Maker, isStopped: () => boolean): Promise<void> {
    for (let work = this.#nextWork(); work !== undefined && !isStopped(); work = this.#nextWork()) {
      try {
        await this.#do(maker, work);
      } catch (error) {
        if (maker.isInterrupted) return;
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

  async #do(maker: Maker, { replaces, ...wanted }: SumWork): Promise<void> {
    const { inTurn, manifest, syncDirectory } = this.#parts;
    const { range, of } = wanted;
    const expected = of.reduce((sum, { listed }) => sum + listed.records, 0);
    const file = await maker.makeSums(wanted);
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
      await rename(temporarySums(this.#parts.directory, file), this.#pathOf(file));
      await syncDirectory();
      await manifest.addSums(file, names);
      for (const each of replaces) await rm(this.#pathOf(each), { force: true });
    });
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

  #pathOf(range: SumRange): string {
    return join(this.#parts.directory, sumsName(range));
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
