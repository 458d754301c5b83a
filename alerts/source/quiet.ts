/**
 * Abnormally quiet, at four levels and in three ways: much less than at the same hour of earlier weeks, fallen to nothing,
 * and gone as a series. All three compare with what is usual at this hour, so none can speak before there is a history.
 *
 * What is usual at an hour is the lowest half hour of the two hours around it, a week earlier: a workload that works in bursts has a
 * lowest half hour of nothing and is left in peace, and a clock that is put forward by an hour makes no difference. Over three weeks
 * the median counts, so that one holiday or incident does not.
 */

import { type Level, levels } from './rates.ts';
import { type Alert, alert, type Group, type Recording, record } from './rule.ts';
import { commonThreshold, threshold } from './thresholds.ts';

/** Where a level's thresholds and excuses come from. */
interface Quietness {
  readonly level: Level;
  /** What alert names begin with. */
  readonly noun: string;
  readonly severity: 'critical' | 'warning';
  readonly floor: string;
  readonly share: string;
  /** Labels that say which series an excuse is for; none: there are no excuses. */
  readonly excusedBy: readonly string[];
}

const quietnesses: Quietness[] = [
  {
    level: levels.workload,
    noun: 'Workload',
    severity: 'warning',
    floor: threshold('quiet_floor'),
    share: threshold('quiet_share'),
    excusedBy: ['namespace', 'workload'],
  },
  {
    level: levels.service,
    noun: 'Service',
    severity: 'warning',
    floor: threshold('quiet_floor'),
    share: threshold('quiet_share'),
    excusedBy: ['namespace', 'service'],
  },
  {
    level: levels.node,
    noun: 'Node',
    severity: 'warning',
    floor: threshold('quiet_node_floor'),
    share: threshold('quiet_node_share'),
    excusedBy: ['node'],
  },
  {
    level: levels.cluster,
    noun: 'Cluster',
    severity: 'critical',
    floor: commonThreshold('quiet_node_floor'),
    share: commonThreshold('quiet_node_share'),
    excusedBy: [],
  },
];

const flowOf = ({ level }: Quietness): string => `${level.name}:weir_flow_bytes`;

/** The middle of the two hours that `min2h` looks back on is an hour ago: so much earlier than the week or day. */
const earlier = (days: number): string => `${days * 24 - 1}h`;

/** A series as it was so many days ago at this hour, told apart so that several can be put side by side. */
function atThisHour(series: string, days: readonly number[]): string {
  return days
    .map((day) => `label_replace(${series} offset ${earlier(day)}, "days", "${day}", "", "")`)
    .join('\nor\n');
}

/**
 * How deep it fell on the days of a week, and a week before each: once is an incident. Days on which it was not at work before
 * do not count: the noise of an idle Sunday is no fall.
 */
function fallsAtThisHour(flow: string): string {
  return [1, 2, 3, 4, 5, 6]
    .map((day) => {
      const fell = `(${flow}:weekly_fall offset ${earlier(day)} and ${flow}:top4h offset ${earlier(day)} >= 0.25 * ${flow}:usual)`;
      return `label_replace(${fell}, "days", "${day}", "", "")`;
    })
    .join('\nor\n');
}

function seasonOf(one: Quietness): Recording[] {
  const flow = flowOf(one);
  const by = `by (${one.level.labels.join(', ')})`;
  const weeks = atThisHour(`${flow}:min2h`, [7, 14, 21]);
  const week = atThisHour(`${flow}:min2h`, [1, 2, 3, 4, 5, 6]);
  return [
    record(`${flow}:avg30m`, `avg_over_time(${flow}:rate5m[30m])`),
    record(`${flow}:min2h`, `min_over_time(${flow}:avg30m[2h])`),
    record(`${flow}:peak6h`, `max_over_time(${flow}:min2h[6h])`),
    record(`${flow}:earlier_weeks`, weeks),
    record(`${flow}:season_median`, `quantile ${by} (0.5, ${flow}:earlier_weeks)`),
    record(`${flow}:season_weeks`, `count ${by} (${flow}:earlier_weeks)`),
    record(
      `${flow}:season_deviation`,
      `1.4826 * quantile ${by} (0.5, abs(
  ${flow}:earlier_weeks - on (${one.level.labels.join(', ')}) group_left () ${flow}:season_median
))`,
    ),
    record(`${flow}:lull2h`, `min_over_time(${flow}:rate5m[2h])`),
    record(`${flow}:season_lull`, `quantile ${by} (0.5, ${atThisHour(`${flow}:lull2h`, [7, 14, 21])})`),
    record(`${flow}:level2h`, `${flow}:avg30m / (max_over_time(${flow}:avg30m[2h]) > 0)`),
    record(`${flow}:fall2h`, `min_over_time(${flow}:level2h[2h])`),
    record(
      `${flow}:weekly_fall`,
      `${flow}:fall2h > ${flow}:fall2h offset 1w or ${flow}:fall2h offset 1w or ${flow}:fall2h`,
    ),
    record(`${flow}:top4h`, `max_over_time(${flow}:avg30m[4h])`),
    // the second lowest of six days: one of them may have had an incident
    record(`${flow}:week_min`, `quantile ${by} (0.2, ${week})`),
    record(
      `${flow}:usual`,
      `${flow}:season_median and ${flow}:season_weeks >= ${threshold('quiet_weeks')}
or
${flow}:peak6h and on () weir:threshold:quiet_weeks:count == 0`,
    ),
    record(`${flow}:week_fall`, `min ${by} (${fallsAtThisHour(flow)})`),
  ];
}

