import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { TemporaryDirectory } from '../support/temporary-directory.ts';
import type { Rule } from './rules-read.ts';

/*
 * promtool evaluates every rule that a test loads, at each step of three weeks. Most rules have no effect on
 * the alerts that the test asks for. Each test gets the rules that it asks for, and all that those read.
 */

interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

interface RuleTest {
  readonly alert_rule_test?: readonly { readonly alertname: string }[];
  readonly promql_expr_test?: readonly { readonly expr: string }[];
}

const nameOf = (rule: Rule): string => (rule.record ?? rule.alert)!;

/** Those of the rules that a text names, and those that they name in turn, in the order of the rules. */
export function neededRules(rules: readonly Rule[], text: string): Rule[] {
  const needed = new Set<Rule>();
  const texts = [text];
  for (const one of texts) {
    const words = new Set(one.match(/[\w:]+/g));
    const patterns = [...one.matchAll(/=~\s*"(.*?)"/g)].map(([, pattern]) => new RegExp(`^(?:${pattern})$`));
    for (const rule of rules) {
      const name = nameOf(rule);
      if (needed.has(rule) || !(words.has(name) || patterns.some((pattern) => pattern.test(name)))) continue;
      needed.add(rule);
      texts.push(rule.expr, ...Object.values(rule.annotations ?? {}));
    }
  }
  return rules.filter((rule) => needed.has(rule));
}

/** The names of the rules in the files of rules that no test of the given files needs. */
export function unneededRules(files: readonly string[]): string[] {
  const tests = files.flatMap(readTests);
  const needed = new Set(tests.flatMap((test) => test.groups.flatMap(({ rules }) => rules.map(nameOf))));
  const all = tests.flatMap(({ loaded }) => loaded.map(nameOf));
  return [...new Set(all)].filter((name) => !needed.has(name));
}

/** Writes each test of a file as a file of its own, beside the rules that it needs. Returns their paths. */
export function writeRuleTests(file: string, directory: TemporaryDirectory): string[] {
  return readTests(file).map(({ test, groups, common }, index) => {
    const rules = directory.file(`${index}-rules.yaml`);
    const alone = directory.file(`${index}.yaml`);
    writeFileSync(rules, stringify({ groups }));
    writeFileSync(alone, stringify({ ...common, rule_files: [rules], tests: [test] }));
    return alone;
  });
}

function readTests(file: string) {
  const { rule_files: paths, tests, ...common } = parse(readFileSync(file, 'utf8'));
  const all: RuleGroup[] = (paths as string[]).flatMap(
    (path) => parse(readFileSync(join(dirname(file), path), 'utf8')).groups,
  );
  const loaded = all.flatMap(({ rules }) => rules);
  return (tests as RuleTest[]).map((test) => {
    const asked = [
      ...(test.alert_rule_test ?? []).map(({ alertname }) => alertname),
      ...(test.promql_expr_test ?? []).map(({ expr }) => expr),
    ];
    const needed = new Set(neededRules(loaded, asked.join('\n')));
    const groups = all.map((group) => ({ ...group, rules: group.rules.filter((rule) => needed.has(rule)) }));
    return { test, loaded, groups: groups.filter(({ rules }) => rules.length > 0), common };
  });
}
