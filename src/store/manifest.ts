import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sinks/index.ts';
import { checkedLine, valueOfLine } from './checked-line.ts';
import type { FileMark } from './file-mark.ts';
import { forSumTiers, type SumRange, type SumTier, sumRangeOf, sumsName, sumTiers } from './file-names.ts';
import { firstLineOf } from './history-error.ts';
import { madeOf, tierMs } from './sum-columns.ts';
import { appendSynced, writeSynced } from './synced-file.ts';

/** A complete file of the history. */
export interface StoredFile extends FileMark {
  readonly number: number;
  readonly schema: number;
  /** When its first and last record were stored, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
}

/** A complete file of sums. */
export interface SumsFile extends SumRange, FileMark {
  readonly schema: number;
  /** How many times files were merged into it. */
  readonly level: number;
  readonly rows: number;
  /** Records that it sums up. */
  readonly records: number;
  /** The beginning of its first and of its last time, such as an hour, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Which rests its rows are, as bits such as `REST_OF_SOURCES`; unknown in older manifests. */
  readonly restOf?: number;
}

/** Why a file left the history. */
export type Removal = 'age' | 'octets' | 'pruned' | FileFault;

/** What is wrong with a file whose records are lost. */
export type FileFault = 'damaged' | 'missing';

const isFault = (why: Removal): why is FileFault => why === 'damaged' || why === 'missing';

/** A segment of the log, and how much of it the disk had at least. */
export type LogPart = Omit<StoredFile, 'schema' | 'endCrc'>;

/**
 * Records that were lost, or their sums: nobody deleted them for their age or size. Also records without sums
 * that were deleted while sums of earlier ones stay.
 */
export interface LostFile extends Omit<StoredFile, 'schema' | keyof FileMark> {
  readonly fault: FileFault;
  /** Of sums, what they were. They had several numbers. */
  readonly sums?: SumRange;
  /** Whether the file of this number has others. */
  readonly isPart?: true;
}

/** Lost files that are remembered, the newest ones. */
const MOST_LOST = 200;

type Departed = Partial<Record<Removal, number>>;
type GoneTimes = Partial<Record<'records' | SumTier, number>>;

/**
 * A line: a file that came, with its sums, or one that left. A part of the log, in place of what was said
 * before of it. Records that a file lost. Sums that came in place of others, or that left. Or what a
 * rewritten manifest sums up.
 */
type Line =
  | { readonly came: StoredFile; readonly sums?: readonly SumsFile[] }
  | { readonly left: number; readonly why: Removal; readonly records: number }
  | { readonly log: LogPart }
  | { readonly lostPart: LostFile }
  | { readonly summed: SumsFile; readonly replaces: readonly string[] }
  | { readonly unsummed: string; readonly why: Removal; readonly records: number; readonly toMs?: number }
  | {
      readonly next: number;
      readonly departed: Departed;
      /** Of the tiers that the Weir knew that wrote it, as `sumsBegin`. */
      readonly departedSums?: Readonly<Partial<Record<SumTier, Departed>>>;
      readonly sumsBegin?: Readonly<Partial<Record<SumTier, number>>>;
      readonly goneMs?: GoneTimes;
      readonly deletedMs?: GoneTimes;
      readonly lost?: readonly LostFile[];
    };

export const MANIFEST = 'manifest.jsonl';
/** So many lines after each other, then the manifest is made short again. */
const MOST_APPENDED = 4_000;

/**
 * The list of files: a line of JSON for each that came or left. A file counts from its line on. Lines have
 * numbers, so one that is damaged, missing or repeated is known. The last line may be half written; then what
 * it says has not happened, and the next line has its number.
 */
export class Manifest {
  readonly files = new Map<number, StoredFile>();
  /** Segments of the log that no file has yet. One that has just begun is not listed. */
  readonly log = new Map<number, LogPart>();
  /** Files of sums by their names. */
  readonly sums = new Map<string, SumsFile>();
  /** Numbers of files that were deleted since the last rewriting. They may be there for a moment. */
  readonly deleted = new Set<number>();
  /** Records that left, by reason. */
  readonly departed = new Map<Removal, number>();
  /** For each tier, the records whose sums left, by reason. */
  readonly departedSums: Readonly<Record<SumTier, Map<Removal, number>>> = forSumTiers(() => new Map());
  /** For each tier, the number of the first file that it has the sums of. Those before were deleted. */
  readonly sumsBegin: Record<SumTier, number> = forSumTiers(() => 1);
  /** For each tier, when the last time of a file that left ends, in milliseconds since 1970. */
  readonly goneMs: GoneTimes = {};
  /** The same of files that were deleted, and not lost. An older Weir did not write it down. */
  readonly deletedMs: GoneTimes = {};
  lost: readonly LostFile[] = [];
  /** Lines that are damaged or missing. */
  damagedLines = 0;
  /** Lines of a kind that only a later Weir knows. */
  laterLines = 0;
  /** Above the number of every file that ever came. */
  next = 1;
  readonly #path: string;
  /** The number of the last line. */
  #lines = 0;
  #appended = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** An absent manifest is empty. */
  static async read(directory: string): Promise<Manifest> {
    const manifest = new Manifest(join(directory, MANIFEST));
    const text = await readFile(manifest.#path, 'utf8').catch((error: unknown) => {
      const code = errnoOf(error);
      if (code === 'ENOENT') return '';
      // Node names no path when it is a folder.
      throw Object.assign(new Error(`${manifest.#path}: ${firstLineOf(error)}`, { cause: error }), { code });
    });
    const [unfinished = '', ...lines] = text.split('\n').reverse();
    for (const line of lines.reverse()) manifest.#take(line);
    // A line without its end may be one that is being written. If it is whole, it counts.
    if (valueOfLine(unfinished) !== undefined) manifest.#take(unfinished);
    if (lines.length > 0 && valueOfLine(lines.at(-1)!) === undefined) manifest.damagedLines++;
    return manifest;
  }

