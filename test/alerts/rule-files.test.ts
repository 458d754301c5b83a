import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { workloadInPod } from '../../alerts/source/flow-log.ts';
import type { Group } from '../../alerts/source/rule.ts';
import { values } from '../../alerts/source/thresholds.ts';
import { renderedAlerts } from '../../scripts/alerts.ts';
import { workloadLength } from '../../src/flow/index.ts';
import { groupings, measuresOf, processMetrics } from '../../src/metrics/index.ts';
import { checkRules, testRules } from '../support/promtool.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { checkVmalert } from '../support/vmalert.ts';
import { neededRules, unneededRules, writeRuleTests } from './needed-rules.ts';
import { alertsIn, type Rule, rulesIn } from './rules-read.ts';

const folder = new URL('../../alerts/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, folder), 'utf8');
const yamlIn = (path: URL | string): string[] =>
  readdirSync(new URL(path, folder)).filter((name) => name.endsWith('.yaml'));
const files = yamlIn('.');
const rules = files.flatMap((file) => rulesIn(read(file)));
const lokiRules = yamlIn('loki/').flatMap((file) => rulesIn(read(`loki/${file}`)));
const victoriaLogsRules = yamlIn('victorialogs/').flatMap((file) => rulesIn(read(`victorialogs/${file}`)));
const testFiles = yamlIn(new URL('.', import.meta.url));
const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const testsIn = (file: string) => parse(readFileSync(pathOf(file), 'utf8'));

describe('the rule files', () => {
  const rendered = renderedAlerts();

  it.each(Object.entries(rendered))(
    'equal the output of alerts/source (npm run alerts writes them): %s',
    (path, text) => {
      expect(read(path)).toBe(text);
    },
  );

  it('are the only files, so alerts/*.yaml can be loaded', () => {
    const below = (part: string) => yamlIn(part).map((name) => `${part}${name}`);
    const written = [...files, ...below('kubernetes/'), ...below('loki/'), ...below('victorialogs/')];
    expect(written.sort()).toEqual(Object.keys(rendered).sort());
  });

  it.each(files)('equal the PrometheusRule objects: %s', (file) => {
    const object = parse(read(`kubernetes/${file}`));
    expect(object).toMatchObject({ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule' });
    expect(object.spec).toEqual(parse(read(file)));
  });

  it('can run faster, with all durations divided by the same number', () => {
    const faster = renderedAlerts(60)['saturation.yaml']!;
    expect(faster).toContain('interval: 1s');
    expect(faster).toContain('[360s], 240)');
    expect(faster).toContain('offset 120s');
    expect(faster).not.toMatch(/\[\d+[wdhm][\]:]|offset \d+[wdhm]/);
  });
});

describe('an alert', () => {
  const alerts = alertsIn(rules);

  it('has a severity, a subject and the address of its runbook', () => {
    const fromLogs = alertsIn([...lokiRules, ...victoriaLogsRules]);
    for (const { alert, labels, annotations } of [...alerts, ...fromLogs]) {
      expect(labels, alert).toEqual({
        severity: expect.stringMatching(/^(critical|warning|info)$/),
        subject: expect.stringMatching(/^(saturation|quiet|denied|external|loss|zone|pipeline)$/),
      });
      expect(annotations.summary, alert).not.toContain('{{');
      expect(annotations.description, alert).toMatch(/\.$/);
      expect(annotations.runbook_url, alert).toBe(`${values.runbooks}${alert}.md`);
    }
  });

  it('is tested both firing and silent', () => {
    const checks = testFiles.flatMap((file) =>
      testsIn(file).tests.flatMap((test: { alert_rule_test?: object[] }) => test.alert_rule_test ?? []),
    ) as { alertname: string; exp_alerts: { exp_labels: { severity: string } }[] }[];
    for (const { alert, labels } of alerts) {
      const mine = checks.filter(({ alertname }) => alertname === alert);
      const severities = mine.flatMap(({ exp_alerts }) =>
        exp_alerts.map(({ exp_labels }) => exp_labels.severity),
      );
      expect(severities, `${alert} fires`).toContain(labels.severity);
      expect(
        mine.some(({ exp_alerts }) => exp_alerts.length === 0),
        `${alert} is silent`,
      ).toBe(true);
    }
  });
});

describe('a metric in a rule', () => {
  const ofFlows = Object.keys(groupings).flatMap((grouping) =>
    measuresOf(grouping as keyof typeof groupings).map(({ name }) => name),
  );
  const known = new Set([...ofFlows, ...Object.keys(processMetrics)]);
  const used = (rule: Rule): string[] => {
    const expr = rule.expr.replace(/"[^"]*"/g, '""');
    return [...expr.matchAll(/(?<![\w:])(weir|antrea|process)_\w+(?![\w:])/g)].map(([name]) => name);
  };

  it('is a metric of Weir', () => {
    const missing = rules.flatMap(used).filter((name) => !known.has(name.replace(/_bucket$/, '')));
    expect(missing).toEqual([]);
  });

  it("comes from one of these files if it is recorded, except the user's calendar", () => {
    const recorded = new Set(['weir:holiday:info', ...rules.map(({ record }) => record)]);
    const missing = rules
      .flatMap(({ expr }) => [...expr.replace(/"[^"]*"/g, '""').matchAll(/(?<![\w:])[a-z]\w*(:[a-z]\w*)+/g)])
      .map(([name]) => name)
      .filter((name) => !recorded.has(name));
    expect(missing).toEqual([]);
  });
});

describe('a threshold', () => {
  it('is used by some rule', () => {
    const text = rules.map(({ expr }) => expr).join('\n');
    const unused = Object.keys(values.thresholds).filter(
      (name) => !text.includes(`threshold_${name}:`) && !new RegExp(`weir:threshold:${name}:`).test(text),
    );
    expect(unused).toEqual([]);
  });

  it('has a unit and a reason', () => {
    for (const [name, { unit, reason }] of Object.entries(values.thresholds)) {
      expect(unit, name).toMatch(/^(ratio|bytes|bytes_per_second|seconds|count)$/);
      expect(reason.length, name).toBeGreaterThan(10);
    }
  });
});

describe("a rule for Loki's ruler", () => {
  it('is an alert, because recording would need a Prometheus', () => {
    expect(lokiRules.filter(({ alert }) => alert === undefined)).toEqual([]);
  });

  it('raises one or a bounded number of alerts at a time', () => {
    for (const { alert, expr } of lokiRules)
      expect([alert, expr]).toEqual([
        alert,
        expect.stringMatching(/^(topk\(50, |absent_over_time\(|sum by \(cluster\) \()/),
      ]);
  });

  it('keeps alerts by its window, because the ruler lacks keep_firing_for', () => {
    expect(lokiRules.filter((rule) => 'keep_firing_for' in rule)).toEqual([]);
  });

  it('uses each of its values in an expression or waiting time, and gives a reason', () => {
    for (const [name, { value, reason }] of Object.entries(values.logs)) {
      const text = Array.isArray(value) ? value.join('|') : String(value);
      expect([
        name,
        read('loki/denied.yaml') + read('loki/external.yaml') + read('loki/absent.yaml'),
      ]).toEqual([name, expect.stringContaining(text)]);
      expect(reason.length, name).toBeGreaterThan(10);
    }
  });

  it('derives the workload from the Pod as the aggregator does', () => {
    const name = new RegExp(`^${workloadInPod}$`);
    const pods = [
      'web-6d5f7c9d88-x7k2p',
      'coredns-7db6d8ff4d-kx2vw',
      'backup-28919460-b7wqz',
      'index-3-b7wqz',
      'agent-x7k2p',
      'db-0',
      'kube-proxy',
      'etcd-node-1',
      'a',
      'my-app-2-6d5f7c9d88-x7k2p',
    ];
    for (const pod of pods)
      expect([pod, name.exec(pod)?.[1]]).toEqual([pod, pod.slice(0, workloadLength(pod))]);
  });
});

describe('a rule for vmalert', () => {
  const groupsOf = (part: string): Group[] =>
    yamlIn(part).flatMap((file) => parse(read(`${part}${file}`)).groups);
  const ofLoki = groupsOf('loki/');
  const ofVmalert = groupsOf('victorialogs/');

  it("equals the rule for Loki's ruler except for its expression", () => {
    const withoutExpr = (groups: Group[]) =>
      groups.map(({ name, interval, rules }) => ({
        name,
        interval,
        rules: rules.map(({ expr: _, ...rule }) => rule),
      }));
    expect(withoutExpr(ofVmalert)).toEqual(withoutExpr(ofLoki));
  });

  it('is in a LogsQL group, whose ranges end now', () => {
    for (const group of ofVmalert)
      expect(group).toMatchObject({ type: 'vlogs', eval_delay: '0s', eval_alignment: false });
  });

  it('names its range, because vmalert would otherwise read an interval', () => {
    for (const { alert, expr } of victoriaLogsRules)
      expect([alert, expr]).toEqual([alert, expect.stringMatching(/^\{[^}]*\} _time:(\d+[dhms])+[ \n]/)]);
  });

  it('raises one or a bounded number of alerts at a time', () => {
    for (const { alert, expr } of victoriaLogsRules)
      expect([alert, expr]).toEqual([
        alert,
        expect.stringMatching(/desc\) limit 50$|stats count\(\) as lines|stats by \(cluster\)/),
      ]);
  });

  it('has all values of the rule for Loki', () => {
    for (const [name, { value }] of Object.entries(values.logs)) {
      const text = Array.isArray(value) ? value.join('|') : String(value);
      expect([name, JSON.stringify(victoriaLogsRules)]).toEqual([name, expect.stringContaining(text)]);
    }
  });

  it('can run faster, including ranges of several units', () => {
    const faster = renderedAlerts(60)['victorialogs/denied.yaml']!;
    expect(faster).toContain('_time:10095s service_name');
    expect(faster).toContain('count() if (_time:10080s offset 15s) as before');
  });
});

describe('a file of rule tests', () => {
  it.each(testFiles)(
    'states the order of all its groups, which promtool otherwise leaves open: %s',
    (file) => {
      const { rule_files, group_eval_order } = testsIn(file);
      const loaded = (rule_files as string[]).flatMap((path) =>
        parse(readFileSync(new URL(path, import.meta.url), 'utf8')).groups.map(
          ({ name }: { name: string }) => name,
        ),
      );
      expect([...group_eval_order].sort()).toEqual(loaded.sort());
    },
  );
});

describe('the rules that a test needs', () => {
  const named = (record: string, expr: string): Rule => ({ record, expr });
  const rules = [
    named('b:rate', 'rate(b[5m])'),
    named('a:rate', 'rate(a[5m])'),
    named('a:sum', 'group(b)\nor\na:rate > 1'),
    named('aa:sum', 'a:sum'),
    { alert: 'A', expr: 'a:sum > 1', annotations: { description: '{{ query "c:sum" }}' } },
    named('c:sum', 'sum(c)'),
    named('d:sum', 'sum({__name__=~"(b|e):rate"})'),
    named('again', 'ALERTS{alertname="A"}'),
  ];
  const needed = (text: string) => neededRules(rules, text).map(({ record, alert }) => record ?? alert);

  it('are those that it names, and those that these read', () => {
    expect(needed('A')).toEqual(['a:rate', 'a:sum', 'A', 'c:sum']);
    expect(needed('again > 0')).toEqual(['a:rate', 'a:sum', 'A', 'c:sum', 'again']);
    expect(needed('b:rate')).toEqual(['b:rate']);
  });

  it('may be named by a pattern', () => {
    expect(needed('d:sum')).toEqual(['b:rate', 'd:sum']);
  });

  it('are all rules of the files, by all tests together', () => {
    expect(unneededRules(testFiles.map(pathOf))).toEqual([]);
  });
});

requires('vmalert')('by vmalert', () => {
  it('the rule files are valid', async () => {
    await checkVmalert(`-rule=${fileURLToPath(new URL('victorialogs/*.yaml', folder))}`);
  });

  it('an expression that is not LogsQL is invalid', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('wrong.yaml');
    writeFileSync(file, read('victorialogs/denied.yaml').replaceAll('| stats by', '| status by'));
    await expect(checkVmalert(`-rule=${file}`)).rejects.toThrow('bad LogsQL expr');
  });
});

requires('promtool')('by promtool', () => {
  it('the rule files are valid', async () => {
    const paths = files.map((file) => fileURLToPath(new URL(file, folder)));
    expect(await checkRules(...paths)).toContain('SUCCESS');
  });

  it.each(testFiles)('the alerts fire and stay silent as %s expects', async (file) => {
    using directory = new TemporaryDirectory();
    expect(await testRules(...writeRuleTests(pathOf(file), directory))).toContain('SUCCESS');
  });
});
