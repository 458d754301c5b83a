import type { ProcessMetricName, processMetrics } from './process-metrics.ts';
import type { HistogramReading } from './readings.ts';

type Metrics = typeof processMetrics;

/** The labels of a metric, each with its value. */
export type LabelsOf<Name extends ProcessMetricName> = Readonly<
  Record<Metrics[Name]['labels'][number], string | number>
>;

type NamesOf<Type extends string> = {
  [Name in ProcessMetricName]: Metrics[Name]['type'] extends Type ? Name : never;
}[ProcessMetricName];

export type ScalarName = NamesOf<'counter' | 'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** One series of a process metric, as observed. */
export interface Observation<Value> {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: Value;
}

/** Observes one part of the process, at each reading. */
export type ObservationCallback = (into: Observations) => void | Promise<void>;

/** Process metrics at one moment. A series that is no longer observed is missing at the next reading. */
export class Observations {
  readonly scalars = new Map<ScalarName, Map<string, Observation<number>>>();
  readonly histograms = new Map<HistogramName, Observation<HistogramReading>[]>();

  /** Observations with the same labels are summed up. */
  add<Name extends ScalarName>(name: Name, value: number, labels: LabelsOf<Name>): void {
    const series = this.scalars.get(name) ?? new Map<string, Observation<number>>();
    this.scalars.set(name, series);
    const key = JSON.stringify(Object.values(labels));
    series.set(key, { labels, value: value + (series.get(key)?.value ?? 0) });
  }

  histogram<Name extends HistogramName>(name: Name, value: HistogramReading, labels: LabelsOf<Name>): void {
    const series = this.histograms.get(name) ?? [];
    this.histograms.set(name, series);
    series.push({ labels, value });
  }
}
