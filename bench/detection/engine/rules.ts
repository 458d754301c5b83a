import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { parseDurationMs } from './duration.ts';

/** A group of a rule file, whose rules are evaluated one after the other, each interval. */
export interface RuleGroup {
  readonly file: string;
  readonly name: string;
  readonly intervalMs: number;
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly kind: 'alert' | 'record';
  /** Of the alert, or of the recorded metric. */
  readonly name: string;
  readonly expression: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Whether it reads the metric of this name. */
  readonly reads: (metric: string) => boolean;
  /** Maximum look-back of the expression for that metric, in ms. */
  readonly reachMs: (metric: string) => number;
}

const defaultIntervalMs = 60_000;
const lookbackMs = 5 * 60_000;

/** The groups of all rule files of a folder, in their order. */
export function readRuleGroups(folder: string): RuleGroup[] {
  return globSync('*.{yaml,yml}', { cwd: folder })
    .sort()
    .flatMap((file) => parseRuleGroups(readFileSync(join(folder, file), 'utf8'), basename(file)));
}

/** A file without `groups:` has none: a folder of rules may hold other YAML as well. */
export function parseRuleGroups(text: string, file: string): RuleGroup[] {
  const { groups = [] } = (parse(text) ?? {}) as { groups?: RawGroup[] };
  return groups.map((group) => ({
    file,
    name: group.name,
    intervalMs: durationMs(group.interval) ?? defaultIntervalMs,
    rules: (group.rules ?? []).map(ruleOf),
  }));
}

function ruleOf(raw: RawRule): Rule {
  const expression = String(raw.expr);
  return {
    kind: raw.alert === undefined ? 'record' : 'alert',
    name: (raw.alert ?? raw.record)!,
    expression,
    labels: raw.labels ?? {},
    forMs: durationMs(raw.for) ?? 0,
    keepFiringForMs: durationMs(raw.keep_firing_for) ?? 0,
    reads: readsOf(expression),
    reachMs: (metric) => reachOf(expression, metric),
  };
}

/** By all words of the expression, which are more than metrics, and by matchers on the metric's name. */
function readsOf(expression: string): Rule['reads'] {
  const words = new Set(expression.match(/[a-zA-Z_:][a-zA-Z0-9_:]*/g));
  const patterns = [...expression.matchAll(/__name__\s*=~\s*"([^"]*)"/g)].map(
    ([, text]) => new RegExp(`^(?:${text})$`),
  );
  return (metric) => words.has(metric) || patterns.some((pattern) => pattern.test(metric));
}

const range = String.raw`\[([0-9a-z]+)(?::[0-9a-z]*)?\]`;
const offset = String.raw`offset\s+([0-9a-z]+)`;

/**
 * Ranges and offsets follow what they apply to. So without subqueries, the look-back of a metric follows its
 * own name. With subqueries it is at most the largest offset plus all ranges.
 */
function reachOf(expression: string, metric: string): number {
  const selector = String.raw`\b${metric}(?:\{[^}]*\})?\s*(?:${range})?\s*(?:${offset})?`;
  const own = [...expression.matchAll(new RegExp(selector, 'g'))];
  const hasSubquery = /\[[0-9a-z]+:/.test(expression);
  if (own.length > 0 && !hasSubquery) {
    return (
      lookbackMs +
      Math.max(
        ...own.map(([, within = '0', before = '0']) => parseDurationMs(within) + parseDurationMs(before)),
      )
    );
  }
  const durationsOf = (pattern: string) =>
    [...expression.matchAll(new RegExp(pattern, 'g'))].map(([, text]) => parseDurationMs(text!));
  return (
    lookbackMs +
    [...new Set(durationsOf(range))].reduce((sum, length) => sum + length, 0) +
    Math.max(0, ...durationsOf(offset))
  );
}

function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDurationMs(text);
}

interface RawGroup {
  name: string;
  interval?: string;
  rules?: RawRule[];
}

interface RawRule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  keep_firing_for?: string;
  labels?: Record<string, string>;
}
