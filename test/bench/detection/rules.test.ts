import { describe, expect, it } from 'vitest';
import { parseDurationMs } from '../../../bench/detection/engine/duration.ts';
import { parseRuleGroups } from '../../../bench/detection/engine/rules.ts';

const hourMs = 3_600_000;

function ruleOf(expression: string) {
  const text = JSON.stringify({
    groups: [{ name: 'one', interval: '2m', rules: [{ alert: 'A', expr: expression, for: '5m' }] }],
  });
  return parseRuleGroups(text, 'one.yaml')[0]!.rules[0]!;
}

describe('a rule', () => {
  it('reads its metrics, even by a pattern of their names', () => {
    const { reads } = ruleOf('rate(a_total[5m]) + on () sum({__name__=~"b:(c|d):rate"})');
    expect(['a_total', 'b:c:rate', 'b:d:rate'].map(reads)).toEqual([true, true, true]);
    expect(['a', 'b:e:rate', 'xb:c:rate'].map(reads)).toEqual([false, false, false]);
  });

  it('reaches back by the range and offset of each metric, and by all ranges of a subquery', () => {
    const plain = ruleOf('max_over_time(a{x="1"}[1h] offset 2h) > b');
    expect(plain.reachMs('a')).toBe(3 * hourMs + 300_000);
    expect(plain.reachMs('b')).toBe(300_000);
    const nested = ruleOf('max_over_time(rate(a[5m])[1d:1h] offset 6h) > b');
    expect(nested.reachMs('b')).toBe(30 * hourMs + 600_000);
  });

  it("has durations in Prometheus's form", () => {
    expect(parseDurationMs('1h30m')).toBe(1.5 * hourMs);
    expect(parseDurationMs('0')).toBe(0);
    expect(() => parseDurationMs('5 minutes')).toThrow('expected a duration such as 5m');
  });
});
