import { type SumTier, sumTiers } from '../file-names.ts';
import { sumsForm, tierMs } from '../sum-columns.ts';
import { isWithin } from '../sum-ranges.ts';
import type { TimeSpan } from '../time-span.ts';
import { type AskedEdges, countBelow, type TimeKind, timeKinds } from './asked-edges.ts';
import { type CompleteFrom, type HistoryFile, type HistoryTier, historyTiers } from './history-files.ts';
import type { SumsLacks } from './sums-lack.ts';

/** Files of one tier, and the times for which they are read. */
export interface PlannedPart {
  readonly tier: HistoryTier;
  readonly kind: TimeKind;
  /** Only these times. They may be infinite. */
  readonly span: TimeSpan;
  /** By which times are of this kind. */
  readonly edges: AskedEdges;
  readonly files: readonly HistoryFile[];
}

export interface PlanParts {
  readonly files: readonly HistoryFile[];
  readonly complete: CompleteFrom;
  readonly edges: AskedEdges;
  readonly lacks: SumsLacks;
}

/** The files of all tiers that are read for the times of a kind. */
export interface PlannedReading {
  readonly kind: TimeKind;
  /** Only these times. They may be infinite. */
  readonly span: TimeSpan;
  readonly files: readonly HistoryFile[];
  /** The tiers among which they were chosen. */
  readonly tiers: readonly HistoryTier[];
}

/** The files that have the fields that a question needs. */
export const testableFiles = (files: readonly HistoryFile[], lacks: SumsLacks): HistoryFile[] =>
  files.filter(({ tier }) => tier === 'records' || lacks[tier].neededFields.length === 0);

/**
 * Which files answer a question. Each record counts once: times are divided by kind, and for each kind the
 * chosen files have disjoint numbers. What answers exactly goes first. Where only other files have records,
 * they are read.
 */
export function planReadings({ files, complete, edges, lacks }: PlanParts): PlannedReading[] {
  const usable = testableFiles(files, lacks);
  const steps = stepsOf(usable);
  return timeKinds(steps).flatMap((kind) => {
    const isInexact = (file: HistoryFile) =>
      !tellsExactly(file, kind, lacks) && edges.hasTimes(kind, file.fromMs, file.toMs);
    // A tier without usable files answers nothing, however complete it is.
    const there = historyTiers
      .filter((tier) => usable.some((file) => file.tier === tier))
      .toSorted((one, other) => inexactnessOf(one, kind) - inexactnessOf(other, kind));
    const exact = there.filter((tier) => !usable.some((file) => file.tier === tier && isInexact(file)));
    return readingsOf(kind, steps, { there, exact }, complete).map(({ span, tiers }) => {
      const candidates = usable
        .filter((file) => isCandidate({ kind, tiers }, file, lacks))
        .map((file): Candidate => {
          if (!isReadFor({ kind, span }, file, edges)) return { file, rows: 0, inexact: 0 };
          const inexact = tellsExactly(file, kind, lacks) ? 0 : file.records * inexactnessOf(file.tier, kind);
          return { file, rows: file.rows, inexact };
        });
      const chosen = bestCover(candidates).filter((file) => isReadFor({ kind, span }, file, edges));
      return { kind, span, files: chosen, tiers };
    });
  });
}

/** The tiers by whose units times are divided: minutes and hours, and longer ones that have files. */
export const stepsOf = (files: readonly HistoryFile[]): SumTier[] =>
  sumTiers.filter((tier) => tierMs[tier] <= tierMs.hours || files.some((file) => file.tier === tier));

/** The files by tier. */
export const partsOf = (readings: readonly PlannedReading[], edges: AskedEdges): PlannedPart[] =>
  readings.flatMap(({ kind, span, files }) =>
    historyTiers
      .map((tier) => ({ tier, kind, span, edges, files: files.filter((file) => file.tier === tier) }))
      .filter((part) => part.files.length > 0),
  );

/** Whether a file may be chosen. One busy hour with a rest does not keep others from being read by hours. */
export const isCandidate = (
  { kind, tiers }: Pick<PlannedReading, 'kind' | 'tiers'>,
  file: HistoryFile,
  lacks: SumsLacks,
): boolean => tiers.includes(file.tier) || tellsExactly(file, kind, lacks);

/** Whether a file may have records of the times. */
export const isReadFor = (
  { kind, span }: Pick<PlannedReading, 'kind' | 'span'>,
  { fromMs, toMs }: TimeSpan,
  edges: AskedEdges,
): boolean => edges.hasTimes(kind, Math.max(fromMs, span.fromMs), Math.min(toMs, span.toMs - 0.001));

/** A time, and the tiers that are read for it. */
interface Reading {
  readonly span: TimeSpan;
  readonly tiers: readonly HistoryTier[];
}

/** The tiers that can answer, what tells the most first, and those of them that tell all. */
interface Tellers {
  readonly there: readonly HistoryTier[];
  readonly exact: readonly HistoryTier[];
}

/** The times in which there is this kind, as few as possible. */
function readingsOf(
  kind: TimeKind,
  steps: readonly SumTier[],
  tellers: Tellers,
  complete: CompleteFrom,
): Reading[] {
  const starts = (['records', ...steps] as const).map((tier) => complete[tier]).filter(Number.isFinite);
  const cuts = [...new Set(starts)].sort((one, other) => one - other);
  const bounds = [Number.NEGATIVE_INFINITY, ...cuts, Number.POSITIVE_INFINITY];
  const readings: Reading[] = [];
  for (const [i, toMs] of bounds.slice(1).entries()) {
    const span = { fromMs: bounds[i]!, toMs };
    if (!isDividedSo(kind, span, steps, complete)) continue;
    const tiers = tiersFor(tellers, span, complete);
    const before = readings.at(-1);
    if (before?.span.toMs === span.fromMs && before.tiers.join() === tiers.join())
      readings.splice(-1, 1, { tiers, span: { ...before.span, toMs } });
    else readings.push({ span, tiers });
  }
  return readings;
}

