import type { DimensionName, MeasureName } from '../../src/flow/index.ts';
import type { ExactCount, Group, QueryAnswer } from '../../src/query/contract/index.ts';

type Key = readonly (string | null)[];

export interface MadeGroup {
  readonly key: Key | 'rest';
  readonly octets: bigint;
  readonly flows?: bigint;
  readonly deniedFlows?: bigint;
  readonly previous?: bigint;
  readonly series?: readonly bigint[];
}

const measures: readonly MeasureName[] = ['octets', 'flows', 'deniedFlows'];

/** As the server writes them: decimal text above 2^53. */
const countOf = (count: bigint): ExactCount =>
  count > BigInt(Number.MAX_SAFE_INTEGER) ? String(count) : Number(count);

/** The answer of a server that counts octets of these groups. */
export function madeAnswer(
  by: readonly DimensionName[],
  made: readonly MadeGroup[],
  more: Partial<QueryAnswer> = {},
): QueryAnswer {
  const groups = made.map(
    ({ key, octets, flows = 1n, deniedFlows = 0n, previous, series }): Group => ({
      key: key === 'rest' ? [] : key,
      isRest: key === 'rest',
      totals: [octets, flows, deniedFlows].map(countOf),
      ...(previous === undefined ? {} : { previous: [previous, 0n, 0n].map(countOf) }),
      ...(series === undefined
        ? {}
        : { series: [series, series, series].map((counts) => counts.map(countOf)) }),
    }),
  );
  const total = made.reduce((sum, { octets }) => sum + octets, 0n);
  return {
    fromMs: Date.parse('2026-01-31T10:00:00Z'),
    toMs: Date.parse('2026-01-31T11:00:00Z'),
    by,
    measures,
    groups,
    totals: [countOf(total), 0, 0],
    groupCount: made.length,
    coverage: {
      tiers: ['records'],
      coveredFromMs: Date.parse('2026-01-31T10:00:00Z'),
      coveredToMs: Date.parse('2026-01-31T11:00:00Z'),
      gaps: [],
      previous: {
        coveredFromMs: Date.parse('2026-01-31T09:00:00Z'),
        coveredToMs: Date.parse('2026-01-31T10:00:00Z'),
        gaps: [],
      },
      unreadableRecords: 0,
      files: 1,
      rows: 1,
      durationMs: 1,
      notices: [],
    },
    command: 'weir query',
    ...more,
  };
}
