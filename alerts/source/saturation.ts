/**
 * Something is full, or will be within hours: links, the conntrack table, or an unknown limit, which shows
 * when a workload's rate stops varying.
 */

import { type Level, levels } from './rates.ts';
import { type Alert, type Group, makeAlert, makeRecording, type Recording } from './rule.ts';
import { thresholdOf } from './thresholds.ts';

const link = 'node_link:weir_exporter_link_utilization';
const conntrack = 'node:antrea_agent_conntrack_utilization';

/**
 * The rate of each link in each direction, its capacity, and their ratio. A link of unknown capacity has no
 * ratio.
 */
const linkRules: Recording[] = [
  makeRecording(
    'node_link:weir_exporter_link_bytes:rate5m',
    'sum by (cluster, node, link, direction) (rate(weir_exporter_link_bytes_total[5m]))',
  ),
  makeRecording(
    'node_link:weir_exporter_link_capacity_bytes_per_second:min',
    'min by (cluster, node, link) (weir_exporter_link_capacity_bytes_per_second > 0)',
  ),
  makeRecording(
    `${link}:ratio_rate5m`,
    `node_link:weir_exporter_link_bytes:rate5m
/ on (cluster, node, link) group_left ()
min_over_time(node_link:weir_exporter_link_capacity_bytes_per_second:min[10m])`,
  ),
];

/** The conntrack metrics lack the node label; other metrics of the same agent have it. */
const conntrackRules: Recording[] = [
  makeRecording(
    `${conntrack}:ratio`,
    `max by (cluster, node) (
  antrea_agent_conntrack_total_connection_count / (antrea_agent_conntrack_max_connection_count > 0)
  * on (cluster, instance) group_left (node) group by (cluster, instance, node) (weir_exporter_collector_connected)
)`,
  ),
];

interface Filling {
  /** The level from 0 to 1. */
  readonly series: string;
  /** Prefix of its alerts and thresholds. */
  readonly noun: string;
  readonly name: string;
  readonly title: string;
  readonly what: string;
}

const fillings: Filling[] = [
  {
    series: `${link}:ratio_rate5m`,
    noun: 'WeirLink',
    name: 'link',
    title: '{{ $labels.link }} of node {{ $labels.node }} ({{ $labels.direction }})',
    what: 'link',
  },
  {
    series: `${conntrack}:ratio`,
    noun: 'WeirConntrack',
    name: 'conntrack',
    title: 'The conntrack table of node {{ $labels.node }}',
    what: 'conntrack table',
  },
];

/**
 * Half-hour means, the highest value of earlier weeks four hours after this hour, and what is usual then. The
 * last rule is the excess of the present level over the usual level now, which is the trend. The highest of
 * three weeks counts, so that a holiday does not make a workday a trend. Usual is that value, raised by this
 * week's share over earlier weeks: a busier week has steeper mornings. The share comes from the day that
 * ended six hours ago.
 */
function trendRules({ series }: Filling): Recording[] {
  const mean = `${series}:avg30m`;
  const earlier = `${series}:earlier_in_4h`;
  const weeks = [1, 2, 3]
    .map((week) => `label_replace(${mean} offset ${week * 168 - 4}h, "week", "${week}", "", "")`)
    .join('\nor\n');
  return [
    makeRecording(mean, `avg_over_time(${series}[30m])`),
    makeRecording(earlier, `max without (week) (${weeks})`),
    makeRecording(
      `${series}:usual_in_4h`,
      `${earlier} * clamp_min(
  avg_over_time(${mean}[1d:15m] offset 6h) / avg_over_time(${earlier}[1d:15m] offset 10h),
  1
)
or
${earlier}`,
    ),
    makeRecording(`${series}:above_usual`, `${mean} - ${series}:usual_in_4h offset 4h`),
  ];
}

function saturatedAlert(filling: Filling, severity: 'warning' | 'critical'): Alert {
  const { series, noun, name, title, what } = filling;
  return makeAlert(`${noun}Saturated`, {
    subject: 'saturation',
    severity,
    for: '5m',
    keepFiringFor: '10m',
    expr: `avg_over_time(${series}[10m]) >= ${thresholdOf(`${name}_utilization_${severity}`)}`,
    summary: `A node's ${what} is full or nearly full.`,
    description: `${title} was {{ $value | humanizePercentage }} full on average over the last ten minutes.`,
  });
}

/**
 * The forecast is what is usual at that hour, plus a straight line through this week's excess over it. So it
 * finds slow growth early: four hours ahead from six hours of data, two ahead from two, one from one. A line
 * through so little data counts only when it exceeds what is usual from two hours ago to four hours ahead.
 * The rise of a morning does not. The level itself must rise as well: a constant level while earlier weeks
 * fell is no trend.
 */