  /** Writes the manifest anew, as short as it can be. */
  async rewrite(): Promise<void> {
    const lines: Line[] = [
      {
        next: this.next,
        departed: Object.fromEntries(this.departed),
        departedSums: forSumTiers((tier) => Object.fromEntries(this.departedSums[tier])),
        sumsBegin: this.sumsBegin,
        goneMs: this.goneMs,
        deletedMs: this.deletedMs,
        lost: this.lost,
      },
      ...[...this.files.values()].map((came) => ({ came })),
      ...[...this.log.values()].map((log) => ({ log })),
      ...[...this.sums.values()].map((summed) => ({ summed, replaces: [] })),
    ];
    const temporary = `${this.#path}.tmp`;
    await writeSynced(temporary, lines.map((line, at) => checkedLine({ ...line, line: at + 1 })).join(''));
    await rename(temporary, this.#path);
    this.#lines = lines.length;
    this.#appended = 0;
    this.deleted.clear();
  }

  /** On disk first: a line that is refused changes nothing. */
  async add(came: StoredFile, sums: readonly SumsFile[] = []): Promise<void> {
    await this.#append({ came, sums });
  }

  /** How much of a segment the disk has: whoever finds less knows that records are lost. */
  async addLog(log: LogPart): Promise<void> {
    await this.#append({ log });
  }

  /** Records of a file, or of the segment that becomes it, are lost already. */
  async loseFrom(lost: Omit<LostFile, 'isPart'>): Promise<void> {
    await this.#append({ lostPart: { ...lost, isPart: true } }, true);
  }

  /** The files that are replaced no longer count from this line on. They may be deleted then. */
  async addSums(summed: SumsFile, replaces: readonly string[] = []): Promise<void> {
    await this.#append({ summed, replaces });
  }

  /**
   * From when on nothing was deleted: always, if the first file that ever was is there, or was lost, or none
   * was. Undefined if that is unknown, as of a manifest that was found again.
   * @param numbers of the files and segments that there are, of sums the first one
   */
  undeletedFrom(numbers: readonly number[]): number | undefined {
    const all = [...numbers, ...this.lostRecords.map(({ number }) => number)];
    const hasFirst = all.length === 0 ? this.next === 1 : all.includes(1);
    // What was deleted need not be the first.
    const wasDeleted = [...this.departed].some(([why, records]) => !isFault(why) && records > 0);
    if (hasFirst && !wasDeleted) return Number.NEGATIVE_INFINITY;
    return this.goneMs.records;
  }

  /** Up to when records were deleted that none of these tiers of sums has, either; undefined: none were. */
  deletedTo(tiers: Iterable<SumTier>): number | undefined {
    const ends = (['records', ...tiers] as const).map(
      (tier) => this.deletedMs[tier] ?? Number.NEGATIVE_INFINITY,
    );
    const endMs = Math.min(...ends);
    return Number.isFinite(endMs) ? endMs : undefined;
  }

  /** What was lost of records. */
  get lostRecords(): LostFile[] {
    return this.lost.filter(({ sums }) => sums === undefined);
  }

  /** The files of sums of a tier, the first ones first. */
  sumsOf(tier: SumTier): SumsFile[] {
    return [...this.sums.values()]
      .filter((file) => file.tier === tier)
      .sort((one, other) => one.first - other.first);
  }

  /**
   * One line after another: a failed one is cut off again.
   * @param hasHappened whether what it says is true also without the line
   */
  #append(line: Line, hasHappened = false): Promise<void> {
    const done = this.#turn.then(async () => {
      if (this.#appended >= MOST_APPENDED) await this.rewrite().catch(() => {});
      try {
        await appendSynced(this.#path, checkedLine({ ...line, line: this.#lines + 1 }));
        this.#lines++;
        this.#appended++;
      } catch (error) {
        if (!hasHappened) throw error;
      }
      this.#apply(line);
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  /**
   * The file is deleted afterwards, or is gone already. Without the line, on a full disk, the next process
   * finds it missing.
   */
  async remove(left: number, why: Removal, records: number): Promise<void> {
    await this.#append({ left, why, records }, true);
  }

  /** As `remove`, for a file of sums, also one that never came. */
  async removeSums({ toMs, ...range }: SumsFile, why: Removal, records: number): Promise<void> {
    await this.#append({ unsummed: sumsName(range), why, records, toMs }, true);
  }

  /** Half a line, whose writer died, has no successor that counts it. */
  #take(text: string): void {
    const value = valueOfLine(text);
    if (value === undefined) return;
    // Those of an older Weir have no number.
    const { line = this.#lines + 1, ...what } = value;
    const number = Number(line);
    if (!(number > this.#lines)) return;
    this.damagedLines += number - this.#lines - 1;
    this.#lines = number;
    this.#apply(what as unknown as Line);
  }

  #apply(line: Line): void {
    if ('came' in line) {
      this.files.set(line.came.number, line.came);
      this.log.delete(line.came.number);
      this.deleted.delete(line.came.number);
      for (const file of line.sums ?? []) this.sums.set(sumsName(file), file);
      this.next = Math.max(this.next, line.came.number + 1);
    } else if ('left' in line) {
      const file = this.files.get(line.left) ?? this.log.get(line.left);
      if (file !== undefined) this.#setGoneRecords(file, line.why);
      if (file !== undefined && line.records > 0 && (isFault(line.why) || this.#isBehindSums(file)))
        this.#lose({ ...file, records: line.records, fault: isFault(line.why) ? line.why : 'missing' });
      this.files.delete(line.left);
      this.log.delete(line.left);
      if (!isFault(line.why)) this.deleted.add(line.left);
      addTo(this.departed, line.why, line.records);
    } else if ('log' in line) {
      this.log.set(line.log.number, line.log);
      this.next = Math.max(this.next, line.log.number + 1);
    } else if ('lostPart' in line) {
      this.#lose(line.lostPart);
      addTo(this.departed, line.lostPart.fault, line.lostPart.records);
    } else if ('summed' in line) {
      for (const name of line.replaces) this.sums.delete(name);
      this.sums.set(sumsName(line.summed), line.summed);
      this.next = Math.max(this.next, line.summed.last + 1);
    } else if ('unsummed' in line) {
      const file = this.sums.get(line.unsummed);
      this.sums.delete(line.unsummed);
      const { tier, first, last } = sumRangeOf(line.unsummed)!;
      if (line.toMs !== undefined && line.records > 0)
        this.#setGoneSums(tier, line.toMs + tierMs[tier], file, line.why);
      if (file !== undefined && line.records > 0 && isFault(line.why))
        this.#lose({
          ...{ number: first, sums: { tier, first, last }, records: file.records, fault: line.why },
          ...{ fromMs: file.fromMs, toMs: file.toMs + tierMs[tier] - 1 },
        });
      addTo(this.departedSums[tier], line.why, line.records);
      // What is damaged or missing is made again.
      if (!isFault(line.why)) this.sumsBegin[tier] = Math.max(this.sumsBegin[tier], last + 1);
    } else if ('next' in line) {
      this.next = Math.max(this.next, line.next);
      setAll(this.departed, line.departed);
      Object.assign(this.goneMs, line.goneMs);
      Object.assign(this.deletedMs, line.deletedMs);
      this.lost = line.lost ?? [];
      for (const tier of sumTiers) {
        setAll(this.departedSums[tier], line.departedSums?.[tier] ?? {});
        this.sumsBegin[tier] = line.sumsBegin?.[tier] ?? this.sumsBegin[tier];
        // A Weir wrote it that did not know the tier: its sums will lack the records that have gone.
        if (line.sumsBegin?.[tier] === undefined && line.goneMs?.records !== undefined)
          this.goneMs[tier] = Math.floor(line.goneMs.records) + 1;
      }
    } else this.laterLines++;
  }

  #lose({ number, fromMs, toMs, records, fault, isPart, sums }: LostFile): void {
    const lost = { number, fromMs, toMs, records, fault, ...(isPart && { isPart }), ...(sums && { sums }) };
    this.lost = [...this.lost, lost].slice(-MOST_LOST);
  }

  /** Whether records have no sums, as those of the log, but earlier ones have: these would hide a hole. */
  #isBehindSums({ number, fromMs }: Pick<StoredFile, 'number' | 'fromMs'>): boolean {
    return this.#tiersWith(number).size === 0 && [...this.sums.values()].some((file) => file.fromMs < fromMs);
  }

  /** The tiers that have sums of a file of records. */
  #tiersWith(number: number): Set<SumTier> {
    const files = [...this.sums.values()].filter(({ first, last }) => first <= number && number <= last);
    return new Set(files.map(({ tier }) => tier));
  }

  /** Records that go before a tier has their sums are missing in it, and another one may have them. */
  #setGoneRecords(file: Omit<LogPart, 'records' | 'octets'>, why: Removal): void {
    // The last record is gone, too.
    const endMs = Math.floor(file.toMs) + 1;
    this.#setGone('records', endMs, why);
    const having = this.#tiersWith(file.number);
    // What is lost is named by itself.
    if (having.size === 0 && (isFault(why) || this.#isBehindSums(file))) return;
    for (const tier of sumTiers)
      if (!having.has(tier) && !(madeOf[tier] && having.has(madeOf[tier]))) this.#setGone(tier, endMs, why);
  }

  /** Sums that go are missing also in coarser ones that were not made of them yet, or of their records. */
  #setGoneSums(tier: SumTier, endMs: number, file: SumsFile | undefined, why: Removal): void {
    this.#setGone(tier, endMs, why);
    if (file === undefined) return;
    const isRest = ({ first, last }: Pick<SumRange, 'first' | 'last'>) =>
      first <= file.last && file.first <= last;
    const recordsOf = (files: readonly (Pick<SumRange, 'first' | 'last'> & { records: number })[]) =>
      files.filter(isRest).reduce((sum, { records }) => sum + records, 0);
    for (const coarser of sumTiers)
      if (madeOf[coarser] === tier && recordsOf(this.sumsOf(coarser)) < file.records)
        this.#setGone(coarser, endMs, why);
  }

  #setGone(tier: 'records' | SumTier, endMs: number, why: Removal): void {
    for (const times of isFault(why) ? [this.goneMs] : [this.goneMs, this.deletedMs])
      times[tier] = Math.max(times[tier] ?? endMs, endMs);
  }
}

const addTo = (counts: Map<Removal, number>, why: Removal, records: number): void => {
  counts.set(why, (counts.get(why) ?? 0) + records);
};

function setAll(counts: Map<Removal, number>, departed: Departed): void {
  for (const [why, records] of Object.entries(departed)) counts.set(why as Removal, records);
}
