import type { SumTier } from '../file-names.ts';
import { COLLECTION_TIME, quotedName } from '../stored-columns.ts';
import { tierMs } from '../sum-columns.ts';
import type { TimeSpan } from '../time-span.ts';
import type { AskedEdges, TimeKind } from './asked-edges.ts';
import { firstBucketMs, type TotalsWanted } from './wanted.ts';

/* Conditions of SQL on the time of a row. */

const TIME = quotedName(COLLECTION_TIME);

/** More of them are not compared one by one. */
const MOST_SPANS = 8;

const microsecondsSql = (ms: number): string => String(Math.round(ms * 1000));

const timestampSql = (ms: number): string => `make_timestamp(${microsecondsSql(ms)})`;

/** An end of the span may be infinite. */
export function withinSpan({ fromMs, toMs }: TimeSpan): string {
  const from = Number.isFinite(fromMs) ? [`${TIME} >= ${timestampSql(fromMs)}`] : [];
  const to = Number.isFinite(toMs) ? [`${TIME} < ${timestampSql(toMs)}`] : [];
  return `(${[...from, ...to].join(' AND ') || 'true'})`;
}

export function ofTimeKind({ within, without }: TimeKind, { units }: AskedEdges): string {
  const hasEdge = (tier: SumTier) => unitIsAmong(units[tier], tierMs[tier]);
  const isWithin = within === undefined ? 'true' : hasEdge(within);
  return without === undefined ? isWithin : `(${isWithin} AND NOT ${hasEdge(without)})`;
}

/** A row is compared with the ends of a time in a tenth of the time that a division takes. */
function unitIsAmong(units: readonly number[], unitMs: number): string {
  const spans = neighbouringUnits(units, unitMs);
  if (spans.length <= MOST_SPANS) return `(${spans.map(withinSpan).join(' OR ') || 'false'})`;
  return `(epoch_us(${TIME}) // ${microsecondsSql(unitMs)} IN (${units.join()}))`;
}

/** The times that units have. Those of neighbours are one. */
function neighbouringUnits(units: readonly number[], unitMs: number): TimeSpan[] {
  const spans: TimeSpan[] = [];
  for (const unit of units) {
    const [fromMs, toMs] = [unit * unitMs, (unit + 1) * unitMs];
    if (spans.at(-1)?.toMs === fromMs) spans.splice(-1, 1, { fromMs: spans.at(-1)!.fromMs, toMs });
    else spans.push({ fromMs, toMs });
  }
  return spans;
}

/** The number of the bucket. NULL without buckets, and for rows of the compared time only. */
export function bucketSql(wanted: TotalsWanted): string {
  const { fromMs, stepMs, compareMs } = wanted;
  if (stepMs === undefined) return 'NULL::BIGINT';
  const number = `(epoch_us(${TIME}) - ${microsecondsSql(firstBucketMs(fromMs, stepMs))}) // ${microsecondsSql(stepMs)}`;
  return compareMs === undefined ? number : `CASE WHEN ${withinSpan(wanted)} THEN ${number} END`;
}
