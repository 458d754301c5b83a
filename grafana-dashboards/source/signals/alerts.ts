import { type Listing, type Signal, units } from '../signal.ts';

/** Alerts of Weir's rules, from Prometheus's own series ALERTS. */

const ours = 'alertname=~"Weir.+"';

export const firing: Signal = {
  title: 'Alerts firing',
  description:
    "Alerts of Weir's rules that fire now, in Prometheus; what Alertmanager silences counts as well.",
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
  title: 'What fires',
  isMixed: true,
  description: 'Alerts that fired, or waited for their time, within the range, and for how much of it.',
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
  title: 'What keeps quiet alerts back',
  description:
    'While Weir itself does not see, or has not seen, no quiet alert speaks: what is missing may be missing only here. For half an hour after, too.',
  unit: units.state,
  lines: [{ promql: 'max by (reason) (pipeline:weir_blind:info)', legend: '{{reason}}' }],
};
