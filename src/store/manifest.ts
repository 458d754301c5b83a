import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../sinks/index.ts';
import { type SumRange, type SumTier, sumRangeOf, sumsName, sumTiers } from './file-names.ts';
import { tierMs } from './sums-query.ts';
import { appendSynced, writeSynced } from './synced-file.ts';

/** A complete file of the history. */
export interface StoredFile {
  readonly number: number;
  readonly schema: number;
  /** When its first and last record were stored, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
  readonly octets: number;
}

/** A complete file of sums. */
export interface SumsFile extends SumRange {
  readonly schema: number;
  /** How many times files were merged into it. */
  readonly level: number;
  readonly rows: number;
  /** Records that it sums up. */
  readonly records: number;
  /** The beginning of its first and of its last minute or hour, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly octets: number;
  /** Which rests its rows are, as bits such as `REST_OF_SOURCES`; unknown in older manifests. */
  readonly restOf?: number;
}

/** Why a file left the history. */
export type Removal = 'age' | 'octets' | 'pruned' | FileFault;

/** What is wrong with a file whose records are lost. */
export type FileFault = 'damaged' | 'missing';

/** A file of records that was lost: nobody deleted it for its age or size. */
export interface LostFile extends Omit<StoredFile, 'schema' | 'octets'> {
  readonly fault: FileFault;
}

/** Lost files that are remembered, the newest ones. */
const MOST_LOST = 200;

type Departed = Partial<Record<Removal, number>>;
type GoneTimes = Partial<Record<'records' | SumTier, number>>;

/**
 * A line: a file that came, with its sums, or one that left. Sums that came in place of others, or that left.
 * Or what a rewritten manifest sums up.
 */
type Line =
  | { readonly came: StoredFile; readonly sums?: readonly SumsFile[] }
  | { readonly left: number; readonly why: Removal; readonly records: number }
  | { readonly summed: SumsFile; readonly replaces: readonly string[] }
  | { readonly unsummed: string; readonly why: Removal; readonly records: number; readonly toMs?: number }
  | {
      readonly next: number;
      readonly departed: Departed;
      readonly departedSums?: Readonly<Record<SumTier, Departed>>;
      readonly sumsBegin?: Readonly<Record<SumTier, number>>;
      readonly goneMs?: GoneTimes;
      readonly lost?: readonly LostFile[];
    };

const NAME = 'manifest.jsonl';

/**
 * The list of files: a line of JSON for each that came or left. A file counts from its line on. The last line
 * may be half written; then what it says has not happened.
 */
export class Manifest {
  readonly files = new Map<number, StoredFile>();
  /** Files of sums by their names. */
  readonly sums = new Map<string, SumsFile>();
  /** Records that left, by reason. */
  readonly departed = new Map<Removal, number>();
  /** For each tier, the records whose sums left, by reason. */
  readonly departedSums: Readonly<Record<SumTier, Map<Removal, number>>> = {
    minutes: new Map(),
    hours: new Map(),
  };
  /** For each tier, the number of the first file that it has the sums of. Those before were deleted. */
  readonly sumsBegin: Record<SumTier, number> = { minutes: 1, hours: 1 };
  /** For each tier, the last time of a file that left, in milliseconds since 1970. */
  readonly goneMs: GoneTimes = {};
  lost: readonly LostFile[] = [];
  /** Above the number of every file that ever came. */
  next = 1;
  readonly #path: string;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string) {
    this.#path = path;
  }