/**
 * What keeps quiet alerts back: excuses of the object itself, as far back as the alert looks, and that Weir does not see or has not
 * seen.
 */
function unlessExcused({ level, excusedBy }: Quietness, within: '5m' | '30m'): string {
  const blind = 'unless on () last_over_time(pipeline:weir_blind:info[30m])';
  const expected = `last_over_time(${level.name}:weir_quiet_expected:info[${within}])`;
  return excusedBy.length === 0 ? blind : `unless on (${excusedBy.join(', ')}) ${expected}\n${blind}`;
}

const rate = '{{ $value | humanize1024 }}B/s';

/**
 * What was at work within two hours has fallen, far deeper than at this hour of any day of the week, and on no day off that the
 * user's own rule knows: then it may fall to what weekends have.
 */
const fellLately = (flow: string): string =>
  `max_over_time(${flow}:avg30m[2h]) >= 0.5 * ${flow}:usual unless ${flow}:week_fall <= 0.5
    unless ${flow}:fall2h >= 0.7 * ${flow}:week_fall
    unless on () weir:holiday:info`;

/** Much less than usual, unlike on any day of the week, or fallen within the last hours: not a day off. */
function muchLess(one: Quietness): Alert {
  const flow = flowOf(one);
  return alert(`Weir${one.noun}Quiet`, {
    subject: 'quiet',
    severity: one.severity,
    for: '10m',
    keepFiringFor: '10m',
    expr: `${flow}:avg30m / ${flow}:usual <= ${one.share}
and ${flow}:usual >= ${one.floor}
and (${flow}:usual - ${flow}:avg30m) / ${flow}:season_deviation >= ${threshold('quiet_deviations')}
and (
  ${flow}:avg30m < 0.7 * ${flow}:week_min and ${flow}:week_min >= ${one.floor}
  or ${fellLately(flow)}
)
${unlessExcused(one, '30m')}`,
    summary: `A ${one.noun === 'Service' ? 'Service' : one.noun.toLowerCase()} carries far less than at this hour of earlier weeks.`,
    description: `The ${one.level.title} carried {{ $value | humanizePercentage }} in the last half hour of what is usual at this hour of the week.`,
  });
}

/** Nothing, where neither a few minutes without anything nor a day like that are usual. */
function fallenToNothing(one: Quietness): Alert {
  const flow = flowOf(one);
  return alert(`Weir${one.noun}Silent`, {
    subject: 'quiet',
    severity: one.severity,
    for: '5m',
    keepFiringFor: '30m',
    expr: `${flow}:usual >= ${one.floor}
and ${flow}:peak6h >= ${one.floor}
and max_over_time(${flow}:rate5m[5m]) / ${flow}:usual <= ${threshold('quiet_nothing')}
and (
  max_over_time(${flow}:rate5m[5m]) <= 0.1 * ${flow}:week_min and ${flow}:week_min >= ${one.floor}
  or ${fellLately(flow)}
)
unless ${flow}:season_lull / ${flow}:usual <= ${threshold('quiet_nothing')}
${unlessExcused(one, '5m')}`,
    summary: `A ${one.noun === 'Service' ? 'Service' : one.noun.toLowerCase()} has fallen silent.`,
    description: `The ${one.level.title} carries nothing; usual at this hour are ${rate}.`,
  });
}

/** The series is known from earlier and there is none now. Its labels are those of what is missing. */
function gone(one: Quietness): Alert {
  const flow = flowOf(one);
  return alert(`Weir${one.noun}Absent`, {
    subject: 'quiet',
    severity: one.severity,
    for: '5m',
    keepFiringFor: '10m',
    expr: `(
  ${flow}:usual >= ${one.floor}
  and ${flow}:peak6h >= ${one.floor}
)
unless last_over_time(${flow}:rate5m[5m])
${unlessExcused(one, '5m')}`,
    summary: `A ${one.noun === 'Service' ? 'Service' : one.noun.toLowerCase()} is no longer in the metrics.`,
    description: `The ${one.level.title} has no flows any more, not even idle ones; usual at this hour are ${rate}.`,
  });
}

export const seasons: Group[] = quietnesses.map((one) => ({
  name: `weir-season-${one.level.name}`,
  interval: '2m',
  rules: seasonOf(one),
}));

export const quiet: Group[] = quietnesses.map((one) => ({
  name: `weir-quiet-${one.level.name}`,
  interval: '1m',
  rules: [muchLess(one), fallenToNothing(one), gone(one)],
}));
