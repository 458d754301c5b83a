/** Flows as series: their groupings, what is counted, and the store that holds the counts. */

export { builtInRanges } from './built-in-ranges.ts';
export {
  checkDefined,
  type DefinedMetric,
  type DefinedPanel,
  type DefinedValue,
  definedValues,
  measureOf,
} from './defined-metric.ts';
export { DelayHistogram } from './delay-histogram.ts';
export { FlowSeries, type FlowSeriesParts } from './flow-series.ts';
export {
  type Grouping,
  type GroupingName,
  groupingNames,
  groupings,
  type LabelName,
  labelNotes,
  labels,
  measuresOf,
  type Quantity,
  quantities,
} from './grouping.ts';
export {
  defaultFlowSeriesOptions,
  type FlowSeriesOptions,
  flowSeriesOptions,
  flowSeriesSettings,
} from './options.ts';
export type { TableReadings } from './readings.ts';
export type { Exemplar, HistogramColumns, Measure, SeriesTable } from './series-table.ts';
