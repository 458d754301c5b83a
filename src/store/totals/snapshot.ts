import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { NO_LINK } from '../../runtime/index.ts';
import { errnoOf, segmentName } from '../../sinks/index.ts';
import { sumTiers } from '../file-names.ts';
import { listFaults, namesInHistory, readWritingFiles, segmentsIn, unlistedFiles } from '../history-names.ts';
import {
  GONE,
  type LeftOutPart,
  type LeftOutReason,
  leftOutReason,
  MOST_ATTEMPTS,
  otherFileReason,
  WAIT_MS,
} from '../left-out.ts';
import { type LogPart, Manifest } from '../manifest.ts';
import { SCHEMA } from '../stored-columns.ts';
import { tierMs } from '../sum-columns.ts';
import type { WritingSpan, WritingTimes } from '../writing-spans.ts';
import { AskedEdges } from './asked-edges.ts';
import { completeFrom, filesOf, type HistoryFile, oldestOf } from './history-files.ts';
import { lackingParts } from './lacking-files.ts';
import { newestOf, type PlannedPart, partsOf, planReadings, stepsOf, testableFiles } from './read-plan.ts';
import { lacksOfSums } from './sums-lack.ts';
import { isAsked, type TotalsWanted, withoutBuckets } from './wanted.ts';

/** A complete file, open. */
export interface OpenFile {
  readonly stored: HistoryFile;
  /** Means this file as long as it is open, also when it is deleted. DuckDB sees no pattern in it. */
  readonly path: string;
  readonly handle: FileHandle;
}

/** Files of one tier, open, and the times for which they are read. */
export interface OpenPart extends Omit<PlannedPart, 'files'> {
  readonly files: readonly OpenFile[];
}

/** A segment of the log, open, and how long it is for us: its writer goes on. */
export interface OpenSegment {
  readonly number: number;
  readonly handle: FileHandle;
  readonly octets: number;
  /** How much of it there must be. */
  readonly listed: LogPart | undefined;
}

/**
 * The history of a directory at one moment: what retention deletes meanwhile stays readable, and what becomes
 * a file meanwhile is read from the log.
 */
export class Snapshot implements AsyncDisposable {
  /** What is read for the answer. */
  readonly parts: OpenPart[] = [];
  /** What is read to find the largest groups: as for the same question without buckets. */
  readonly rankedParts: OpenPart[] = [];
  readonly segments: OpenSegment[] = [];
  readonly unreadable: LeftOutPart[] = [];
  /** Files of records that the manifest lacks. */
  unlisted: readonly string[] = [];
  /** What of the list itself cannot be read, for people. */
  listFaults: readonly string[] = [];
  /** When the oldest record of the files was stored, in the times that are asked for or not. */
  oldestMs: number | undefined;
  /** When the oldest one was stored that only sums have, and that the question cannot be answered for. */
  untestedFromMs: number | undefined;
  /** When its newest record was stored, or that of its sums. */
  newestMs: number | undefined;
  /** When processes wrote. */
  writing: WritingTimes = { knownFromMs: undefined, spans: [] };
  /** When no exporter was there. */
  absences: readonly WritingSpan[] = [];
  /** From when on nothing was deleted; undefined if that is unknown. */
  undeletedFromMs: number | undefined;
  /** Up to when records were deleted that no file has that can answer. */
  deletedToMs: number | undefined;
  readonly #handles = new Map<string, OpenFile>();
  readonly #leftOut: Map<string, LeftOutReason>;
  /** Names of those that are not there, or that cannot be read. */
  readonly #lacking = new Set<string>();

  private constructor(leftOut: Map<string, LeftOutReason>) {
    this.#leftOut = leftOut;
  }