/** Whether a time has this kind. Where only longer units are complete, nothing divides those with an edge. */
function isDividedSo(
  { within, without }: TimeKind,
  { fromMs }: TimeSpan,
  steps: readonly SumTier[],
  complete: CompleteFrom,
): boolean {
  const isComplete = (tier: HistoryTier) => complete[tier] <= fromMs;
  const finest = isComplete('records') ? steps[0]! : (steps.find(isComplete) ?? steps.at(-1)!);
  return without === undefined ? within === finest : tierMs[without] >= tierMs[finest];
}

/** Whether all rows of a file can be placed, tested and named. */
export const tellsExactly = (file: HistoryFile, kind: TimeKind, lacks: SumsLacks): boolean =>
  placesAll(file.tier, kind) && namesAll(file, lacks);

/** Whether no row of a tier has an edge within its time. */
const placesAll = (tier: HistoryTier, { without }: TimeKind): boolean =>
  tier === 'records' || (without !== undefined && tierMs[tier] <= tierMs[without]);

/**
 * How little a record tells in a file that does not tell all. In shorter times less is a rest. Sums of pairs
 * have more rows for fewer fields: their rest is smaller than that of hours, and larger than that of minutes.
 */
function inexactnessOf(tier: HistoryTier, kind: TimeKind): number {
  if (tier === 'records') return 0;
  return sumsForm[tier].hasNodes || !placesAll(tier, kind) ? tierMs[tier] : tierMs[tier] / 100;
}

/** Whether all rows of a file can be tested and named. */
export function namesAll({ tier, restOf }: HistoryFile, lacks: SumsLacks): boolean {
  if (tier === 'records') return true;
  const { dimensions, untested, valueless } = lacks[tier];
  return dimensions.length === 0 && (restOf & (untested | valueless)) === 0;
}

/** The exact tiers, and if none of them is complete in this time, also others, as many as it takes. */
function tiersFor({ there, exact }: Tellers, span: TimeSpan, complete: CompleteFrom): HistoryTier[] {
  const isComplete = (tier: HistoryTier) => complete[tier] <= span.fromMs;
  if (exact.some(isComplete)) return [...exact];
  const tiers = [...exact];
  for (const tier of there) {
    if (!tiers.includes(tier)) tiers.push(tier);
    if (isComplete(tier)) break;
  }
  return tiers;
}

interface Candidate {
  readonly file: HistoryFile;
  /** Rows that are read of it. */
  readonly rows: number;
  /** How much of it cannot be told exactly; 0 for nothing. */
  readonly inexact: number;
}

/** Disjoint files, and what they have together. */
interface Cover {
  readonly records: number;
  readonly inexact: number;
  readonly rows: number;
  readonly files: number;
  /** The last of them, and all before it. */
  readonly end?: { readonly file: HistoryFile; readonly before: Cover };
}

const NOTHING: Cover = { records: 0, inexact: 0, rows: 0, files: 0 };

/**
 * Of all choices of files with disjoint numbers the one with the most records. Of equal ones it is the most
 * exact one, then the one with the fewest rows to read.
 */
function bestCover(candidates: readonly Candidate[]): HistoryFile[] {
  // Of files that are alike in all the coarser one stays, which comes first.
  const sorted = candidates.toSorted(
    ({ file: one }, { file: other }) =>
      one.last - other.last || historyTiers.indexOf(other.tier) - historyTiers.indexOf(one.tier),
  );
  const ends = sorted.map(({ file }) => file.last);
  // best[n] is the best choice among the first n.
  const best: Cover[] = [NOTHING];
  for (const { file, rows, inexact } of sorted) {
    const before = best[countBelow(ends, file.first)]!;
    const withIt: Cover = {
      records: before.records + file.records,
      inexact: before.inexact + inexact,
      rows: before.rows + rows,
      files: before.files + 1,
      end: { file, before },
    };
    const without = best.at(-1)!;
    best.push(compareCovers(withIt, without) < 0 ? withIt : without);
  }
  const files: HistoryFile[] = [];
  for (let { end } = best.at(-1)!; end !== undefined; end = end.before.end) files.push(end.file);
  return files.reverse();
}

/** Negative if the first is better. */
const compareCovers = (one: Cover, other: Cover): number =>
  other.records - one.records ||
  one.inexact - other.inexact ||
  one.rows - other.rows ||
  one.files - other.files;

/** Records of a file that others do not have. Those may have the same ones, as files of several tiers do. */
export function recordsBeside(file: HistoryFile, others: readonly HistoryFile[]): number {
  return others.some((other) => isWithin(file, other)) ? 0 : file.records - recordsWithin(file, others);
}

/** Records of a file that others within it have. */
function recordsWithin(file: HistoryFile, others: readonly HistoryFile[]): number {
  const within = others.filter((other) => isWithin(other, file));
  const disjoint = bestCover(within.map((each) => ({ file: each, rows: 0, inexact: 0 })));
  return disjoint.reduce((sum, { records }) => sum + records, 0);
}

/** When the newest record was stored. If only sums have it, that is the end of its minute or hour. */
export function newestOf(files: readonly HistoryFile[]): number | undefined {
  const finer: HistoryFile[] = [];
  let newest: number | undefined;
  for (const tier of historyTiers) {
    const own = files.filter((file) => file.tier === tier);
    for (const file of own)
      if (!(file.toMs <= newest!) && recordsWithin(file, finer) < file.records) newest = file.toMs;
    finer.push(...own);
  }
  return newest;
}
