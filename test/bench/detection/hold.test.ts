import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { heldSeries, holdOf } from '../../../bench/detection/engine/hold.ts';
import { parseRuleGroups } from '../../../bench/detection/engine/rules.ts';
import { testRules } from '../../support/promtool.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const minuteMs = 60_000;
const minutes = 300;
const flow = 'workload:weir_flow_bytes';

/** The shipped rule that says since when a workload is silent. */
const shipped = parseRuleGroups(
  readFileSync(new URL('../../../alerts/quiet.yaml', import.meta.url), 'utf8'),
  'quiet.yaml',
)
  .flatMap(({ rules }) => rules)
  .find(({ name }) => name === `${flow}:silent_since`)!;

/** Minutes at which something is so, in stretches that come back at different times. */
const when = (every: number, length: number): number[] =>
  Array.from({ length: minutes }, (_, minute) => minute).filter(
    (minute) => minute > 0 && minute % every < length,
  );
const begins = when(23, 3);
const ends = when(17, 2).filter((minute) => !begins.includes(minute));

const seriesOf = (at: readonly number[]) => ({
  labels: { place: 'here' },
  times: at.map((minute) => minute * minuteMs),
  values: at.map(() => 1),
});

describe('a rule that holds', () => {
  it('is recognised in its form by its two series', () => {
    expect(holdOf(shipped)).toEqual({ onset: `${flow}:silent_onset`, over: `${flow}:quiet_over` });
  });

  it('is refused in any other form', () => {
    const [group] = parseRuleGroups(
      JSON.stringify({ groups: [{ name: 'one', rules: [{ record: 'a', expr: 'a + 1' }] }] }),
      'one.yaml',
    );
    expect(() => holdOf(group!.rules[0]!)).toThrow('a reads itself in a way that cannot be evaluated');
  });
});

requires('promtool')('the result of a rule that holds', () => {
  it("equals Prometheus's, minute by minute", async () => {
    using directory = new TemporaryDirectory();
    const [held] = heldSeries([seriesOf(begins)], [seriesOf(ends)], {
      intervalMs: minuteMs,
      endMs: (minutes - 1) * minuteMs,
    });
    expect(held!.values).toContain(0);
    const values = new Map(held!.times.map((time, k) => [time / minuteMs, held!.values[k]!]));
    const valuesOf = (at: readonly number[]) =>
      Array.from({ length: minutes }, (_, minute) => (at.includes(minute) ? '1' : 'stale')).join(' ');
    writeFileSync(
      directory.file('rules.yaml'),
      JSON.stringify({
        groups: [
          { name: 'one', interval: '1m', rules: [{ record: shipped.name, expr: shipped.expression }] },
        ],
      }),
    );
    const test = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            { series: `${flow}:silent_onset{place="here"}`, values: valuesOf(begins) },
            { series: `${flow}:quiet_over{place="here"}`, values: valuesOf(ends) },
            { series: 'weir:threshold:quiet_forgotten:seconds', values: `604800x${minutes}` },
          ],
          promql_expr_test: Array.from({ length: minutes }, (_, minute) => ({
            expr: shipped.name,
            eval_time: `${minute}m`,
            exp_samples: values.has(minute)
              ? [{ labels: `${shipped.name}{place="here"}`, value: values.get(minute) }]
              : [],
          })),
        },
      ],
    };
    writeFileSync(directory.file('test.yaml'), JSON.stringify(test));
    expect(await testRules(directory.file('test.yaml'))).toContain('SUCCESS');
  });
});
