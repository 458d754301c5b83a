import type { Rule } from './rules.ts';
import type { RangeSeries } from './sample-store.ts';

/** One uninterrupted firing of an alert for one set of labels. */
export interface Firing {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since 1970: the evaluation at which it began to fire, and the first at which it did not. */
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The firings of an alert whose expression had the values of `series` (a range query with the group's
 * interval as its step). The states are Prometheus's: pending until `for` is over, firing until the
 * expression had no value for `keep_firing_for`.
 */
export function firingsOf(
  rule: Rule,
  series: readonly RangeSeries[],
  { intervalMs, endMs }: { intervalMs: number; endMs: number },
): Firing[] {
  return series.flatMap(({ labels, times }) => {
    const firings: Firing[] = [];
    const addFiring = (startMs: number, until: number) => {
      firings.push({ alert: rule.name, labels: { ...labels, ...rule.labels }, startMs, endMs: until });
    };
    let activeAt: number | undefined;
    let firedAt: number | undefined;
    let last = 0;
    /** The first evaluation at which it stops firing if the expression stays without a value. */
    const endOfFiring = () => last + intervalMs + Math.ceil(rule.keepFiringForMs / intervalMs) * intervalMs;
    for (const time of times) {
      if (firedAt !== undefined && time > endOfFiring()) {
        addFiring(firedAt, endOfFiring());
        firedAt = activeAt = undefined;
      } else if (firedAt === undefined && time > last + intervalMs) {
        activeAt = undefined;
      }
      activeAt ??= time;
      last = time;
      if (firedAt === undefined && time - activeAt >= rule.forMs) firedAt = time;
    }
    if (firedAt !== undefined) addFiring(firedAt, Math.min(endMs, endOfFiring()));
    return firings;
  });
}
