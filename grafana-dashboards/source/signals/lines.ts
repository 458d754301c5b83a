import { type LogView, linesPerSecond, mostLines, mostOctets } from '../logql.ts';
import { units } from '../signal.ts';

/*
 * What the lines in Loki tell: the lines themselves, and sums of them, which say what the series do not, such as addresses and ports.
 */

const LISTED = 25;

/** Beside titles, what a reader without Loki or with a small limit has to know. */
const needsLoki = 'Needs Loki, as a sink of the aggregator.';
const needsSeries =
  'Needs max_query_series in limits_config of Loki above the number of rows that there could be.';

export interface Lines {
  readonly title: string;
  readonly description: string;
  readonly logql: string;
}

/** Sums of lines over time. */
export interface LineRates extends Lines {
  readonly unit: string;
  readonly legend: string;
}

/** Sums of lines over the range, a row for each. */
export interface LineSums extends Lines {
  /** Label -> heading. */
  readonly labels: Readonly<Record<string, string>>;
  readonly heading: string;
  readonly unit: string;
}

export function lines(view: LogView, title = 'Lines'): Lines {
  return {
    title,
    description: `The ${view.thing}, the newest first; a line is a flow record, and a click shows its fields. ${needsLoki}`,
    logql: view.logql,
  };
}

export const lineRate = (view: LogView, label: string, thing: string): LineRates => ({
  title: `Lines by ${thing}`,
  description: `Of the ${view.thing}, how many a second. ${needsLoki}`,
  unit: units.perSecond,
  logql: linesPerSecond(view, label),
  legend: `{{${label}}}`,
});

const podPair = {
  sourcePodNamespace: 'From namespace',
  sourcePodName: 'From Pod',
  destinationPodNamespace: 'To namespace',
  destinationPodName: 'To Pod',
};

export const talkers = (view: LogView): LineSums => ({
  title: 'Pods that send most',
  description: `Of the ${view.thing}, the octets from source to destination. ${needsLoki} ${needsSeries}`,
  unit: units.bytes,
  heading: 'Bytes',
  labels: podPair,
  logql: mostOctets(view, Object.keys(podPair), LISTED),
});

export const most = (view: LogView, title: string, labels: Readonly<Record<string, string>>): LineSums => ({
  title,
  description: `Of the ${view.thing}, how many. ${needsLoki} ${needsSeries}`,
  unit: units.count,
  heading: 'Lines',
  labels,
  logql: mostLines(view, Object.keys(labels), LISTED),
});
