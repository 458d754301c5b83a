import type { SumTier } from '../file-names.ts';
import { COLLECTION_TIME, quotedName } from '../stored-columns.ts';
import { tierMs } from '../sum-columns.ts';
import type { TimeSpan } from '../time-span.ts';
import type { AskedEdges, TimeKind } from './asked-edges.ts';
import { firstBucketMs, type TotalsWanted } from './wanted.ts';

/* Conditions of SQL on the time of a row. */

const TIME = quotedName(COLLECTION_TIME);

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

const unitIsAmong = (units: readonly number[], unitMs: number): string =>
  units.length === 0 ? 'false' : `(epoch_us(${TIME}) // ${microsecondsSql(unitMs)} IN (${units.join()}))`;

/** The number of the bucket. NULL without buckets, and for rows of the compared time only. */
export function bucketSql(wanted: TotalsWanted): string {
  const { fromMs, stepMs } = wanted;
  if (stepMs === undefined) return 'NULL::BIGINT';
  return `CASE WHEN ${withinSpan(wanted)} THEN (epoch_us(${TIME}) - ${microsecondsSql(firstBucketMs(fromMs, stepMs))}) // ${microsecondsSql(stepMs)} END`;
}
