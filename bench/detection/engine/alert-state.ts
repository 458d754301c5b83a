import type { Rule } from './rules.ts';
import type { RangeSeries } from './sample-store.ts';

/** One time that an alert fired for one set of labels, without a break. */
export interface Firing {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  /**
   * Milliseconds since 1970: the evaluation at which it began to fire, and the first at which it no longer
   * did.
   */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * When an alert fires whose expression had the values of `series` (as they come from a range query with the
 * group's interval as its step): Prometheus' own states, pending until `for` is over, firing until the
 * expression has been without a value for `keep_firing_for`.
 */
export function firingsOf(
  rule: Rule,
  series: readonly RangeSeries[],
  { intervalMs, endMs }: { intervalMs: number; endMs: number },
): Firing[] {
  return series.flatMap(({ labels, times }) => {
    const firings: Firing[] = [];
    const fire = (startMs: number, until: number) => {
      firings.push({ alert: rule.name, labels: { ...labels, ...rule.labels }, startMs, endMs: until });
    };
    let activeAt: number | undefined;
    let firedAt: number | undefined;
    let last = 0;
    /** The first evaluation at which it fires no longer when the expression stays without a value. */
    const endOfFiring = () => last + intervalMs + Math.ceil(rule.keepFiringForMs / intervalMs) * intervalMs;
    for (const time of times) {
      if (firedAt !== undefined && time > endOfFiring()) {
        fire(firedAt, endOfFiring());
        firedAt = activeAt = undefined;
      } else if (firedAt === undefined && time > last + intervalMs) {
        activeAt = undefined;
      }
      activeAt ??= time;
      last = time;
      if (firedAt === undefined && time - activeAt >= rule.forMs) firedAt = time;
    }
    if (firedAt !== undefined) fire(firedAt, Math.min(endMs, endOfFiring()));
    return firings;
  });
}
