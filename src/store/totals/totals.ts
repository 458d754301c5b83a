import { reductionFor } from '../../flow/index.ts';
import { WeirError } from '../../runtime/index.ts';
import { Engine, MEMORY_OF_QUESTION } from '../engine.ts';
import type { CoverageEvidence } from '../history-coverage.ts';
import { historyError } from '../history-error.ts';
import type { LeftOutPart, LeftOutReason } from '../left-out.ts';
import { FileTotals, isOutOfMemory, UnreadableFile } from './file-totals.ts';
import { FoundGroups, type LargestGroups, largestAmong } from './found-groups.ts';
import { type HistoryTier, historyTiers } from './history-files.ts';
import { type GroupKey, KeyNumbers } from './key-numbers.ts';
import { LogGroups } from './log-groups.ts';
import { type LogContent, LogTotals } from './log-totals.ts';
import { MetTable } from './met-table.ts';
import type { TypedReduction } from './reduced-rows.ts';
import { Snapshot } from './snapshot.ts';
import { SumTable } from './sum-table.ts';
import { type SumsNote, sumsNotesOf } from './sums-notes.ts';
import { makeTextTypes } from './text-types.ts';
import { type TotalsWanted, withoutBuckets } from './wanted.ts';

/** What the flows of a group are, in the order of the measures. */
export interface GroupTotals {
  /** A value for each dimension; undefined for the rest. */
  readonly key: GroupKey | undefined;
  readonly now: readonly bigint[];
  /** In the compared time; empty without one. */
  readonly before: readonly bigint[];
  /** By measure, then by bucket. */
  readonly series: readonly (readonly bigint[])[];
}

/** Exact totals: the groups, the rest among them, sum up to all that matched. */
export interface Totals extends CoverageEvidence {
  /** The named ones in their order, then the rest if there is one. */
  readonly groups: readonly GroupTotals[];
  /** Groups that there are; at least so many if `isCut`. */
  readonly groupCount: number;
  /** Whether there were too many groups to compare all: one that is named may be not the largest. */
  readonly isCut: boolean;
  /** Files and parts of the log that could not be read. */
  readonly unreadable: readonly LeftOutPart[];
  readonly unreadableRecords: number;
  /** Files that may have records of any time, and were not read: the manifest lacks them. */
  readonly unlisted: readonly string[];
  /** What of the list itself cannot be read, for people. */
  readonly listFaults: readonly string[];
  /** Those that answered, the finest first. */
  readonly tiers: readonly HistoryTier[];
  /** What sums could not tell of the question. */
  readonly sumsNotes: readonly SumsNote[];
  readonly files: number;
  /** Rows of the files that were read, and records of the log. */
  readonly rows: number;
}

/**
 * Counts the flows of a history, in files and log, as they are now. It reads all twice: once to find the top
 * groups, once to count these and the rest. What cannot be read is left out and told.
 * @param signal stops the work, also within DuckDB
 * @throws {WeirError} WEIR_HISTORY_…, WEIR_QUERY_FAILED when DuckDB needs too much memory
 * @throws what the signal says
 */
export async function readTotals(
  directory: string,
  wanted: TotalsWanted,
  signal: AbortSignal,
): Promise<Totals> {
  signal.throwIfAborted();
  // It starts while files are opened.
  const starting = Engine.start({ memory: MEMORY_OF_QUESTION });
  starting.catch(() => {}); // Who awaits it tells.
  const leftOut = new Map<string, LeftOutReason>();
  try {
    // Begins again without a file that cannot be read: others may have what it has.
    for (;;) {
      const totals = await countOnce(starting, { directory, wanted, leftOut, signal });
      if (totals !== undefined) return totals;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isOutOfMemory(error)) throw tooLargeError(error);
    throw historyError('count the flows of', directory, error);
  } finally {
    // Nobody waits for its end, which takes some milliseconds.
    void starting.then((engine) => setImmediate(() => engine[Symbol.dispose]())).catch(() => {});
  }
}

const tooLargeError = (cause: unknown): WeirError =>
  new WeirError('WEIR_QUERY_FAILED', `DuckDB needs more memory for it than ${MEMORY_OF_QUESTION}`, {
    remedy: 'Ask for less: a shorter time, or fewer dimensions or measures.',
    cause,
  });

interface CountingParts {
  readonly directory: string;
  readonly wanted: TotalsWanted;
  readonly leftOut: Map<string, LeftOutReason>;
  readonly signal: AbortSignal;
}

/** Undefined when one more file cannot be read. */
async function countOnce(starting: Promise<Engine>, parts: CountingParts): Promise<Totals | undefined> {
  const { directory, wanted, leftOut, signal } = parts;
  await using snapshot = await Snapshot.take(directory, wanted, leftOut);
  const engine = await starting;
  const stopInterrupting = engine.interruptOn(signal);
  try {
    const reduction = await reductionOf(engine, snapshot, wanted, signal);
    return await new Counting(engine, snapshot, wanted, signal, reduction).run();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    leftOut.set(error.fileName, error.reason);
    return undefined;
  } finally {
    stopInterrupting();
  }
}

/**
 * What of the flows of a snapshot the reader may read; undefined: all. He is asked about the namespaces that
 * are in it, so no record that is counted has another.
 */
async function reductionOf(
  engine: Engine,
  { parts, segments }: Snapshot,
  wanted: TotalsWanted,
  signal: AbortSignal,
): Promise<TypedReduction | undefined> {
  const { reader } = wanted;
  if (reader === undefined) return undefined;
  const table = new MetTable();
  await new FileTotals(engine, wanted, parts, signal).addNamespaces(table);
  await new LogTotals(wanted, signal).addNamespaces(segments, table);
  const namespaces = await reader.namespacesAmong(table.all());
  signal.throwIfAborted();
  const { readable, known = [] } = namespaces;
  return { ...reductionFor(namespaces), types: await makeTextTypes(engine, [readable, known]) };
}

