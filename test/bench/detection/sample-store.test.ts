import { expect, it } from 'vitest';
import { corpusStartMs } from '../../../bench/detection/corpus/index.ts';
import { evaluateRules } from '../../../bench/detection/engine/evaluation.ts';
import { parseRuleGroups } from '../../../bench/detection/engine/rules.ts';
import { SampleStore } from '../../../bench/detection/engine/sample-store.ts';
import { requires } from '../../support/requires.ts';

const minuteMs = 60_000;
const at = (minute: number) => corpusStartMs + minute * minuteMs;

requires('prometheus')('the evaluation of rules', () => {
  it('sees samples to the millisecond, and the end of a series', async () => {
    await using store = await SampleStore.start();
    const labels = { __name__: 'level', place: 'a "quoted" one, ü' };
    await store.write({ labels, times: [at(0) + 123, at(1), at(2)], values: [1.5, 2, Number.NaN] });
    const found = await store.queryRange('level', at(0), at(3), 1000);
    expect(found.map((series) => series.labels)).toEqual([labels]);
    expect(found[0]!.times[0]).toBe(at(0) + 1000);
    expect(found[0]!.times.at(-1)).toBe(at(2) - 1000);
    expect(found[0]!.values.slice(0, 2)).toEqual([1.5, 1.5]);
  });

  it('stores recorded series in the order of their dependencies, and reports when alerts fire', async () => {
    await using store = await SampleStore.start();
    const minutes = Array.from({ length: 120 }, (_, minute) => minute);
    await store.write({
      labels: { __name__: 'level', place: 'here' },
      times: minutes.map(at),
      values: minutes.map((minute) => (minute >= 60 && minute < 80 ? 10 : 1)),
    });
    const groups = parseRuleGroups(
      `groups:
  - name: alerts
    rules:
      - alert: High
        expr: place:twice:value >= 20
        for: 5m
  - name: records
    rules:
      - record: place:twice:value
        expr: 2 * place:level:max
      - record: place:level:max
        expr: max by (place) (level)
`,
      'rules.yaml',
    );
    const span = { startMs: at(0), endMs: at(119) };
    const firings = await evaluateRules(store, groups, span, span);
    expect(firings).toHaveLength(1);
    const [{ alert, labels, startMs, endMs }] = firings as [(typeof firings)[number]];
    expect({ alert, labels }).toEqual({ alert: 'High', labels: { place: 'here' } });
    // each of the two groups sees what is before it up to a minute late
    expect(startMs - at(65)).toBeGreaterThanOrEqual(0);
    expect(startMs - at(65)).toBeLessThanOrEqual(3 * minuteMs);
    expect(endMs - startMs).toBe(15 * minuteMs);
  });
});
