import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');

/** A rule as Loki's ruler reads it. */
export interface LogRule {
  /** File, group, alert and severity. No two rules share all four. */
  readonly name: string;
  readonly expr: string;
  /**
   * All that the ruler evaluates: the expression, for how long it holds, the labels, and the templates in
   * annotations.
   */
  readonly evaluated: string;
  /** The labels and annotations, which are Go templates. */
  readonly templates: readonly string[];
}

interface Written {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Every rule of alerts/loki. */
export function lokiRules(): LogRule[] {
  return globSync('alerts/loki/*.yaml', { cwd: root }).flatMap((path) => {
    const { groups } = parse(readFileSync(join(root, path), 'utf8')) as {
      groups: { name: string; rules: Written[] }[];
    };
    return groups.flatMap(({ name, rules }) =>
      rules.map((rule) => ({
        name: `${path}: ${name} / ${rule.alert} / ${rule.labels.severity}`,
        expr: rule.expr.trim(),
        evaluated: evaluatedOf(rule),
        templates: [...Object.values(rule.labels), ...Object.values(rule.annotations)],
      })),
    );
  });
}

/**
 * The ruler copies the words of an annotation and evaluates only what stands between braces. So other words
 * need no new proof.
 */
function evaluatedOf(rule: Written): string {
  const filledIn = Object.values(rule.annotations).flatMap((text) => text.match(/\{\{.*?\}\}/gs) ?? []);
  const { expr, labels, for: holds, keep_firing_for: keeps } = rule;
  return JSON.stringify({ expr: expr.trim(), for: holds, keep_firing_for: keeps, labels, filledIn });
}
