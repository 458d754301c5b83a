import type { DimensionName, MeasureName } from '../../flow/index.ts';

/** A question about flows, as it stands in JSON. All but `from` has a default. */
export interface QueryText {
  /**
   * A time in RFC 3339, or how long ago: "1h", "7d". The latter is rounded down to a whole minute, hour, four
   * hours or day. The longest one counts that fits 100 times into the asked time.
   */
  readonly from: string;
  /** A time in RFC 3339, or "now". Default now. */
  readonly to?: string;
  /** Which flows, in the language of filters: `namespace=shop and not port=53`. Default all. */
  readonly where?: string;
  /** What flows are grouped by, at most four. Default none: one group. */
  readonly by?: readonly DimensionName[];
  /** What is counted. The first determines which groups are the top ones. Default octets. */
  readonly measures?: readonly MeasureName[];
  /** Groups to name; all others are summed up in one more. 1 to 1,000; default 20. */
  readonly top?: number;
  /**
   * Length of the time buckets, such as "1m"; "auto" for some 200 of them. Default none: only totals. Buckets
   * begin at whole multiples of it since 1970, so the first and the last one may be cut by the asked time.
   */
  readonly step?: string;
  /** Also count the time before, for each group: "previous", or how much earlier: "1d", "7d". */
  readonly compare?: string;
}

/** A question whose values are checked. Times are in milliseconds since 1970. */
export interface Query {
  readonly fromMs: number;
  readonly toMs: number;
  readonly where: string;
  readonly by: readonly DimensionName[];
  readonly measures: readonly MeasureName[];
  readonly top: number;
  readonly stepMs: number | undefined;
  /** How much earlier the compared time is. */
  readonly compareMs: number | undefined;
}

/** A count: a number up to 2^53, a decimal text above. */
export type ExactCount = number | string;

/** What some flows have in common, and how much they are. */
export interface Group {
  /** A value for each dimension that was asked for; null where a record has none. Empty for the rest. */
  readonly key: readonly (string | null)[];
  /** Whether it sums up all groups that are not named. */
  readonly isRest: boolean;
  /** In the order of the measures. */
  readonly totals: readonly ExactCount[];
  /** In the compared time. */
  readonly previous?: readonly ExactCount[];
  /** For each measure, a count for each bucket. */
  readonly series?: readonly (readonly ExactCount[])[];
}

/** Why records of a time are missing, all of them or some. */
export const gapReasons = [
  'before the history',
  'damaged',
  'missing',
  'unreadable',
  'no process wrote',
  'no exporter was there',
  'the process stood still',
  'the clock was set forward',
  'records were refused',
] as const;
export type GapReason = (typeof gapReasons)[number];

/** A time with missing records, and why they are. Gaps may overlap. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
  readonly why: GapReason;
}

/** How much of a time the history covers. In a covered time without records no flow was reported. */
export interface TimeCoverage {
  /** From when on it is covered. Undefined if nothing before its end is. */
  readonly coveredFromMs: number | undefined;
  /** Up to when records are stored. */
  readonly coveredToMs: number | undefined;
  /** At most 200, the longest ones, in the order of time. */
  readonly gaps: readonly Gap[];
}

/** The level of detail that answered. A tier has sums instead of records. */
export type TierName = 'records' | 'minutes' | 'hours' | 'fourHours' | 'days';

/** How much of the asked time the answer covers, and what it cost. */
export interface AnswerCoverage extends TimeCoverage {
  readonly tiers: readonly TierName[];
  /** The same of the compared time. */
  readonly previous?: TimeCoverage;
  /**
   * Records that could not be read. Undefined: some, but the answer is for somebody who may read some
   * namespaces only, and does not learn how many records others have.
   */
  readonly unreadableRecords?: number;
  /** Undefined for such a reader, as `rows` is. */
  readonly files?: number;
  readonly rows?: number;
  readonly durationMs: number;
  /** Sentences for people. */
  readonly notices: readonly string[];
}

/** The answer. Totals are exact: those of all groups together are `totals`. */
export interface QueryAnswer {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs?: number;
  /** When the first bucket begins: at `fromMs` or before. It has no records from before `fromMs`. */
  readonly firstBucketMs?: number;
  readonly by: readonly DimensionName[];
  readonly measures: readonly MeasureName[];
  readonly groups: readonly Group[];
  readonly totals: readonly ExactCount[];
  readonly previousTotals?: readonly ExactCount[];
  /** Groups that there are, named or not. At most 50,000: more are noticed, but not counted. */
  readonly groupCount: number;
  readonly coverage: AnswerCoverage;
  /** The `weir` command that prints the same numbers. */
  readonly command: string;
}
