import type { Rule } from './rules.ts';
import type { RangeSeries } from './sample-store.ts';

/**
 * A rule that reads its own series: it holds from an onset until an end, and a range query would not see its
 * own past. So its parts are queried, and this file steps through time as Prometheus does. It ignores the
 * limit of a week: nothing in the corpus lasts that long.
 */
export interface Hold {
  readonly onset: string;
  readonly over: string;
}

const form =
  /^\(last_over_time\(([\w:]+)\[1d\]\) > 0\) \* 0 and (?<over>[\w:]+)\nor last_over_time\(\1\[1d\]\) > .+\nor (?<onset>[\w:]+) \* 0 \+ time\(\)$/;

/** @throws {TypeError} for a rule that reads itself in another way */
export function holdOf({ name, expression, reads }: Rule): Hold | undefined {
  if (!reads(name)) return undefined;
  const found = form.exec(expression);
  if (found?.[1] !== name) throw new TypeError(`${name} reads itself in a way that cannot be evaluated`);
  return { onset: found.groups!.onset!, over: found.groups!.over! };
}

/** The rule's series: its start in seconds since 1970, and 0 at the evaluation at which it ends. */
export function heldSeries(
  onsets: readonly RangeSeries[],
  overs: readonly RangeSeries[],
  { intervalMs, endMs }: { intervalMs: number; endMs: number },
): RangeSeries[] {
  const ends = new Map(overs.map(({ labels, times }) => [keyOf(labels), new Set(times)]));
  return onsets.map(({ labels, times: begins }) => {
    const isOver = ends.get(keyOf(labels)) ?? new Set();
    const [times, values]: [number[], number[]] = [[], []];
    let next = 0;
    while (next < begins.length) {
      const begun = begins[next]!;
      for (let time = begun; time <= endMs; time += intervalMs) {
        const ends = time > begun && isOver.has(time);
        times.push(time);
        values.push(ends ? 0 : begun / 1000);
        if (ends) break;
      }
      while (next < begins.length && begins[next]! <= times.at(-1)!) next++;
    }
    return { labels, times, values };
  });
}

const keyOf = (labels: RangeSeries['labels']): string => JSON.stringify(Object.entries(labels).sort());
