import type { Clock } from '../../runtime/index.ts';
import { CountingTable } from './counting-table.ts';
import { type DefinedMetric, measureOf } from './defined-metric.ts';
import { definedPlace, Fact, type LabelPlace, placesOf } from './fact.ts';
import { type GroupingName, groupings, measuresOf, type Quantity } from './grouping.ts';
import type { LabelValues } from './label-values.ts';
import type { FlowSeriesOptions } from './options.ts';

/** A place of flows in a table. */
export interface TablePlace extends LabelPlace {
  readonly table: CountingTable;
  /** Columns of the table by quantity; undefined for quantities that it does not count. */
  readonly columns: Readonly<Partial<Record<Quantity, Float64Array>>>;
  /** What is observed at the end of a flow. */
  readonly observed: 'durationSeconds' | 'octetsPerFlow' | undefined;
  /** Whether traffic back counts here. */
  readonly countsBackward: boolean;
}

/** Makes the tables of the groupings and of the user-defined metrics. */
export function tablePlaces(
  { groupings: names, defined, seriesLimit, idleMs }: Required<FlowSeriesOptions>,
  values: LabelValues,
  clock: Clock,
): TablePlace[] {
  const common = { limit: seriesLimit, idleMs };
  const ofGroupings = names.flatMap((name) => groupingPlaces(name, common, values, clock));
  return [
    ...ofGroupings,
    ...defined.map((metric, i) => {
      const condition = metric.filter === undefined ? Fact.always : Fact.filters + i;
      return metricPlace(metric, condition, common, values, clock);
    }),
  ];
}

interface Bounds {
  readonly limit: number;
  readonly idleMs: number;
}

function groupingPlaces(name: GroupingName, bounds: Bounds, values: LabelValues, clock: Clock): TablePlace[] {
  const { labels, quantities } = groupings[name];
  const counted: readonly Quantity[] = quantities;
  const table = new CountingTable(
    { name, labelNames: labels, measures: measuresOf(name), ...bounds },
    values,
    clock,
  );
  const columns = Object.fromEntries(counted.map((quantity, m) => [quantity, table.values[m]!]));
  return placesOf(name, labels).map((place) => ({
    ...place,
    table,
    columns,
    observed: undefined,
    countsBackward: true,
  }));
}

const quantityOf: Partial<Record<DefinedMetric['value'], Quantity>> = {
  octets: 'bytes',
  packets: 'packets',
  flows: 'flows',
};

function metricPlace(
  metric: DefinedMetric,
  condition: number,
  bounds: Bounds,
  values: LabelValues,
  clock: Clock,
): TablePlace {
  const { name, labels, value } = metric;
  const table = new CountingTable(
    {
      name,
      labelNames: labels,
      measures: [measureOf(metric)],
      ...bounds,
    },
    values,
    clock,
  );
  const quantity = quantityOf[value];
  return {
    ...definedPlace(labels, condition),
    table,
    columns: quantity === undefined ? {} : { [quantity]: table.values[0]! },
    observed: value === 'durationSeconds' || value === 'octetsPerFlow' ? value : undefined,
    countsBackward: value === 'octets' || value === 'packets',
  };
}
