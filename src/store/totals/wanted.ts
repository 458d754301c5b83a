import {
  type DimensionName,
  type FieldName,
  type FlowCondition,
  fieldConditionOf,
  fieldsIn,
  fieldsOfDimension,
  fieldsOfMeasure,
  type MeasureName,
  type NamespaceReader,
  type Reduction,
} from '../../flow/index.ts';
import type { TimeSpan } from '../time-span.ts';

/** Which flows are counted, and how they are grouped. */
export interface TotalsWanted extends TimeSpan {
  readonly condition: FlowCondition;
  readonly by: readonly DimensionName[];
  /** At least one. The first determines which groups are named. */
  readonly measures: readonly MeasureName[];
  /** Groups to name. */
  readonly top: number;
  /** Length of the time buckets, which begin at whole multiples of it since 1970. */
  readonly stepMs?: number | undefined;
  /** How much earlier the compared time is. */
  readonly compareMs?: number | undefined;
  /** Whose flows count, as he may read them; undefined: all flows. */
  readonly reader?: NamespaceReader | undefined;
}

export function comparedSpan({ fromMs, toMs, compareMs }: TotalsWanted): TimeSpan | undefined {
  return compareMs === undefined ? undefined : { fromMs: fromMs - compareMs, toMs: toMs - compareMs };
}

export const withoutBuckets = (wanted: TotalsWanted): TotalsWanted => ({ ...wanted, stepMs: undefined });

/** The asked time, and the compared one. */
export function spansOf(wanted: TotalsWanted): TimeSpan[] {
  return [wanted, ...[comparedSpan(wanted)].filter((span) => span !== undefined)];
}

/** Whether a file may have records of the asked times. */
export const isAsked = (file: TimeSpan, wanted: TotalsWanted): boolean =>
  spansOf(wanted).some(({ fromMs, toMs }) => file.toMs >= fromMs && file.fromMs < toMs);

/** When the first bucket begins, at `fromMs` or before. So buckets of an hour end with their hours. */
export function firstBucketMs(fromMs: number, stepMs: number): number {
  return Math.floor(fromMs / stepMs) * stepMs;
}

export function bucketsOf({ fromMs, toMs, stepMs }: TotalsWanted): number {
  return stepMs === undefined ? 0 : Math.ceil((toMs - firstBucketMs(fromMs, stepMs)) / stepMs);
}

/** The fields from which the totals of a question are read. */
export const fieldsOfTotals = (
  { by, measures, condition }: TotalsWanted,
  reduction: Reduction | undefined,
): FieldName[] => [
  ...by.flatMap(fieldsOfDimension),
  ...measures.flatMap(fieldsOfMeasure),
  ...fieldsIn(fieldConditionOf(condition)),
  ...(reduction === undefined ? [] : fieldsIn(reduction.mayRead)),
  ...(reduction?.hides ?? []).flatMap(({ where }) => fieldsIn(where)),
];
