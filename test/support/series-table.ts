import { Dictionary } from '../../src/flow/index.ts';
import type { Exemplar, Measure, SeriesTable } from '../../src/metrics/series/index.ts';

export interface SeriesRow {
  /** Octets are written unchanged; without a value the label is absent. */
  readonly labels: Readonly<Record<string, string | Uint8Array>>;
  /** By measure. */
  readonly values: readonly number[];
  /** For a histogram: observations in each bucket, and their sum. */
  readonly buckets?: readonly number[];
  readonly sum?: number;
  readonly startedAt?: number;
  readonly exemplar?: Exemplar;
}

export interface TestTable extends SeriesTable {
  /** The number of current holders. */
  holders: number;
  /** How often somebody has held it. */
  holds: number;
}

/** A table of series with these rows, and unused rows between them. */
export function seriesTable(
  name: string,
  labelNames: readonly string[],
  measures: readonly Measure[],
  rows: readonly SeriesRow[],
): TestTable {
  const dictionary = new Dictionary();
  const slots = rows.length * 2;
  const labels = new Uint32Array(slots * labelNames.length).fill(0);
  const idOf = (value: string | Uint8Array = '') =>
    typeof value === 'string' ? dictionary.internText(value) : dictionary.intern(value, 0, value.length);
  for (const [index, row] of rows.entries()) {
    for (const [k, label] of labelNames.entries()) {
      labels[index * 2 * labelNames.length + k] = idOf(row.labels[label]);
    }
  }
  const column = (value: (row: SeriesRow) => number) =>
    Float64Array.from({ length: slots }, (_, slot) => (slot % 2 === 0 ? value(rows[slot / 2]!) : -1));
  const bounds = measures[0]?.buckets;
  return {
    name,
    labelNames,
    measures,
    dictionary,
    slots,
    isLive: (slot) => slot % 2 === 0,
    labels,
    values: measures.map((_, measure) => column(({ values }) => values[measure]!)),
    startedAt: column(({ startedAt = 0 }) => startedAt),
    generations: new Uint32Array(slots),
    ...(bounds === undefined
      ? {}
      : {
          histogram: {
            bounds,
            counts: Float64Array.from({ length: slots * (bounds.length + 1) }, (_, at) => {
              const slot = Math.floor(at / (bounds.length + 1));
              return slot % 2 === 0 ? rows[slot / 2]!.buckets![at % (bounds.length + 1)]! : -1;
            }),
            sums: column(({ sum = 0 }) => sum),
          },
        }),
    exemplar: (_, slot) => rows[slot / 2]?.exemplar,
    holders: 0,
    holds: 0,
    hold() {
      this.holders++;
      this.holds++;
    },
    release() {
      this.holders--;
    },
  };
}

/** A table of the given size, for a mesh of workloads. */
export function largeTable(measures: readonly Measure[], series: number): TestTable {
  const labelNames = ['source_namespace', 'source_workload', 'destination_namespace', 'destination_workload'];
  const rows = Array.from({ length: series }, (_, row) => ({
    labels: {
      source_namespace: `team-${row % 40}`,
      source_workload: `service-${row % 1999}`,
      destination_namespace: `team-${(row * 7) % 40}`,
      destination_workload: `backend-${Math.floor(row / 1999)}-${row % 3}`,
    },
    values: measures.map((_, measure) => row * 1000 + measure),
  }));
  return seriesTable('workload', labelNames, measures, rows);
}
