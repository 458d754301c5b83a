import type { ExactSum } from '../../flow/index.ts';
import { Engine } from '../engine.ts';
import { historyError } from '../history-error.ts';
import { FileTotals, UnreadableFile } from './file-totals.ts';
import { type GroupKey, GroupTable } from './group-table.ts';
import { type LogContent, LogTotals } from './log-totals.ts';
import { Snapshot, type Unreadable } from './snapshot.ts';
import { type GroupSums, SumTable } from './sum-table.ts';
import { bucketsOf, spansOf, type TotalsWanted } from './wanted.ts';

/** What the flows of a group are, in the order of the measures. */
export interface GroupTotals {
  /** A value for each dimension; undefined for the rest. */
  readonly key: GroupKey | undefined;
  readonly now: readonly bigint[];
  /** In the compared time; zero without one. */
  readonly before: readonly bigint[];
  /** By measure, then by bucket. */
  readonly series: readonly (readonly bigint[])[];
}

/** Exact totals: the groups, the rest among them, sum up to all that matched. */
export interface Totals {
  /** The named ones in their order, then the rest if there is one. */
  readonly groups: readonly GroupTotals[];
  /** Groups that there are; at least so many if `isCut`. */
  readonly groupCount: number;
  /** Whether there were too many groups to compare all: one that is named may be not the largest. */
  readonly isCut: boolean;
  /** When the oldest record of the history was stored, asked for or not; undefined without records. */
  readonly oldestMs: number | undefined;
  /** Files that could not be read. */
  readonly unreadable: readonly Unreadable[];
  readonly unreadableRecords: number;
  readonly files: number;
  /** Records of the files that were read, and of the log. */
  readonly rows: number;
}

/**
 * Counts the flows of a history, in files and log, as they are now. It reads all twice: once to find the top
 * groups, once to count these and the rest. What cannot be read is left out and told.
 * @param signal stops the work, also within DuckDB
 * @throws {WeirError} WEIR_HISTORY_…
 * @throws what the signal says
 */
export async function readTotals(
  directory: string,
  wanted: TotalsWanted,
  signal: AbortSignal,
): Promise<Totals> {
  signal.throwIfAborted();
  using engine = await Engine.start();
  try {
    await using snapshot = await Snapshot.take(directory, spansOf(wanted));
    const stopInterrupting = interruptOn(signal, engine);
    try {
      return await new Counting(engine, snapshot, wanted, signal).run();
    } finally {
      stopInterrupting();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw historyError('count the flows of', directory, error);
  }
}

/** How often an interruption is repeated: one between two statements has no effect. */
const INTERRUPT_MS = 20;

function interruptOn(signal: AbortSignal, { connection }: Engine): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_MS);
  };
  signal.addEventListener('abort', begin);
  if (signal.aborted) begin();
  return () => {
    signal.removeEventListener('abort', begin);
    clearInterval(timer);
  };
}

class Counting {
  readonly #snapshot: Snapshot;
  readonly #wanted: TotalsWanted;
  readonly #files: FileTotals;
  readonly #log: LogTotals;

  constructor(engine: Engine, snapshot: Snapshot, wanted: TotalsWanted, signal: AbortSignal) {
    this.#snapshot = snapshot;
    this.#wanted = wanted;
    this.#files = new FileTotals(engine, wanted, 'records', signal);
    this.#log = new LogTotals(wanted, signal);
  }

  /** Begins again without a file that turns out to be damaged, so that both readings are of the same files. */
  async run(): Promise<Totals> {
    for (;;) {
      try {
        return await this.#count();
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        this.#snapshot.leaveOut(error.file, error.message);
      }
    }
  }

  async #count(): Promise<Totals> {
    const { by, measures, top } = this.#wanted;
    const { readable, segments } = this.#snapshot;
    const table = new GroupTable();
    if (by.length === 0) table.add([], 0n, 0n);
    else {
      await this.#files.addGroups(readable, table);
      await this.#log.addGroups(segments, table);
    }
    const named = table.top(top).map(({ key }) => key);
    const sums = new SumTable(named.length, measures.length, bucketsOf(this.#wanted));
    await this.#files.addSums(readable, named, sums);
    const log = await this.#log.addSums(segments, named, sums);
    const { named: ofNamed, rest } = sums;
    return {
      groups: [
        ...ofNamed.map((group, i) => totalsOf(named[i], group)),
        ...(rest === undefined ? [] : [totalsOf(undefined, rest)]),
      ],
      groupCount: table.size,
      isCut: table.isCut,
      ...this.#coverage(log),
    };
  }

  #coverage(log: LogContent) {
    const { readable, unreadable, oldestMs } = this.#snapshot;
    const times = [oldestMs, log.oldestMs].filter((time) => time !== undefined);
    return {
      oldestMs: times.length === 0 ? undefined : Math.min(...times),
      unreadable,
      unreadableRecords: sumOf(unreadable.map(({ records }) => records)) + log.unreadableRecords,
      files: readable.length,
      rows: sumOf(readable.map(({ stored }) => stored.records)) + log.records,
    };
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

function totalsOf(key: GroupKey | undefined, { now, before, series }: GroupSums): GroupTotals {
  const values = (sums: readonly ExactSum[]) => sums.map(({ value }) => value);
  return { key, now: values(now), before: values(before), series: series.map(values) };
}
