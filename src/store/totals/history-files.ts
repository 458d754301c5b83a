import { parquetName, type SumTier, sumsName } from '../file-names.ts';
import type { Manifest } from '../manifest.ts';
import { REST_OF_DESTINATIONS, REST_OF_ROWS, REST_OF_SOURCES, tierMs } from '../sum-columns.ts';

/** The levels of detail of a history. */
export type HistoryTier = 'records' | SumTier;

/** A complete file of any tier. */
export interface HistoryFile {
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
  readonly octets: number;
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

/** On an edge of an hour, so that no row of sums has times of both sides. */
export function completeFrom(manifest: Manifest, files: readonly HistoryFile[]): CompleteFrom {
  const oldestOf = (tier: HistoryTier) =>
    files.filter((file) => file.tier === tier).reduce((least, { fromMs }) => Math.min(least, fromMs), NEVER);
  const oldest = oldestOf('records');
  // A manifest that was found again does not know what was deleted, but sums tell.
  const isOlder = files.some(({ tier, fromMs }) => tier !== 'records' && fromMs + tierMs[tier] <= oldest);
  const records = Math.max(manifest.goneMs.records ?? ALWAYS, isOlder ? oldest : ALWAYS);
  const minutes = Math.max(manifest.goneMs.minutes ?? ALWAYS, oldestOf('minutes'));
  return { records: nextHour(records), minutes: nextHour(minutes), hours: ALWAYS };
}

const nextHour = (ms: number): number =>
  Number.isFinite(ms) ? Math.ceil((ms + MICROSECOND_MS) / tierMs.hours) * tierMs.hours : ms;

/** When the oldest record was stored. Where only sums have it, it is the beginning of its minute or hour. */
export function oldestOf(files: readonly HistoryFile[]): number | undefined {
  let oldest = NEVER;
  for (const { tier, fromMs } of files) if (tier === 'records') oldest = Math.min(oldest, fromMs);
  for (const tier of ['minutes', 'hours'] as const)
    for (const file of files)
      if (file.tier === tier && file.fromMs + tierMs[tier] <= oldest) oldest = file.fromMs;
  return oldest === NEVER ? undefined : oldest;
}

/** When the newest record was stored; of sums, the end of the last minute or hour is the latest it may be. */
export function newestOf(files: readonly HistoryFile[]): number | undefined {
  let newest = ALWAYS;
  const records = files.filter(({ tier }) => tier === 'records');
  for (const { toMs } of records.length > 0 ? records : files) newest = Math.max(newest, toMs);
  return newest === ALWAYS ? undefined : newest;
}
