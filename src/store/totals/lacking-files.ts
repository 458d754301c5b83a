import { type LeftOutPart, type LeftOutReason, lostBefore } from '../left-out.ts';
import type { Manifest } from '../manifest.ts';
import type { AskedEdges } from './asked-edges.ts';
import type { HistoryFile } from './history-files.ts';
import { isCandidate, isReadFor, type PlannedReading, recordsBeside, testableFiles } from './read-plan.ts';
import type { SumsLacks } from './sums-lack.ts';
import { isAsked, type TotalsWanted } from './wanted.ts';

interface AnswerParts {
  readonly wanted: TotalsWanted;
  readonly manifest: Manifest;
  /** All that the list has. */
  readonly files: readonly HistoryFile[];
  /** Those that cannot be read, by name, and why. */
  readonly leftOut: ReadonlyMap<string, LeftOutReason>;
  readonly readings: readonly PlannedReading[];
  readonly edges: AskedEdges;
  readonly lacks: SumsLacks;
}

/** A file that cannot be read, or that was lost before. */
interface AbsentFile {
  readonly file: HistoryFile;
  readonly told: LeftOutPart;
}

/**
 * What an answer lacks, because no file that is read for a time has it. Several tiers have the same records,
 * which are named once.
 */
export function lackingParts({
  wanted,
  manifest,
  files,
  leftOut,
  readings,
  edges,
  lacks,
}: AnswerParts): LeftOutPart[] {
  const usable = testableFiles(
    files.filter(({ name }) => !leftOut.has(name)),
    lacks,
  );
  const named: HistoryFile[] = [];
  const lackingRecords = (file: HistoryFile) =>
    readings
      .filter((reading) => isReadFor(reading, file, edges))
      .reduce((most, reading) => Math.max(most, recordsBeside(file, [...reading.files, ...named])), 0);
  // Other sums may have the records of sums, and not be chosen, since they tell less.
  const lackingSums = (file: HistoryFile) =>
    readings
      .filter((reading) => isReadFor(reading, file, edges) && isCandidate(reading, file, lacks))
      .map((reading) => usable.filter((other) => isCandidate(reading, other, lacks)))
      .reduce(
        (most, others) => Math.max(most, recordsBeside(file, [...others, ...named])),
        recordsBeside(file, [...usable, ...named]),
      );
  const absent = [...unreadFiles(files, leftOut), ...lostFiles(manifest)];
  const asked = absent.filter(({ file }) => isAsked(file, wanted));
  const testable = new Set(
    testableFiles(
      asked.map(({ file }) => file),
      lacks,
    ),
  );
  const parts = manifest.lost.filter((file) => file.isPart && isAsked(file, wanted)).map(lostBefore);
  // Records first: sums of them lack only what they have besides.
  for (const ofRecords of [true, false])
    for (const { file, told } of asked) {
      if ((file.tier === 'records') !== ofRecords || !testable.has(file)) continue;
      const records = ofRecords ? lackingRecords(file) : lackingSums(file);
      if (records <= 0) continue;
      named.push(file);
      parts.push({ ...told, records });
    }
  return parts;
}

function unreadFiles(
  files: readonly HistoryFile[],
  leftOut: ReadonlyMap<string, LeftOutReason>,
): AbsentFile[] {
  return files.flatMap((file) => {
    const reason = leftOut.get(file.name);
    return reason === undefined ? [] : [{ file, told: { ...file, ...reason } }];
  });
}

function lostFiles({ lost }: Manifest): AbsentFile[] {
  return lost
    .filter(({ isPart }) => isPart !== true)
    .map((file) => {
      const { number, sums = { tier: 'records', first: number, last: number } } = file;
      const told = lostBefore(file);
      return { told, file: { ...told, ...sums, rows: 0, octets: 0, schema: 0, restOf: 0 } };
    });
}