  /**
   * Opens what answers a question. When a file is deleted meanwhile, all are opened again: else the answer
   * would have a hole.
   * @param leftOut files that cannot be read, by name, and why; more are added
   */
  static async take(
    directory: string,
    wanted: TotalsWanted,
    leftOut: Map<string, LeftOutReason>,
  ): Promise<Snapshot> {
    const misses = new Map<string, number>();
    for (;;) {
      const snapshot = new Snapshot(leftOut);
      try {
        await snapshot.#open(directory, wanted);
        if (snapshot.#lacking.size === 0) return snapshot;
        for (const name of snapshot.#lacking) {
          const count = (misses.get(name) ?? 0) + 1;
          misses.set(name, count);
          if (count > MOST_ATTEMPTS) leftOut.set(name, GONE);
        }
      } catch (error) {
        await snapshot[Symbol.asyncDispose]();
        throw error;
      }
      await snapshot[Symbol.asyncDispose]();
      await setTimeout(WAIT_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { handle } of [...this.files, ...this.segments]) await handle.close();
  }

  get files(): OpenFile[] {
    return [...this.#handles.values()];
  }

  /** Only when nothing is lacking afterwards, all is known. */
  async #open(directory: string, wanted: TotalsWanted): Promise<void> {
    const leftOut = this.#leftOut;
    // First the segments: one that becomes a file meanwhile is in the manifest then.
    const names = await namesInHistory(directory);
    const manifest = await Manifest.read(directory);
    this.unlisted = unlistedFiles(directory, names, manifest);
    const listed = segmentsIn(names, manifest);
    const segments = listed.filter((number) => !leftOut.has(segmentName(number)));
    for (const number of segments) {
      const handle = await this.#openFile(directory, segmentName(number));
      if (handle === undefined) continue;
      const { size: octets } = await handle.stat();
      this.segments.push({ number, handle, octets, listed: manifest.log.get(number) });
    }
    for (const number of listed) {
      const name = segmentName(number);
      const [part, reason] = [manifest.log.get(number), leftOut.get(name)];
      if (reason === undefined) continue;
      const lacking = part ?? (await timesOfSegment(join(directory, name)));
      if (lacking !== undefined && isAsked(lacking, wanted))
        this.unreadable.push({ ...lacking, name, ...reason });
    }
    const files = filesOf(manifest);
    for (const { name, schema } of files) if (schema > SCHEMA) leftOut.set(name, laterLayout(schema));
    const readable = files.filter(({ name }) => !leftOut.has(name));
    const lacks = lacksOfSums(wanted);
    const tested = testableFiles(files, lacks);
    const complete = completeFrom(manifest, files, tierMs[stepsOf(tested).at(-1)!]);
    this.newestMs = newestOf(tested);
    const edges = new AskedEdges(wanted, this.newestMs);
    const readings = planReadings({ files: readable, complete, edges, lacks });
    await this.#openParts(directory, partsOf(readings, edges), this.parts);
    if (wanted.stepMs === undefined) this.rankedParts.push(...this.parts);
    else {
      const unbroken = new AskedEdges(withoutBuckets(wanted), this.newestMs);
      const ranking = planReadings({ files: readable, complete, edges: unbroken, lacks });
      await this.#openParts(directory, partsOf(ranking, unbroken), this.rankedParts);
    }
    if (this.#lacking.size > 0) return;
    const parts = { wanted, manifest, files, leftOut, readings, edges, lacks };
    this.unreadable.push(...lackingParts(parts));
    const times = await readWritingFiles(directory);
    this.writing = times.writing;
    this.absences = times.absences.spans;
    this.listFaults = listFaults(manifest, times);
    const all = oldestOf(files, manifest);
    this.oldestMs = oldestOf(tested, manifest);
    this.untestedFromMs = all === this.oldestMs ? undefined : all;
    this.undeletedFromMs = manifest.undeletedFrom([...tested.map(({ first }) => first), ...listed]);
    this.deletedToMs = manifest.deletedTo(
      sumTiers.filter((tier) => tested.some((file) => file.tier === tier)),
    );
  }

  async #openParts(directory: string, planned: readonly PlannedPart[], opened: OpenPart[]): Promise<void> {
    for (const part of planned) {
      const files: OpenFile[] = [];
      for (const stored of part.files) {
        const file = this.#handles.get(stored.name) ?? (await this.#openStored(directory, stored));
        if (file !== undefined) files.push(file);
      }
      opened.push({ ...part, files });
    }
  }

  async #openStored(directory: string, stored: HistoryFile): Promise<OpenFile | undefined> {
    const handle = await this.#openFile(directory, stored.name);
    if (handle === undefined) return undefined;
    const other = otherFileReason(handle, stored);
    if (other !== undefined) this.#leaveOut(stored.name, other);
    const file = { stored, handle, path: `/proc/self/fd/${handle.fd}` };
    this.#handles.set(stored.name, file);
    return file;
  }

  /** Undefined when it is gone, or cannot be read. */
  async #openFile(directory: string, name: string): Promise<FileHandle | undefined> {
    const path = join(directory, name);
    try {
      return await open(path, constants.O_RDONLY | NO_LINK);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') this.#lacking.add(name);
      else this.#leaveOut(name, leftOutReason(error));
      return undefined;
    }
  }

  #leaveOut(name: string, reason: LeftOutReason): void {
    this.#leftOut.set(name, reason);
    this.#lacking.add(name);
  }
}

const laterLayout = (schema: number): LeftOutReason => ({
  fault: 'damaged',
  why: `a later Weir wrote it (layout ${schema}, not ${SCHEMA})`,
});

/** When a segment was written that has just begun, and that the list does not have yet. */
async function timesOfSegment(
  path: string,
): Promise<Omit<LeftOutPart, 'name' | 'fault' | 'why'> | undefined> {
  try {
    const { birthtimeMs, mtimeMs } = await stat(path);
    return { fromMs: birthtimeMs, toMs: mtimeMs, records: 0, isPart: true };
  } catch {
    return undefined; // A listed file has it meanwhile.
  }
}
