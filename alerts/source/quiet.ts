/**
 * Abnormally quiet, at four levels and in three ways: far below the same hour of earlier weeks, fallen to
 * zero, or gone as a series. All three compare with the usual traffic of this hour, so none can fire before
 * there is a history.
 *
 * An alert begins only when the traffic is unusual for this hour. Once it fires, it lasts until traffic is
 * back: through a night, a weekend, an hour without history, and while Weir is blind.
 */

import { unlessBlind } from './pipeline.ts';
import { type Level, levels } from './rates.ts';
import { type Alert, type Group, makeAlert, makeRecording, type Recording } from './rule.ts';
import { flowOf, seasonOf } from './season.ts';
import { commonThreshold, thresholdOf } from './thresholds.ts';

/** A level, and the source of its thresholds and excuses. */
interface Quietness {
  readonly level: Level;
  /** Prefix of its alert names. */
  readonly noun: string;
  readonly severity: 'critical' | 'warning';
  readonly floor: string;
  readonly share: string;
  /** Labels that link an excuse to a series; empty when there are no excuses. */
  readonly excusedBy: readonly string[];
}

const quietnesses: Quietness[] = [
  {
    level: levels.workload,
    noun: 'Workload',
    severity: 'warning',
    floor: thresholdOf('quiet_floor'),
    share: thresholdOf('quiet_share'),
    excusedBy: ['namespace', 'workload'],
  },
  {
    level: levels.service,
    noun: 'Service',
    severity: 'warning',
    floor: thresholdOf('quiet_floor'),
    share: thresholdOf('quiet_share'),
    excusedBy: ['namespace', 'service'],
  },
  {
    level: levels.node,
    noun: 'Node',
    severity: 'warning',
    floor: thresholdOf('quiet_node_floor'),
    share: thresholdOf('quiet_node_share'),
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

/**
 * What keeps quiet alerts from beginning: excuses of the object within the alert's window, its frequent
 * pauses, and present or past blindness of Weir.
 */
function unlessExplained({ level, excusedBy }: Quietness, within: '10m' | '30m'): string {
  const expected = `last_over_time(${level.name}:weir_quiet_expected:info[${within}])`;
  const excused = excusedBy.length === 0 ? '' : `unless on (${excusedBy.join(', ')}) ${expected}\n`;
  return `unless ${flowOf(level)}:usual_lull < ${thresholdOf('quiet_lull')}\n${excused}${unlessBlind}`;
}

/**
 * An object that was active within two hours has fallen, far deeper than at this hour of any day of the week.
 * On a day off that the user's own rule declares, it may fall to the level of weekends.
 */
const fellLately = (flow: string): string =>
  `max_over_time(${flow}:avg30m[2h]) >= 0.5 * ${flow}:usual unless ${flow}:week_fall <= 0.5
    unless ${flow}:fall2h >= 0.7 * ${flow}:week_fall
    unless on () weir:holiday:info`;

/**
 * Far less than usual for ten minutes, and less than in its lulls. It is not a day off: for half an hour it
 * is also less than on any day of the week. (Ten minutes of an idle day may have nothing.) Or it has fallen
 * within the last hours.
 */
function muchLess(one: Quietness): string {
  const flow = flowOf(one.level);
  return `max_over_time(${flow}:usual_share[10m]) <= ${one.share}
and max_over_time(${flow}:usual_share[10m]) / ${flow}:usual_lull <= ${thresholdOf('quiet_lull_share')}
and ${flow}:usual >= ${one.floor}
and -ln(${flow}:usual_share) / ${flow}:season_spread >= ${thresholdOf('quiet_spreads')}
and (
  ${flow}:avg30m < 0.7 * ${flow}:week_min and ${flow}:week_min >= ${one.floor}
  or ${fellLately(flow)}
)
unless ${flow}:silent_since > 0
unless ${flow}:absent_since > 0
${unlessExplained(one, '30m')}`;
}

/** The series exists and has had no traffic for ten minutes, which is unusual. */
function fallenToNothing(one: Quietness): string {
  const flow = flowOf(one.level);
  return `${flow}:usual >= ${one.floor}
and ${flow}:peak6h >= ${one.floor}
and ${flow}:rate5m
and max_over_time(${flow}:rate5m[10m]) / ${flow}:usual <= ${thresholdOf('quiet_nothing')}
and (
  max_over_time(${flow}:rate5m[10m]) <= 0.1 * ${flow}:week_min and ${flow}:week_min >= ${one.floor}
  or ${fellLately(flow)}
)
${unlessExplained(one, '10m')}`;
}

/**
 * The series existed earlier and has been missing for ten minutes. The alert has the labels of the missing
 * series.
 */
function isGone(one: Quietness): string {
  const flow = flowOf(one.level);
  return `(
  ${flow}:usual >= ${one.floor}
  and ${flow}:peak6h >= ${one.floor}
)
unless last_over_time(${flow}:rate5m[10m])
unless ${flow}:silent_since > 0
${unlessExplained(one, '10m')}`;
}

/** Traffic has been back for a quarter of an hour, or nobody waits for it any more. */
function isOver({ level, floor, excusedBy }: Quietness): string {
  const flow = flowOf(level);
  const back = `min_over_time(${flow}:usual_share[15m]) >= ${thresholdOf('quiet_back')}
and ${flow}:avg10m >= ${floor}`;
  if (excusedBy.length === 0) return back;
  return `${back}
or ${flow}:usual and on (${excusedBy.join(', ')}) ${level.name}:weir_retired:info`;
}

/**
 * Since when the state has lasted, in seconds since 1970, and once 0 at its end. Because the end is recorded,
 * a restart of Prometheus or a gap in its data ends nothing. After a week, the state is the usual one.
 */
function sinceRecording(flow: string, way: string): Recording {
  const series = `${flow}:${way}_since`;
  return makeRecording(
    series,
    `(last_over_time(${series}[1d]) > 0) * 0 and ${flow}:quiet_over
or last_over_time(${series}[1d]) > scalar(clamp_min(time() - weir:threshold:quiet_forgotten:seconds, 0))
or ${flow}:${way}_onset * 0 + time()`,
  );
}

/** The value, if there is one, for as long as the alert lasts. */
const whileLasting = (series: string, value: string): string =>
  `${value} and ${series} > 0\nor (${series} > 0) * 0`;

const rate = '{{ $value | humanize1024 }}B/s';

function alertsOf({ level, noun, severity }: Quietness): Alert[] {
  const flow = flowOf(level);
  const thing = noun === 'Service' ? 'Service' : noun.toLowerCase();
  const about = { subject: 'quiet', severity } as const;
  return [
    makeAlert(`Weir${noun}Quiet`, {
      ...about,
      expr: whileLasting(`${flow}:quiet_since`, `${flow}:usual_share`),
      summary: `A ${thing} carries far less traffic than at this hour of earlier weeks.`,
      description: `The ${level.title} carried {{ $value | humanizePercentage }} of its usual traffic at this hour in the last ten minutes.`,
    }),
    makeAlert(`Weir${noun}Silent`, {
      ...about,
      expr: whileLasting(`${flow}:silent_since`, `${flow}:usual`),
      summary: `A ${thing} has fallen silent.`,
      description: `The ${level.title} carries no traffic. Its usual rate at this hour is ${rate}.`,
    }),
    makeAlert(`Weir${noun}Absent`, {
      ...about,
      expr: whileLasting(`${flow}:absent_since`, `${flow}:usual`),
      summary: `A ${thing} is no longer in the metrics.`,
      description: `The ${level.title} has no flows, not even idle ones. Its usual rate at this hour is ${rate}.`,
    }),
  ];
}

/** One outage fires one alert: a silent object is not reported as absent later, nor as quiet. */
function rulesOf(one: Quietness): (Recording | Alert)[] {
  const flow = flowOf(one.level);
  return [
    makeRecording(`${flow}:usual_share`, `avg_over_time(${flow}:rate5m[10m]) / (${flow}:usual > 0)`),
    makeRecording(`${flow}:quiet_over`, isOver(one)),
    makeRecording(`${flow}:silent_onset`, fallenToNothing(one)),
    sinceRecording(flow, 'silent'),
    makeRecording(`${flow}:absent_onset`, isGone(one)),
    sinceRecording(flow, 'absent'),
    makeRecording(`${flow}:quiet_onset`, muchLess(one)),
    sinceRecording(flow, 'quiet'),
    ...alertsOf(one),
  ];
}

export const seasons: Group[] = quietnesses.map(({ level }) => seasonOf(level));

export const quiet: Group[] = quietnesses.map((one) => ({
  name: `weir-quiet-${one.level.name}`,
  interval: '1m',
  rules: rulesOf(one),
}));
