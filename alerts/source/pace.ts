/** The same rules with every duration divided, so that hours pass in minutes. */
import type { Alert, Group, Recording } from './rule.ts';

const unitsMs: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
};

/** @param pace how many times faster; thresholds in seconds are divided too */
export function atPace(group: Group, pace: number): Group {
  if (pace === 1) return group;
  return {
    ...group,
    interval: dividedBy(group.interval, pace),
    rules: group.rules.map((rule) => ruleAtPace(rule, pace)),
  };
}

function ruleAtPace(rule: Recording | Alert, pace: number): Recording | Alert {
  if ('record' in rule) {
    const isSeconds = /^weir:threshold:.*:seconds$/.test(rule.record);
    const expr = isSeconds
      ? rule.expr.replace(/\d+(\.\d+)?/, (seconds) => String(Number(seconds) / pace))
      : expressionAtPace(rule.expr, pace);
    return { ...rule, expr };
  }
  return {
    ...rule,
    expr: expressionAtPace(rule.expr, pace),
    ...(rule.for === undefined ? {} : { for: dividedBy(rule.for, pace) }),
    ...(rule.keep_firing_for === undefined ? {} : { keep_firing_for: dividedBy(rule.keep_firing_for, pace) }),
  };
}

/**
 * Divides ranges (in LogsQL those after _time:), subquery steps, offsets, the horizon of predict_linear and
 * the seconds since a process began.
 */
function expressionAtPace(expr: string, pace: number): string {
  return expr
    .replace(/(?<=[[:]|offset )(?:\d+[wdhms])+\b/g, (duration) => dividedBy(duration, pace))
    .replace(/(?<=predict_linear\([^,]*, |process_start_time_seconds < )\d+(?=\))/g, (seconds) =>
      String(Number(seconds) / pace),
    );
}

/** Divides both parts of 7d15m. */
function dividedBy(duration: string, pace: number): string {
  const parts = [...duration.matchAll(/(\d+)([wdhms])/g)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * unitsMs[unit!]!, 0) / pace;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.ceil(ms)}ms`;
}
