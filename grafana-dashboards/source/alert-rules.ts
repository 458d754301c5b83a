import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Comparison, comparisonsOf } from './comparison.ts';

/** An alert of the rule files; rules that differ only in severity are one. */
export interface AlertRule {
  readonly name: string;
  readonly summary: string;
  readonly runbook?: string;
  /** Its topic: saturation, quiet, denied … */
  readonly subject: string;
  readonly variants: readonly Variant[];
}

/** One rule of that name. */
export interface Variant {
  readonly severity: string;
  readonly promql: string;
  /** How long it must hold, in Prometheus's notation of durations. */
  readonly for: string;
  /** The comparisons that decide, in the rule's order. */
  readonly conditions: readonly Comparison[];
}

interface RuleFile {
  readonly groups?: readonly { readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const folder = join(import.meta.dirname, '../../alerts');

/** The shipped rule files themselves, so that dashboards show what Prometheus compares. */
const rules: readonly Rule[] = globSync('*.yaml', { cwd: folder })
  .sort()
  .map((file) => parse(readFileSync(join(folder, file), 'utf8')) as RuleFile | null)
  .flatMap((content) => content?.groups ?? [])
  .flatMap((group) => group.rules);

/** Names of the series that recording rules make. */
export const recordedNames: readonly string[] = rules.flatMap(({ record }) => record ?? []);

export const alertRules: readonly AlertRule[] = [
  ...Map.groupBy(
    rules.filter(({ alert }) => alert !== undefined),
    ({ alert }) => alert!,
  ),
].map(([name, variants]) => ({
  name,
  summary: variants[0]!.annotations?.summary ?? '',
  ...runbookOf(variants[0]!),
  subject: variants[0]!.labels?.subject ?? 'other',
  variants: variants.map(({ expr, labels, for: time }) => ({
    severity: labels?.severity ?? 'none',
    promql: expr,
    for: time ?? '0s',
    conditions: comparisonsOf(onsetOf(expr)),
  })),
}));

/** For an alert that lasts until its end condition, the expression that begins it. */
function onsetOf(expr: string): string {
  const [, held] = /([\w:]+)_since > 0/.exec(expr) ?? [];
  return rules.find(({ record }) => record === `${held}_onset`)?.expr ?? expr;
}

/**
 * The label matchers with which an alert selects a metric, so that a panel counts the same.
 * @throws {TypeError} when there is no such alert, or it does not select the metric by labels
 */
export function matchersIn(alert: string, metric: string): string {
  const promql = alertRules.find(({ name }) => name === alert)?.variants[0]?.promql ?? '';
  const [, matchers] = new RegExp(`\\b${metric}\\{([^}]*)\\}`).exec(promql) ?? [];
  if (matchers === undefined)
    throw new TypeError(`no alert ${alert} in alerts/*.yaml selects from ${metric}`);
  return matchers;
}

function runbookOf({ annotations }: Rule): Pick<AlertRule, 'runbook'> {
  return annotations?.runbook_url === undefined ? {} : { runbook: annotations.runbook_url };
}
