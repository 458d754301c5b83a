import type { LogQuery, LogView } from '../log-views.ts';
import * as logql from '../logql.ts';
import * as logsql from '../logsql.ts';
import { units } from '../signal.ts';

/*
 * The lines in Loki or VictoriaLogs, and their sums, which show what the series lack, such as addresses and
 * ports.
 */

const LISTED = 25;

export interface Lines {
  readonly title: string;
  /** What it shows; the panel adds the server that it needs. */
  readonly description: string;
  readonly query: LogQuery;
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

export function flowLines(view: LogView, title = 'Lines'): Lines {
  return {
    title,
    description: `The ${view.thing}, the newest first. A line is a flow record. A click shows its fields.`,
    query: view,
  };
}

export const lineRate = (view: LogView, label: string, thing: string): LineRates => ({
  title: `Lines by ${thing}`,
  description: `Number of ${view.thing} per second.`,
  unit: units.perSecond,
  query: {
    logql: logql.linesPerSecond(view.logql, label),
    logsql: logsql.linesPerSecond(view.logsql, label),
  },
  legend: `{{${label}}}`,
});

const podPair = {
  sourcePodNamespace: 'From namespace',
  sourcePodName: 'From Pod',
  destinationPodNamespace: 'To namespace',
  destinationPodName: 'To Pod',
};

export const talkerSums = (view: LogView): LineSums => ({
  title: 'Pods that send most',
  description: `Octets from source to destination of the ${view.thing}.`,
  unit: units.bytes,
  heading: 'Bytes',
  labels: podPair,
  query: {
    logql: logql.mostOctets(view.logql, Object.keys(podPair), LISTED),
    logsql: logsql.mostOctets(view.logsql, Object.keys(podPair), LISTED),
  },
});

export const mostSums = (
  view: LogView,
  title: string,
  labels: Readonly<Record<string, string>>,
): LineSums => ({
  title,
  description: `Number of the ${view.thing}.`,
  unit: units.count,
  heading: 'Lines',
  labels,
  query: {
    logql: logql.mostLines(view.logql, Object.keys(labels), LISTED),
    logsql: logsql.mostLines(view.logsql, Object.keys(labels), LISTED),
  },
});
