import type { FileMark } from '../file-mark.ts';
import { forSumTiers, parquetName, type SumTier, sumsName, sumTiers } from '../file-names.ts';
import type { Manifest } from '../manifest.ts';
import { REST_OF_DESTINATIONS, REST_OF_ROWS, REST_OF_SOURCES, tierMs } from '../sum-columns.ts';

/** The levels of detail of a history. */
export type HistoryTier = 'records' | SumTier;

/** All tiers, the finest first. */
export const historyTiers: readonly HistoryTier[] = ['records', ...sumTiers];

/** A complete file of any tier. */
export interface HistoryFile extends FileMark {
  readonly name: string;
  readonly tier: HistoryTier;
  /** The numbers of the record files whose records it has. */
  readonly first: number;
  readonly last: number;
  /** The first and the last time at which its records may have been stored, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
  readonly rows: number;
  readonly schema: number;
  /** Bits of what its rows are the rest of; 0 if each has all fields of its tier. */
  readonly restOf: number;
}

/** Times of records have microseconds. */
const MICROSECOND_MS = 0.001;
const ANY_REST = REST_OF_SOURCES | REST_OF_DESTINATIONS | REST_OF_ROWS;

export function filesOf(manifest: Manifest): HistoryFile[] {
  const records = [...manifest.files.values()].map((file): HistoryFile => {
    const { number, records: rows } = file;
    return {
      ...file,
      name: parquetName(number),
      tier: 'records',
      first: number,
      last: number,
      rows,
      restOf: 0,
    };
  });
  const sums = [...manifest.sums.values()].map(
    (file): HistoryFile => ({
      ...file,
      name: sumsName(file),
      toMs: file.toMs + tierMs[file.tier] - MICROSECOND_MS,
      restOf: file.restOf ?? ANY_REST,
    }),
  );
  return [...records, ...sums];
}

/** From when on a tier has all that was ever stored, whatever retention has deleted. */
export type CompleteFrom = Readonly<Record<HistoryTier, number>>;

const NEVER = Number.POSITIVE_INFINITY;
const ALWAYS = Number.NEGATIVE_INFINITY;

/**
 * @param unitMs the longest time that a row of the files has. All is on an edge of it, so that no row has
 *   times of both sides.
 */
export function completeFrom(
  manifest: Manifest,
  files: readonly HistoryFile[],
  unitMs: number,
): CompleteFrom {
  const oldestOf = (tier: HistoryTier) =>
    files.filter((file) => file.tier === tier).reduce((least, { fromMs }) => Math.min(least, fromMs), NEVER);
  const oldest = oldestOf('records');
  // A manifest that was found again does not know what was deleted, but sums tell.
  const isOlder = files.some(({ tier, fromMs }) => tier !== 'records' && fromMs + tierMs[tier] <= oldest);
  const records = Math.max(manifest.goneMs.records ?? ALWAYS, isOlder ? oldest : ALWAYS);
  const furthest = furthestOf(oldestOf);
  const sums = forSumTiers((tier) => {
    const gone = manifest.goneMs[tier] ?? ALWAYS;
    if (tier !== furthest) return Math.max(gone, oldestOf(tier));
    const others = historyTiers.filter((each) => each !== tier).map(oldestOf);
    return gone <= Math.min(...others) ? ALWAYS : gone;
  });
  const nextUnit = (ms: number) =>
    Number.isFinite(ms) ? Math.ceil((ms + MICROSECOND_MS) / unitMs) * unitMs : ms;
  return { records: nextUnit(records), ...forSumTiers((tier) => nextUnit(sums[tier])) };
}

/** The tier of sums that reaches back the furthest. What it lacks before all others begin, none has. */
function furthestOf(oldestOf: (tier: SumTier) => number): SumTier {
  let furthest: SumTier = 'hours';
  for (const tier of sumTiers)
    if (tierMs[tier] > tierMs[furthest] && oldestOf(tier) + tierMs[tier] <= oldestOf(furthest))
      furthest = tier;
  return furthest;
}

/**
 * From when on there is what was stored. Where only sums have it, it is the beginning of a unit. If they lack
 * records of this unit, it is after the last of these.
 */
export function oldestOf(
  files: readonly HistoryFile[],
  { goneMs }: Pick<Manifest, 'goneMs'>,
): number | undefined {
  let oldest = NEVER;
  for (const { tier, fromMs } of files) if (tier === 'records') oldest = Math.min(oldest, fromMs);
  for (const tier of sumTiers)
    for (const { tier: own, fromMs } of files) {
      const [nextMs, goneToMs] = [fromMs + tierMs[tier], goneMs[tier] ?? fromMs];
      if (own === tier && nextMs <= oldest) oldest = goneToMs <= nextMs ? Math.max(fromMs, goneToMs) : fromMs;
    }
  return oldest === NEVER ? undefined : oldest;
}
