/**
 * The usual traffic at this hour of the week, and its usual movements.
 *
 * Usual is the lowest ten minutes of the two hours around this hour, a week earlier. A workload with bursts
 * has a lowest ten minutes of zero and raises no alert, and a daylight-saving change makes no difference. The
 * median of three weeks counts, so that one holiday or incident does not.
 */

import type { Level } from './rates.ts';
import { type Group, makeRecording, type Recording } from './rule.ts';
import { thresholdOf } from './thresholds.ts';

export const flowOf = ({ name }: Level): string => `${name}:weir_flow_bytes`;

/** `min2h` looks back two hours, whose middle is an hour ago: the offset is that much shorter. */
const offsetOf = (days: number): string => `${days * 24 - 1}h`;

const weeks = [7, 14, 21];
const days = [1, 2, 3, 4, 5, 6];

/**
 * A series as it was this many days ago at this hour, with a label for the day, so that several can be
 * compared.
 */
function atThisHour(series: string, when: readonly number[]): string {
  return when
    .map((day) => `label_replace(${series} offset ${offsetOf(day)}, "days", "${day}", "", "")`)
    .join('\nor\n');
}

/**
 * How deep it fell on the days of a week, and a week before each: a single fall is an incident. Days without
 * activity before the fall do not count: the noise of an idle Sunday is no fall.
 */
function fallsAtThisHour(flow: string): string {
  return days
    .map((day) => {
      const fell = `(${flow}:weekly_fall offset ${offsetOf(day)} and ${flow}:top4h offset ${offsetOf(day)} >= 0.25 * ${flow}:usual)`;
      return `label_replace(${fell}, "days", "${day}", "", "")`;
    })
    .join('\nor\n');
}

export function seasonOf(level: Level): Group {
  const flow = flowOf(level);
  const labels = level.labels.join(', ');
  const by = `by (${labels})`;
  return {
    name: `weir-season-${level.name}`,
    interval: '2m',
    rules: [
      makeRecording(`${flow}:avg10m`, `avg_over_time(${flow}:rate5m[10m])`),
      makeRecording(`${flow}:avg30m`, `avg_over_time(${flow}:rate5m[30m])`),
      makeRecording(`${flow}:min2h`, `min_over_time(${flow}:avg10m[2h])`),
      makeRecording(`${flow}:peak6h`, `max_over_time(${flow}:min2h[6h])`),
      makeRecording(`${flow}:earlier_weeks`, atThisHour(`${flow}:min2h`, weeks)),
      makeRecording(`${flow}:season_median`, `quantile ${by} (0.5, ${flow}:earlier_weeks)`),
      makeRecording(`${flow}:season_weeks`, `count ${by} (${flow}:earlier_weeks)`),
      ...spreadOf(flow, labels),
      ...lullsOf(flow, by),
      ...fallsOf(flow),
      // the second lowest of six days: one of them may have had an incident
      makeRecording(`${flow}:week_min`, `quantile ${by} (0.2, ${atThisHour(`${flow}:min2h`, days)})`),
      makeRecording(
        `${flow}:usual`,
        `${flow}:season_median and ${flow}:season_weeks >= ${thresholdOf('quiet_weeks')}
or
${flow}:peak6h and on () weir:threshold:quiet_weeks:count == 0`,
      ),
      makeRecording(`${flow}:week_fall`, `min ${by} (${fallsAtThisHour(flow)})`),
    ],
  };
}

/**
 * The factor between weeks, as a logarithm: the distance of the nearer of three weeks from the median.
 * Traffic varies by factors: weeks of 50, 100 and 150 are a factor of one and a half apart. Their standard
 * deviation would reach down to zero.
 */
function spreadOf(flow: string, labels: string): Recording[] {
  return [
    makeRecording(
      `${flow}:season_spread`,
      `quantile by (${labels}) (0.5, abs(ln(
  ${flow}:earlier_weeks / on (${labels}) group_left () ${flow}:season_median
)))`,
    ),
  ];
}

/**
 * The lowest ten minutes as a share of the mean of two hours: near 1 in an even stream, near 0 for single
 * events.
 */
function lullsOf(flow: string, by: string): Recording[] {
  return [
    makeRecording(`${flow}:lull2h`, `${flow}:min2h / (avg_over_time(${flow}:avg10m[2h]) > 0)`),
    makeRecording(
      `${flow}:usual_lull`,
      `quantile ${by} (0.5, ${atThisHour(`${flow}:lull2h`, [...days, ...weeks])})`,
    ),
  ];
}

/** How deep it falls within two hours, by half-hour means. */
function fallsOf(flow: string): Recording[] {
  const fall = `${flow}:fall2h`;
  return [
    makeRecording(`${flow}:level2h`, `${flow}:avg30m / (max_over_time(${flow}:avg30m[2h]) > 0)`),
    makeRecording(fall, `min_over_time(${flow}:level2h[2h])`),
    makeRecording(`${flow}:weekly_fall`, `${fall} > ${fall} offset 1w or ${fall} offset 1w or ${fall}`),
    makeRecording(`${flow}:top4h`, `max_over_time(${flow}:avg30m[4h])`),
  ];
}