function predictionAlert(one: Filling): Alert {
  const { series, noun, name, title, what } = one;
  const mean = `${series}:avg30m`;
  const above = `${series}:above_usual`;
  const usual = `${series}:usual_in_4h`;
  const growth = thresholdOf('prediction_growth');
  const predicted = thresholdOf(`${name}_utilization_predicted`);
  return makeAlert(`${noun}SaturationPredicted`, {
    subject: 'saturation',
    severity: 'warning',
    for: '15m',
    keepFiringFor: '30m',
    expr: `(
  ${usual} + predict_linear(${above}[6h], 14400) >= ${predicted}
  ${roseEachThird(mean, 360, halfOfEvenShare(above, 360))}
  or
  (${usual} offset 2h) + predict_linear(${above}[2h], 7200) >= ${predicted}
  ${roseEachThird(above, 120, growth)}
  ${roseEachThird(mean, 120, growth)}
  ${roseInThird(0, mean, 120, halfOfEvenShare(mean, 120))}
  and ${mean} >= max_over_time(${usual}[6h])
  or
  (${usual} offset 3h) + predict_linear(${above}[1h], 4500) >= ${predicted}
  ${roseEachThird(above, 60, halfOfEvenShare(above, 60))}
  ${roseInThird(0, mean, 60, halfOfEvenShare(mean, 60))}
  and ${mean} >= max_over_time(${usual}[6h])
)
and ${mean} >= ${thresholdOf(`${name}_prediction_floor`)}
and ${above} >= ${thresholdOf('prediction_excess')}`,
    summary: `A node's ${what} will be full within four hours at the current trend.`,
    description: `${title} will reach {{ $value | humanizePercentage }} within four hours, by the usual level of earlier weeks plus the trend of this week.`,
  });
}

/** A step to a lasting level also makes a steep line, but it rises in one third of the time only. */
const roseEachThird = (series: string, minutes: number, enough: string): string =>
  [0, 1, 2].map((third) => roseInThird(third, series, minutes, enough)).join('\n  ');

/** `third`: 0 is the latest. */
function roseInThird(third: number, series: string, minutes: number, enough: string): string {
  const earlierBy = (thirds: number) =>
    thirds === 0 ? series : `${series} offset ${(thirds * minutes) / 3}m`;
  return `and (${earlierBy(third)}) - (${earlierBy(third + 1)}) >= ${enough}`;
}

/** Half of the part that each third has in an even rise. */
const halfOfEvenShare = (series: string, minutes: number): string =>
  `(${series} - ${series} offset ${minutes}m) / 6`;

const pinnedLevels = [
  { level: levels.workload, noun: 'Workload' },
  { level: levels.service, noun: 'Service' },
];

function pinnedRules({ level: { name } }: (typeof pinnedLevels)[number]): Recording[] {
  const flow = `${name}:weir_flow_bytes`;
  return [
    makeRecording(`${flow}:avg1h`, `avg_over_time(${flow}:rate5m[1h])`),
    makeRecording(`${flow}:variation1h`, `stddev_over_time(${flow}:rate5m[1h]) / (${flow}:avg1h > 0)`),
    makeRecording(`${flow}:usual_variation`, `avg_over_time(${flow}:variation1h[1d:1h] offset 2h)`),
    // a week without its flattest eight hours: an earlier ceiling must not hide the next
    makeRecording(
      `${flow}:flattest_variation`,
      `quantile_over_time(0.05, ${flow}:variation1h[7d:1h] offset 2h)`,
    ),
    makeRecording(`${flow}:usual_avg1h`, `avg_over_time(${flow}:avg1h[1d:1h] offset 2h)`),
    makeRecording(`${flow}:usual_max`, `max_over_time(${flow}:avg1h[1d:1h] offset 2h)`),
  ];
}

/**
 * High, busier than before, and flatter than ever before. A sum of many flows is flat at the top of each day
 * and at the bottom of each night.
 */
function pinnedAlert({ level, noun }: { level: Level; noun: string }): Alert {
  const flow = `${level.name}:weir_flow_bytes`;
  return makeAlert(`Weir${noun}Pinned`, {
    subject: 'saturation',
    severity: 'info',
    for: '30m',
    keepFiringFor: '15m',
    expr: `${flow}:avg1h >= ${thresholdOf('pinned_floor')}
and ${flow}:variation1h <= ${thresholdOf('pinned_variation')}
and ${flow}:usual_variation >= ${thresholdOf('pinned_usual_variation')}
and ${flow}:variation1h / ${flow}:flattest_variation <= ${thresholdOf('pinned_steadiness')}
and ${flow}:avg1h / ${flow}:usual_avg1h >= ${thresholdOf('pinned_rise')}
and ${flow}:avg1h >= 0.95 * ${flow}:usual_max
and last_over_time(${flow}:rate5m[6h] offset 3d)`,
    summary: `A ${noun === 'Service' ? 'Service' : noun.toLowerCase()} seems to have reached a limit.`,
    description: `The ${level.title} has carried a nearly constant {{ $value | humanize1024 }}B/s for an hour, as if something limits it.`,
  });
}

const conntrackAlerts = fillings.map(
  (one): Group => ({
    name: `weir-saturation-${one.name}`,
    interval: '1m',
    rules: [
      ...(one.name === 'link' ? linkRules : conntrackRules),
      ...trendRules(one),
      saturatedAlert(one, 'critical'),
      saturatedAlert(one, 'warning'),
      predictionAlert(one),
    ],
  }),
);

export const saturation: Group[] = [
  ...conntrackAlerts,
  {
    name: 'weir-saturation-pinned',
    interval: '2m',
    rules: [...pinnedLevels.flatMap(pinnedRules), ...pinnedLevels.map(pinnedAlert)],
  },
];