  /** An absent manifest is empty. */
  static async read(directory: string): Promise<Manifest> {
    const manifest = new Manifest(join(directory, NAME));
    const text = await readFile(manifest.#path, 'utf8').catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return '';
      throw error;
    });
    for (const line of text.split('\n')) manifest.#take(line);
    return manifest;
  }

  /** Writes the manifest anew, as short as it can be. */
  async rewrite(): Promise<void> {
    const lines: Line[] = [
      {
        next: this.next,
        departed: Object.fromEntries(this.departed),
        departedSums: {
          minutes: Object.fromEntries(this.departedSums.minutes),
          hours: Object.fromEntries(this.departedSums.hours),
        },
        sumsBegin: this.sumsBegin,
        goneMs: this.goneMs,
        lost: this.lost,
      },
      ...[...this.files.values()].map((came) => ({ came })),
      ...[...this.sums.values()].map((summed) => ({ summed, replaces: [] })),
    ];
    const temporary = `${this.#path}.tmp`;
    await writeSynced(temporary, lines.map(textOf).join(''));
    await rename(temporary, this.#path);
  }

  /** On disk first: a line that is refused changes nothing. */
  async add(came: StoredFile, sums: readonly SumsFile[] = []): Promise<void> {
    await this.#append({ came, sums });
    this.#apply({ came, sums });
  }

  /** The files that are replaced no longer count from this line on. They may be deleted then. */
  async addSums(summed: SumsFile, replaces: readonly string[] = []): Promise<void> {
    await this.#append({ summed, replaces });
    this.#apply({ summed, replaces });
  }

  /**
   * From when on nothing was deleted: always, if the first file that ever was is there, or was lost, or none
   * was. Undefined if that is unknown, as of a manifest that was found again.
   * @param numbers of the files and segments that there are, of sums the first one
   */
  undeletedFrom(numbers: readonly number[]): number | undefined {
    const all = [...numbers, ...this.lost.map(({ number }) => number)];
    const hasFirst = all.length === 0 ? this.next === 1 : all.includes(1);
    return hasFirst ? Number.NEGATIVE_INFINITY : this.goneMs.records;
  }

  /** The files of sums of a tier, the first ones first. */
  sumsOf(tier: SumTier): SumsFile[] {
    return [...this.sums.values()]
      .filter((file) => file.tier === tier)
      .sort((one, other) => one.first - other.first);
  }

  /** One line after another: a failed one is cut off again. */
  #append(line: Line): Promise<void> {
    const done = this.#turn.then(() => appendSynced(this.#path, textOf(line)));
    this.#turn = done.catch(() => {});
    return done;
  }

  /** The file is gone already. Without its line, on a full disk, the next process finds it missing. */
  async remove(left: number, why: Removal, records: number): Promise<void> {
    const line: Line = { left, why, records };
    this.#apply(line);
    await this.#append(line).catch(() => {});
  }

  /** As `remove`, for a file of sums, also one that never came. */
  async removeSums({ toMs, ...range }: SumsFile, why: Removal, records: number): Promise<void> {
    const line: Line = { unsummed: sumsName(range), why, records, toMs };
    this.#apply(line);
    await this.#append(line).catch(() => {});
  }

  #take(text: string): void {
    if (text === '') return;
    try {
      this.#apply(JSON.parse(text) as Line);
    } catch {
      // Half a line: its writer died. A file without a line is found in the directory.
    }
  }

  #apply(line: Line): void {
    if ('came' in line) {
      this.files.set(line.came.number, line.came);
      for (const file of line.sums ?? []) this.sums.set(sumsName(file), file);
      this.next = Math.max(this.next, line.came.number + 1);
    } else if ('left' in line) {
      const file = this.files.get(line.left);
      if (file !== undefined) this.#setGone('records', file.toMs);
      if (file !== undefined && line.records > 0 && (line.why === 'damaged' || line.why === 'missing'))
        this.#lose(file, line.records, line.why);
      this.files.delete(line.left);
      addTo(this.departed, line.why, line.records);
    } else if ('summed' in line) {
      for (const name of line.replaces) this.sums.delete(name);
      this.sums.set(sumsName(line.summed), line.summed);
      this.next = Math.max(this.next, line.summed.last + 1);
    } else if ('unsummed' in line) {
      this.sums.delete(line.unsummed);
      const { tier, last } = sumRangeOf(line.unsummed)!;
      if (line.toMs !== undefined && line.records > 0) this.#setGone(tier, line.toMs + tierMs[tier]);
      addTo(this.departedSums[tier], line.why, line.records);
      // What is damaged or missing is made again.
      if (line.why !== 'damaged' && line.why !== 'missing')
        this.sumsBegin[tier] = Math.max(this.sumsBegin[tier], last + 1);
    } else {
      this.next = Math.max(this.next, line.next);
      setAll(this.departed, line.departed);
      Object.assign(this.goneMs, line.goneMs);
      this.lost = line.lost ?? [];
      for (const tier of sumTiers) {
        setAll(this.departedSums[tier], line.departedSums?.[tier] ?? {});
        this.sumsBegin[tier] = line.sumsBegin?.[tier] ?? this.sumsBegin[tier];
      }
    }
  }

  #lose({ number, fromMs, toMs }: StoredFile, records: number, fault: FileFault): void {
    this.lost = [...this.lost, { number, fromMs, toMs, records, fault }].slice(-MOST_LOST);
  }

  #setGone(tier: 'records' | SumTier, toMs: number): void {
    this.goneMs[tier] = Math.max(this.goneMs[tier] ?? toMs, toMs);
  }
}

const addTo = (counts: Map<Removal, number>, why: Removal, records: number): void => {
  counts.set(why, (counts.get(why) ?? 0) + records);
};

function setAll(counts: Map<Removal, number>, departed: Departed): void {
  for (const [why, records] of Object.entries(departed)) counts.set(why as Removal, records);
}

const textOf = (line: Line): string => `${JSON.stringify(line)}\n`;
