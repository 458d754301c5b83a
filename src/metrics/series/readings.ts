import type { CountingTable } from './counting-table.ts';

/** What there is to know of a table itself. */
export interface TableReadings {
  /** The grouping, or the user-defined metric. */
  readonly grouping: string;
  /** Series now, the one for all others not counted. */
  readonly series: number;
  readonly limit: number;
  /**
   * How often a key was counted under "other" because there was no room for it, or a bigger one took its
   * place.
   */
  readonly folded: number;
  /** Series that are shown no longer. */
  readonly expired: number;
  /** What those had counted: octets and packets, where the table counts them, and by measure. */
  readonly expiredBytes: number;
  readonly expiredPackets: number;
  readonly expiredValues: Float64Array;
}

export function readingsOf(table: CountingTable): TableReadings {
  const { name, live, limit, folded, expired, expiredValues, measures } = table;
  // The first measure with a unit is the plain one: octets or packets of all flows.
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
