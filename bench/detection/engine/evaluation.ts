import { type Firing, firingsOf } from './alert-state.ts';
import { heldSeries, holdOf } from './hold.ts';
import type { Rule, RuleGroup } from './rules.ts';
import type { RangeSeries, SampleStore } from './sample-store.ts';

/** Times in ms since 1970. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Planned {
  readonly rule: Rule;
  readonly group: RuleGroup;
  /** The start of its evaluation: as early as its readers need. */
  startMs: number;
}

/**
 * Evaluates rule groups over the content of a store. It writes recorded series back into the store, and
 * returns the firings within `judged`. It records nothing before `corpus` begins. As in Prometheus, each
 * group has its own offset within its interval, so that another group's series may be an interval old.
 */
export async function evaluateRules(
  store: SampleStore,
  groups: readonly RuleGroup[],
  corpus: Span,
  judged: Span,
): Promise<Firing[]> {
  const firings: Firing[] = [];
  for (const { rule, group, startMs } of planOf(groups, corpus, judged)) {
    const { intervalMs } = group;
    const first = Math.ceil(startMs / intervalMs) * intervalMs + placeOf(group);
    const queryStore = async (expression: string) =>
      withoutNames(await store.queryRange(expression, first, judged.endMs, intervalMs));
    const times = { intervalMs, endMs: judged.endMs };
    const hold = holdOf(rule);
    const series = hold
      ? heldSeries(await queryStore(hold.onset), await queryStore(hold.over), times)
      : await queryStore(rule.expression);
    if (rule.kind === 'record') {
      await recordSeries(store, rule, series, times);
    } else {
      const all = firingsOf(rule, series, times);
      firings.push(...all.filter(({ endMs }) => endMs > judged.startMs));
    }
  }
  return firings;
}

/** The first time at which a metric is read, in ms since 1970; undefined when no rule reads it. */
export type Reach = (metric: string) => number | undefined;

export function reachOf(groups: readonly RuleGroup[], corpus: Span, judged: Span): Reach {
  const plan = planOf(groups, corpus, judged);
  const known = new Map<string, number | undefined>();
  return (metric) => {
    if (!known.has(metric)) {
      const readers = plan.filter(({ rule }) => rule.reads(metric));
      const from = readers.map(({ rule, startMs }) => startMs - rule.reachMs(metric));
      known.set(metric, from.length === 0 ? undefined : Math.min(...from));
    }
    return known.get(metric);
  };
}

/** The rules, each after those that it reads, with the time from which it is needed. */
function planOf(groups: readonly RuleGroup[], corpus: Span, judged: Span): Planned[] {
  const all: Planned[] = groups.flatMap((group) =>
    group.rules.map((rule) => ({ rule, group, startMs: judged.startMs })),
  );
  const ordered: Planned[] = [];
  const visited = new Set<Planned>();
  const visit = (planned: Planned) => {
    if (visited.has(planned)) return;
    visited.add(planned);
    for (const other of all) if (readsOther(planned.rule, other.rule)) visit(other);
    ordered.push(planned);
  };
  all.forEach(visit);
  for (const reader of ordered.toReversed()) {
    // a firing from before the judged time must not seem to begin with it
    if (reader.rule.kind === 'alert') reader.startMs -= 2 * (reader.rule.forMs + reader.rule.keepFiringForMs);
    reader.startMs = Math.max(corpus.startMs, reader.startMs);
    for (const other of all) {
      if (!readsOther(reader.rule, other.rule)) continue;
      other.startMs = Math.min(other.startMs, reader.startMs - reader.rule.reachMs(other.rule.name));
    }
  }
  return ordered;
}

function readsOther(reader: Rule, other: Rule): boolean {
  return reader !== other && other.kind === 'record' && reader.reads(other.name);
}

/** A rule renames its results: series that differed by name only become one, each at other times. */
function withoutNames(series: readonly RangeSeries[]): RangeSeries[] {
  const own = series.map(({ labels: { __name__: _, ...labels }, times, values }) => ({
    labels,
    times,
    values,
  }));
  const same = Map.groupBy(own, ({ labels }) => JSON.stringify(Object.entries(labels).sort()));
  return [...same.values()].map((parts) => {
    if (parts.length === 1) return parts[0]!;
    const samples = parts.flatMap(({ times, values }) => times.map((time, k) => [time, values[k]!] as const));
    samples.sort(([a], [b]) => a - b);
    return {
      labels: parts[0]!.labels,
      times: samples.map(([time]) => time),
      values: samples.map(([, value]) => value),
    };
  });
}

/** A series with a value at one evaluation and none at the next is marked stale, as in Prometheus. */
async function recordSeries(
  store: SampleStore,
  rule: Rule,
  series: readonly RangeSeries[],
  { intervalMs, endMs }: { intervalMs: number; endMs: number },
): Promise<void> {
  for (const one of series) {
    const [times, values]: [number[], number[]] = [[], []];
    one.times.forEach((time, k) => {
      times.push(time);
      values.push(one.values[k]!);
      const following = time + intervalMs;
      if (following <= endMs && one.times[k + 1] !== following) {
        times.push(following);
        values.push(Number.NaN);
      }
    });
    await store.write({ labels: { ...one.labels, ...rule.labels, __name__: rule.name }, times, values });
  }
}

/** In ms, from the names of file and group. */
function placeOf({ file, name, intervalMs }: RuleGroup): number {
  let hash = 2_166_136_261;
  for (const character of `${file}\n${name}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 16_777_619);
  return (hash >>> 0) % intervalMs;
}