/** Groups are gathered in so many shares at most. */
const MOST_SHARES = 16;

class Counting {
  readonly #engine: Engine;
  readonly #snapshot: Snapshot;
  readonly #wanted: TotalsWanted;
  readonly #files: FileTotals;
  readonly #log: LogTotals;
  /** Those of the same question without buckets. Coarser sums may answer it. */
  readonly #rankedFiles: () => FileTotals;
  readonly #rankedLog: LogTotals;

  constructor(
    engine: Engine,
    snapshot: Snapshot,
    wanted: TotalsWanted,
    signal: AbortSignal,
    reduction: TypedReduction | undefined,
  ) {
    this.#engine = engine;
    this.#snapshot = snapshot;
    this.#wanted = wanted;
    this.#files = new FileTotals(engine, wanted, snapshot.parts, signal, reduction);
    this.#log = new LogTotals(wanted, signal, reduction);
    const ranked = withoutBuckets(wanted);
    this.#rankedFiles = () => new FileTotals(engine, ranked, snapshot.rankedParts, signal, reduction);
    this.#rankedLog = new LogTotals(ranked, signal, reduction);
  }

  async run(): Promise<Totals> {
    const { by, stepMs } = this.#wanted;
    const inLog = new LogGroups(withoutBuckets(this.#wanted));
    const reading = this.#rankedLog.addSums(this.#snapshot.segments, (key) => inLog.of(key));
    // Without dimensions there is one group, also without records.
    if (by.length === 0) inLog.of([]);
    const [log, largest] = await bothOf(reading, this.#largest(inLog, reading));
    const isKnown = stepMs === undefined && !largest.isCut;
    return {
      groups: isKnown ? withRest(largest) : await this.#counted(largest.groups.map(({ key }) => key)),
      groupCount: largest.count,
      isCut: largest.isCut,
      sumsNotes: await sumsNotesOf(this.#wanted, this.#snapshot, this.#files),
      ...this.#coverage(log),
    };
  }

  /**
   * The more memory their names take, the fewer groups are gathered at a time.
   * @param reading resolves when the log has been read
   */
  async #largest(inLog: LogGroups, reading: Promise<unknown>): Promise<LargestGroups> {
    for (let shares = 1; ; shares *= 4) {
      try {
        const files = this.#rankedFiles();
        const all: LargestGroups[] = [];
        for (let share = 0; share < shares; share++) {
          const found = await FoundGroups.begin(this.#engine, this.#wanted, { share, of: shares });
          await files.addGroups(found);
          await reading;
          await found.addLog(inLog);
          all.push(await found.largest(this.#wanted.top));
        }
        return largestAmong(all, this.#wanted.top);
      } catch (error) {
        if (!isOutOfMemory(error) || shares >= MOST_SHARES || this.#wanted.by.length === 0) throw error;
      }
    }
  }

  /** Reads all again, and counts the named groups and the rest. */
  async #counted(named: readonly GroupKey[]): Promise<GroupTotals[]> {
    const sums = new SumTable(named.length, this.#wanted);
    const numbers = new KeyNumbers(this.#wanted.by.length);
    for (const key of named) numbers.of(key);
    await bothOf(
      this.#log.addSums(this.#snapshot.segments, (key) => sums.of(numbers.find(key))),
      this.#files.addSums(named, sums),
    );
    return [
      ...sums.named.map((group, i) => ({ key: named[i], ...group.counts() })),
      ...(sums.rest === undefined ? [] : [{ key: undefined, ...sums.rest.counts() }]),
    ];
  }

  #coverage(log: LogContent) {
    const {
      files,
      parts,
      rankedParts,
      unlisted,
      listFaults,
      oldestMs,
      newestMs,
      undeletedFromMs,
      deletedToMs,
      writing,
      absences,
    } = this.#snapshot;
    const unreadable = [...this.#snapshot.unreadable, ...log.unreadable];
    const oldest = [oldestMs, log.oldestMs].filter((time) => time !== undefined);
    const newest = [newestMs, log.newestMs].filter((time) => time !== undefined);
    const read = new Set([...parts, ...rankedParts].map(({ tier }) => tier));
    if (log.records > 0) read.add('records');
    return {
      oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest),
      newestMs: newest.length === 0 ? undefined : Math.max(...newest),
      undeletedFromMs,
      deletedToMs,
      writing,
      absences,
      unreadable,
      unlisted,
      listFaults,
      unreadableRecords: sumOf(unreadable.map(({ records }) => records)),
      tiers: historyTiers.filter((tier) => read.has(tier)),
      files: files.length,
      rows: sumOf(files.map(({ stored }) => stored.rows)) + log.records,
    };
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/**
 * DuckDB reads files in threads of its own while the log is read here. When one of them fails, the other is
 * awaited as well: it uses what is closed then.
 */
async function bothOf<L, F>(log: Promise<L>, files: Promise<F>): Promise<[L, F]> {
  await Promise.allSettled([log, files]);
  return [await log, await files];
}

/** The named groups as they are, and all others together. */
function withRest({ groups, all, count }: LargestGroups): GroupTotals[] {
  const noSeries = all.now.map(() => []);
  const named = groups.map((group) => ({ ...group, series: noSeries }));
  if (count === groups.length) return named;
  const sumsBeside = (which: 'now' | 'before') =>
    all[which].map((sum, i) => groups.reduce((rest, group) => rest - group[which][i]!, sum));
  return [
    ...named,
    { key: undefined, now: sumsBeside('now'), before: sumsBeside('before'), series: noSeries },
  ];
}
