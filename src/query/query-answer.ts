import { dimensionText } from '../flow/index.ts';
import { firstBucketMs, type GroupTotals, type SumsNote, type Totals } from '../store/index.ts';
import type { AnswerCoverage, ExactCount, Gap, Group, Query, QueryAnswer } from './contract/index.ts';
import { commandOf } from './query-command.ts';

/** The answer as it stands in JSON. */
export function answerOf(query: Query, totals: Totals, durationMs: number): QueryAnswer {
  const { fromMs, toMs, stepMs, by, measures, compareMs } = query;
  const none = measures.map(() => 0n);
  const sumOf = (counts: (group: GroupTotals) => readonly bigint[]): ExactCount[] =>
    totals.groups
      .map(counts)
      .reduce((sum, more) => sum.map((count, i) => count + more[i]!), none)
      .map(exactCount);
  return {
    fromMs,
    toMs,
    ...(stepMs === undefined ? {} : { stepMs, firstBucketMs: firstBucketMs(fromMs, stepMs) }),
    by,
    measures,
    groups: totals.groups.map((group) => groupOf(query, group)),
    totals: sumOf(({ now }) => now),
    ...(compareMs === undefined ? {} : { previousTotals: sumOf(({ before }) => before) }),
    groupCount: totals.groupCount,
    coverage: coverageOf(query, totals, durationMs),
    command: commandOf(query),
  };
}

function groupOf({ by, stepMs, compareMs }: Query, { key, now, before, series }: GroupTotals): Group {
  return {
    key: key?.map((value, i) => dimensionText(by[i]!, value)) ?? [],
    isRest: key === undefined,
    totals: now.map(exactCount),
    ...(compareMs === undefined ? {} : { previous: before.map(exactCount) }),
    ...(stepMs === undefined ? {} : { series: series.map((counts) => counts.map(exactCount)) }),
  };
}

const exactCount = (count: bigint): ExactCount =>
  count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : String(count);

function coverageOf({ fromMs, toMs }: Query, totals: Totals, durationMs: number): AnswerCoverage {
  const { oldestMs, unreadable, unreadableRecords, tiers, files, rows } = totals;
  const coveredFromMs = oldestMs === undefined || oldestMs >= toMs ? undefined : Math.max(fromMs, oldestMs);
  const notStored: Gap = { fromMs, toMs: coveredFromMs ?? toMs, why: 'before the history' };
  const damaged = unreadable
    .map(
      (part): Gap => ({
        fromMs: Math.max(fromMs, part.fromMs),
        toMs: Math.min(toMs, part.toMs),
        why: 'damaged',
      }),
    )
    .filter((gap) => gap.fromMs <= gap.toMs);
  return {
    tiers: tiers.length === 0 ? ['records'] : tiers,
    coveredFromMs,
    gaps: [...(notStored.toMs > fromMs ? [notStored] : []), ...damaged],
    unreadableRecords,
    files,
    rows,
    durationMs: Math.round(durationMs),
    notices: noticesOf(totals),
  };
}

function noticesOf({ isCut, groupCount, unreadable, unreadableRecords, sumsNotes }: Totals): string[] {
  const notices = unreadable.map(
    ({ name, records, why }) => `Left out ${name} with ${records} records: ${why}.`,
  );
  const inFiles = unreadable.reduce((sum, { records }) => sum + records, 0);
  if (unreadableRecords > inFiles)
    notices.push(`Left out ${unreadableRecords - inFiles} records of the log: they are damaged.`);
  if (isCut)
    notices.push(
      `There are more than ${groupCount} groups. All counts are exact, but a group that is named may not be among the largest.`,
    );
  return [...notices, ...sumsNotes.map(noteText)];
}

function noteText(note: SumsNote): string {
  const [from, to] = [note.fromMs, note.toMs].map((ms) => new Date(ms).toISOString());
  const time = `From ${from} to ${to}`;
  if (note.kind === 'unread')
    return `${time} only sums are left, which lack what the condition reads: ${note.fields.join(', ')}. They are not counted.`;
  const unit = note.tier === 'hours' ? 'hour' : 'minute';
  const left = `${time} only sums by the ${unit} are left`;
  switch (note.kind) {
    case 'undivided':
      return `${left}. All flows of ${unit === 'hour' ? 'an hour' : 'a minute'} count at its beginning.`;
    case 'valueless':
      return `${left}. ${note.octets} octets in them have no value for some of ${note.dimensions.join(', ')}.`;
    case 'untested':
      return `${left}. ${note.octets} octets in them may fit the condition or not, and are not counted.`;
  }
}
