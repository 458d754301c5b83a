import type { CountingTable } from './counting-table.ts';

/** The state of a table. */
export interface TableReadings {
  /** The grouping, or the user-defined metric. */
  readonly grouping: string;
  /** Current series, without "other". */
  readonly series: number;
  readonly limit: number;
  /** How often a key was counted under "other", because the table was full or a bigger key took its place. */
  readonly folded: number;
  /** Number of series that have expired. */
  readonly expired: number;
  /** Totals of the expired series: octets and packets, when the table counts them, and by measure. */
  readonly expiredBytes: number;
  readonly expiredPackets: number;
  readonly expiredValues: Float64Array;
}

export function readingsOf(table: CountingTable): TableReadings {
  const { name, live, limit, folded, expired, expiredValues, measures } = table;
  // The first measure with a unit counts octets or packets of all flows.
  const expiredOf = (unit: string) =>
    expiredValues[measures.findIndex((measure) => measure.type === 'counter' && measure.unit === unit)] ?? 0;
  return {
    grouping: name,
    series: live,
    limit,
    folded,
    expired,
    expiredBytes: expiredOf('By'),
    expiredPackets: expiredOf('{packet}'),
    expiredValues,
  };
}
