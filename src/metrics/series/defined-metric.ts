import { conditionOfWords, type FilterWords, FlowFilter } from '../../flow/index.ts';
import { groupingNames, type LabelName, labels, measuresOf } from './grouping.ts';
import type { Measure } from './series-table.ts';

/** What a user-defined metric counts or observes in each flow that passes its filter. */
export const definedValues = {
  octets: { type: 'counter', suffix: 'bytes', unit: 'By' },
  packets: { type: 'counter', suffix: 'packets', unit: '{packet}' },
  flows: { type: 'counter', suffix: 'flows', unit: '{flow}' },
  durationSeconds: { type: 'histogram', suffix: 'seconds', unit: 's' },
  octetsPerFlow: { type: 'histogram', suffix: 'bytes', unit: 'By' },
} as const;

export type DefinedValue = keyof typeof definedValues;

/** A panel that a metric requests in the dashboards. */
export interface DefinedPanel {
  readonly dashboard: string;
  readonly title: string;
  /** A unit of Grafana, e.g. `Bps`. */
  readonly unit?: string;
}

export interface DefinedMetric {
  /**
   * Lower case, digits and underscores. The metric is `weir_flow_<name>`, plus the unit and `_total` when
   * missing.
   */
  readonly name: string;
  readonly type: 'counter' | 'histogram';
  /**
   * A counter: octets, packets or flows. A histogram, observed once at the end of a flow: durationSeconds or
   * octetsPerFlow.
   */
  readonly value: DefinedValue;
  /** Evaluated at each report of a flow; without one, all flows count. */
  readonly filter?: FilterWords;
  readonly labels: readonly LabelName[];
  /** Upper bounds, in seconds or octets. */
  readonly buckets?: readonly number[];
  readonly description?: string;
  readonly panel?: DefinedPanel;
}

const defaultBuckets: Partial<Record<DefinedValue, readonly number[]>> = {
  durationSeconds: [0.001, 0.01, 0.1, 1, 10, 60, 300, 3600],
  octetsPerFlow: [100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9],
};

/** The metric as readers see it. */
export function measureOf({ name, type, value, description, buckets }: DefinedMetric): Measure {
  const { suffix, unit } = definedValues[value];
  const withUnit = name.endsWith(suffix) ? name : `${name}_${suffix}`;
  const bounds = buckets ?? defaultBuckets[value];
  return {
    name: `weir_flow_${withUnit}${type === 'counter' ? '_total' : ''}`,
    otelName: `weir.flow.${name}`,
    unit,
    description: description ?? `${value} of flows, user-defined`,
    type,
    ...(type === 'histogram' && bounds !== undefined ? { buckets: bounds } : {}),
  };
}

/** @throws {TypeError} with the wrong metric, what was expected and what was found */
export function checkDefined(metrics: readonly DefinedMetric[]): void {
  const taken = new Set(groupingNames.flatMap(measuresOf).map((measure) => measure.name));
  for (const metric of metrics) {
    const { name, type, value, buckets } = metric;
    const rejectValue = (what: string, expected: string, found: unknown) => {
      throw new TypeError(`metric "${name}": ${what}: expected ${expected}; found ${JSON.stringify(found)}`);
    };
    if (!/^[a-z][a-z0-9_]*$/.test(name))
      rejectValue('name', 'lower case letters, digits and underscores', name);
    if (groupingNames.some((grouping) => grouping === name))
      rejectValue('name', 'one that no grouping has', name);
    const shown = measureOf(metric).name;
    if (taken.has(shown))
      rejectValue('name', `one whose metric is not ${shown}, which there is already`, name);
    taken.add(shown);
    const fitting = Object.entries(definedValues).filter(([, one]) => one.type === type);
    if (definedValues[value]?.type !== type) {
      rejectValue(`value of a ${type}`, `one of ${fitting.map(([one]) => one).join(', ')}`, value);
    }
    for (const label of metric.labels) {
      if (!Object.hasOwn(labels, label))
        rejectValue('label', `one of ${Object.keys(labels).join(', ')}`, label);
    }
    if (new Set(metric.labels).size < metric.labels.length) rejectValue('labels', 'each once', metric.labels);
    if (buckets?.some((bound, i) => !Number.isFinite(bound) || bound <= (buckets[i - 1] ?? -Infinity))) {
      rejectValue('buckets', 'finite numbers, rising', buckets);
    }
    if (metric.filter !== undefined) new FlowFilter(conditionOfWords(metric.filter));
  }
}
