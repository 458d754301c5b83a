import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkConfiguration, checkMetrics, checkRules, testRules } from '../../support/promtool.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const rules = (expr: string) =>
  JSON.stringify({ groups: [{ name: 'garden', rules: [{ record: 'garden:carrots:sum', expr }] }] });

const tests = (expected: number) =>
  JSON.stringify({
    rule_files: ['rules.yml'],
    tests: [
      {
        input_series: [{ series: 'carrots{eater="hare"}', values: '1+1x5' }],
        promql_expr_test: [
          {
            expr: 'garden:carrots:sum',
            eval_time: '2m',
            exp_samples: [{ labels: 'garden:carrots:sum', value: expected }],
          },
        ],
      },
    ],
  });

requires('promtool')('promtool', () => {
  it('checks rules', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('rules.yml');
    writeFileSync(file, rules('sum(carrots)'));
    expect(await checkRules(file)).toMatch(/SUCCESS: 1 rules found/);
    writeFileSync(file, rules('sum(carrots'));
    await expect(checkRules(file)).rejects.toThrow(/unclosed left parenthesis/);
  });

  it('tests rules, with paths relative to the tests', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('tests.yml');
    writeFileSync(directory.file('rules.yml'), rules('sum(carrots)'));
    writeFileSync(file, tests(3));
    expect(await testRules(file)).toMatch(/SUCCESS/);
    writeFileSync(file, tests(4));
    await expect(testRules(file)).rejects.toThrow(/exp:.*4.*\n.*got:.*3/s);
  });

  it('checks configurations', async () => {
    using directory = new TemporaryDirectory();
    const file = directory.file('prometheus.yml');
    writeFileSync(file, '{scrape_configs: [{job_name: garden}]}');
    expect(await checkConfiguration(file)).toMatch(/SUCCESS/);
    writeFileSync(file, '{scrape_configs: [{}]}');
    await expect(checkConfiguration(file)).rejects.toThrow(/job_name is empty/);
  });

  it('checks metrics', async () => {
    await checkMetrics('# HELP carrots_total Eaten.\n# TYPE carrots_total counter\ncarrots_total 1\n');
    const ugly = '# HELP carrots Eaten.\n# TYPE carrots counter\ncarrots 1\n';
    await expect(checkMetrics(ugly)).rejects.toThrow(/should have "_total" suffix/);
    await expect(checkMetrics('carrots{ 1\n')).rejects.toThrow(/error while linting/);
  });
});
