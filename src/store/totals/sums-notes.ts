import type { DimensionName, FieldName } from '../../flow/index.ts';
import { type SumTier, sumTiers } from '../file-names.ts';
import { tierMs } from '../sum-columns.ts';
import type { TimeSpan } from '../time-span.ts';
import type { FileTotals, LackingOctets } from './file-totals.ts';
import { namesAll } from './read-plan.ts';
import type { OpenPart, Snapshot } from './snapshot.ts';
import { lacksOfSums, type SumsLacks } from './sums-lack.ts';
import { spansOf, type TotalsWanted } from './wanted.ts';

/** What sums could not tell of a question, at a time of which only sums are left. */
export type SumsNote =
  /** An edge is within a minute, hour or longer unit: its flows count at its beginning. */
  | ({ readonly kind: 'undivided'; readonly tier: SumTier } & TimeSpan)
  /** Flows count without a value in these dimensions. */
  | ({
      readonly kind: 'valueless';
      readonly tier: SumTier;
      readonly dimensions: readonly DimensionName[];
      readonly octets: bigint;
    } & TimeSpan)
  /**
   * Flows do not count, because the condition or the rights of the reader need what their rows lack. A reader
   * of some namespaces does not learn how much that is: most of it is of others.
   */
  | ({ readonly kind: 'untested'; readonly tier: SumTier; readonly octets: bigint | undefined } & TimeSpan)
  /** Sums of this time do not count, because the condition or the rights need fields that no sums have. */
  | ({ readonly kind: 'unread'; readonly fields: readonly FieldName[] } & TimeSpan);

/** Times that are named one by one. More become one. */
const MOST_TIMES = 4;

export async function sumsNotesOf(
  wanted: TotalsWanted,
  { parts, untestedFromMs, oldestMs }: Snapshot,
  totals: FileTotals,
): Promise<SumsNote[]> {
  const lacks = lacksOfSums(wanted);
  const notes: SumsNote[] = [];
  const toMs = Math.min(wanted.toMs, oldestMs ?? wanted.toMs);
  if (untestedFromMs !== undefined && wanted.fromMs < toMs)
    notes.push({
      kind: 'unread',
      fields: unreadFields(lacks),
      fromMs: Math.max(wanted.fromMs, untestedFromMs),
      toMs,
    });
  for (const part of parts) notes.push(...undividedNotes(wanted, part));
  for (const tier of sumTiers) {
    const [lacking, ...more] = await lackingIn(tier, wanted, parts, totals);
    if (lacking === undefined) continue;
    const all = more.reduce(addLacking, lacking);
    const { untested, valueless, fromMs, toMs } = all;
    const lack = lacks[tier];
    const hasRest = ({ files }: OpenPart) =>
      files.some(({ stored }) => (stored.restOf & lack.untested) !== 0);
    if (wanted.reader !== undefined && parts.some((part) => part.tier === tier && hasRest(part)))
      notes.push({ kind: 'untested', tier, octets: undefined, fromMs, toMs });
    const dimensions = lack.dimensions.length > 0 ? lack.dimensions : wanted.by;
    if (untested > 0n) notes.push({ kind: 'untested', tier, octets: untested, fromMs, toMs });
    if (valueless > 0n) notes.push({ kind: 'valueless', tier, dimensions, octets: valueless, fromMs, toMs });
  }
  return notes;
}

/** The fields that the first tier lacks that cannot be read. */
const unreadFields = (lacks: SumsLacks): readonly FieldName[] =>
  sumTiers.map((tier) => lacks[tier].neededFields).find((fields) => fields.length > 0) ?? [];

type Lacking = LackingOctets & TimeSpan;

const addLacking = (one: Lacking, other: Lacking): Lacking => ({
  untested: one.untested + other.untested,
  valueless: one.valueless + other.valueless,
  fromMs: Math.min(one.fromMs, other.fromMs),
  toMs: Math.max(one.toMs, other.toMs),
});

/** What the parts of a tier lack. */
async function lackingIn(
  tier: SumTier,
  wanted: TotalsWanted,
  parts: readonly OpenPart[],
  totals: FileTotals,
): Promise<Lacking[]> {
  const lacks = lacksOfSums(wanted);
  const all: Lacking[] = [];
  for (const part of parts) {
    const isTold = part.files.every(({ stored }) => namesAll(stored, lacks));
    const time = part.tier !== tier || isTold ? undefined : commonTime(wanted, part);
    if (time !== undefined) all.push({ ...time, ...(await totals.lackingOctets(part)) });
  }
  return all;
}

/** The asked time that a part has. */
function commonTime({ fromMs, toMs }: TotalsWanted, { files, span }: OpenPart): TimeSpan | undefined {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { stored } of files) {
    first = Math.min(first, stored.fromMs);
    last = Math.max(last, Math.ceil(stored.toMs));
  }
  const common = { fromMs: Math.max(fromMs, span.fromMs, first), toMs: Math.min(toMs, span.toMs, last) };
  return common.fromMs < common.toMs ? common : undefined;
}

/** The minutes, hours and so on of a part within which the question has an edge. Neighbours are one time. */
function undividedNotes(wanted: TotalsWanted, { tier, kind, span, edges, files }: OpenPart): SumsNote[] {
  if (tier === 'records') return [];
  if (kind.without !== undefined && tierMs[tier] <= tierMs[kind.without]) return [];
  const unitMs = tierMs[tier];
  const times: TimeSpan[] = [];
  for (const unit of edges.units[tier]) {
    const [fromMs, toMs] = [unit * unitMs, (unit + 1) * unitMs];
    const isRead = spansOf(wanted).some((each) => fromMs < each.toMs && toMs > each.fromMs);
    const isThere = files.some(({ stored }) => stored.fromMs < toMs && stored.toMs >= fromMs);
    if (!isRead || !isThere || fromMs < span.fromMs || toMs > span.toMs) continue;
    const before = times.at(-1);
    if (before?.toMs === fromMs) times.splice(-1, 1, { fromMs: before.fromMs, toMs });
    else times.push({ fromMs, toMs });
  }
  const named = times.length <= MOST_TIMES ? times : [{ fromMs: times[0]!.fromMs, toMs: times.at(-1)!.toMs }];
  return named.map((time) => ({ kind: 'undivided', tier, ...time }));
}
