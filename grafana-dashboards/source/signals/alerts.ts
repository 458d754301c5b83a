import { type Listing, type Signal, units } from '../signal.ts';

/** Alerts of Weir's rules, from Prometheus's own series ALERTS. */

const ours = 'alertname=~"Weir.+"';

export const firing: Signal = {
  title: 'Alerts firing',
  description:
    "Alerts of Weir's rules that fire now in Prometheus, including those that Alertmanager silences.",
  unit: units.count,
  lines: [
    {
      promql: `count(ALERTS{${ours}, alertstate="firing"}) or vector(0)`,
      legend: 'Alerts firing',
      isInstant: true,
    },
  ],
};

/** Nearly all rows would leave the columns of other labels empty. */
const listed = {
  alertname: 'Alert',
  severity: 'Severity',
  alertstate: 'State',
  cluster: 'Cluster',
  node: 'Node',
  namespace: 'Namespace',
  workload: 'Workload',
  source_workload: 'From',
  destination_workload: 'To',
};

export const firingList: Listing = {
  title: 'Alerts in this range',
  isMixed: true,
  description: 'Alerts that fired or were pending within the range, and for which share of it.',
  labels: listed,
  columns: [
    {
      heading: 'Share of the range',
      unit: units.ratio,
      promql: `max by (${Object.keys(listed).join(', ')}) (count_over_time(ALERTS{${ours}}[$__range:1m])) / scalar(count_over_time(vector(1)[$__range:1m]))`,
      isBar: true,
    },
  ],
};

export const course: Signal = {
  title: 'Alerts over time',
  description: 'How many of each alert were firing.',
  unit: units.count,
  lines: [{ promql: `count by (alertname) (ALERTS{${ours}, alertstate="firing"})`, legend: '{{alertname}}' }],
};

export const blindness: Signal = {
  title: 'Reasons that suppress quiet alerts',
  description:
    'No quiet alert begins while Weir does not see all traffic, and for half an hour after. Missing traffic may be missing only in Weir.',
  unit: units.state,
  lines: [{ promql: 'max by (reason) (pipeline:weir_blind:info)', legend: '{{reason}}' }],
};
