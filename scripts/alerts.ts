/*
 * npm run alerts: renders the rule files of alerts/ from alerts/source, also as PrometheusRule objects, for
 * Loki's ruler and for vmalert. A test checks that the committed files are current.
 *
 *     npm run -s alerts -- [--pace N] [--to DIRECTORY]
 *
 * --pace divides every duration by N, for trials and demonstrations: at 60 an hour is a minute.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { atPace } from '../alerts/source/pace.ts';
import type { Group } from '../alerts/source/rule.ts';
import { lokiRuleFiles, ruleFiles, victoriaLogsRuleFiles } from '../alerts/source/rule-files.ts';

const written = '# Written by "npm run alerts" from alerts/source. Change those, not this.\n';

const yamlOf = (value: unknown): string =>
  written + stringify(value, { lineWidth: 0, blockQuote: 'literal', compat: 'yaml-1.1' });

const prometheusRule = (name: string, groups: readonly Group[]) => ({
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PrometheusRule',
  metadata: { name: `weir-${name}`, labels: { 'app.kubernetes.io/name': 'weir' } },
  spec: { groups },
});

/** The rendered files by their path in alerts/. */
export function renderedAlerts(pace = 1): Record<string, string> {
  const withPace = (files: typeof ruleFiles): [name: string, groups: Group[]][] =>
    Object.entries(files).map(([name, shipped]) => [name, shipped.map((group) => atPace(group, pace))]);
  return Object.fromEntries([
    ...withPace(ruleFiles).flatMap(([name, groups]) => [
      [`${name}.yaml`, yamlOf({ groups })],
      [`kubernetes/${name}.yaml`, yamlOf(prometheusRule(name, groups))],
    ]),
    ...withPace(lokiRuleFiles).map(([name, groups]) => [`loki/${name}.yaml`, yamlOf({ groups })]),
    ...withPace(victoriaLogsRuleFiles).map(([name, groups]) => [
      `victorialogs/${name}.yaml`,
      yamlOf({ groups }),
    ]),
  ]);
}

if (import.meta.main) {
  const { pace, to } = parseArgs({
    options: {
      pace: { type: 'string', default: '1' },
      to: { type: 'string', default: fileURLToPath(new URL('../alerts', import.meta.url)) },
    },
  }).values;
  for (const [path, text] of Object.entries(renderedAlerts(Number(pace)))) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), text);
  }
}
