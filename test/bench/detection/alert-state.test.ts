import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { firingsOf } from '../../../bench/detection/engine/alert-state.ts';
import { parseRuleGroups } from '../../../bench/detection/engine/rules.ts';
import { testRules } from '../../support/promtool.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';

const minuteMs = 60_000;
const minutes = 400;

/** On and off by a fixed pattern with stretches of 1 to 13 minutes. */
function pattern(): boolean[] {
  const on: boolean[] = [];
  for (let stretch = 0, value = false; on.length < minutes; stretch++, value = !value) {
    const length = 1 + ((stretch * stretch * 7 + stretch * 3) % 13);
    for (let k = 0; k < length; k++) on.push(value);
  }
  return on.slice(0, minutes);
}

function ruleFile(forMinutes: number, keepMinutes: number): string {
  return `groups:
  - name: one
    interval: 1m
    rules:
      - alert: On
        expr: level > 0
        for: ${forMinutes}m
        keep_firing_for: ${keepMinutes}m
`;
}

requires('promtool')('the firing time of an alert', () => {
  it.each([
    [0, 0],
    [0, 4],
    [3, 0],
    [5, 6],
    [2, 10],
  ])("equals Prometheus's, minute by minute: for %i, keep_firing_for %i", async (forMinutes, keepMinutes) => {
    using directory = new TemporaryDirectory();
    const on = pattern();
    const rules = ruleFile(forMinutes, keepMinutes);
    const times = on.flatMap((value, minute) => (value ? [minute * minuteMs] : []));
    const firings = firingsOf(
      parseRuleGroups(rules, 'rules.yaml')[0]!.rules[0]!,
      [{ labels: { place: 'here' }, times, values: times.map(() => 1) }],
      { intervalMs: minuteMs, endMs: minutes * minuteMs },
    );
    const isFiring = (minute: number) =>
      firings.some(({ startMs, endMs }) => startMs <= minute * minuteMs && minute * minuteMs < endMs);
    const expected = on.map((_, minute) => ({
      eval_time: `${minute}m`,
      alertname: 'On',
      exp_alerts: isFiring(minute) ? [{ exp_labels: { place: 'here' } }] : [],
    }));
    writeFileSync(directory.file('rules.yaml'), rules);
    writeFileSync(
      directory.file('test.yaml'),
      JSON.stringify({
        rule_files: ['rules.yaml'],
        evaluation_interval: '1m',
        tests: [
          {
            interval: '1m',
            input_series: [
              { series: 'level{place="here"}', values: on.map((value) => (value ? '1' : '0')).join(' ') },
            ],
            alert_rule_test: expected,
          },
        ],
      }),
    );
    expect(firings.length).toBeGreaterThanOrEqual(5);
    expect(await testRules(directory.file('test.yaml'))).toContain('SUCCESS');
  });
});
