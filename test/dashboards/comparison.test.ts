import { describe, expect, it } from 'vitest';
import { comparisons } from '../../grafana-dashboards/source/index.ts';

describe('the comparisons of a rule', () => {
  it('have two sides and their matching', () => {
    expect(comparisons('a:b:c >= on (node) group_left () node:weir_threshold_x:ratio')).toEqual([
      {
        left: 'a:b:c',
        operator: '>=',
        matching: 'on (node) group_left ()',
        right: 'node:weir_threshold_x:ratio',
      },
    ]);
    expect(comparisons('rate(x[5m]) / y < bool 0.5')).toEqual([
      { left: 'rate(x[5m]) / y', operator: '<', matching: 'bool', right: '0.5' },
    ]);
  });

  it('are all operands of "and" and "or", even inside parentheses', () => {
    const found = comparisons('(a > 1 and on (x) b <= 2) or (c == 3 unless d > 4)');
    expect(found.map(({ left, operator, right }) => `${left} ${operator} ${right}`)).toEqual([
      'a > 1',
      'b <= 2',
      'c == 3',
    ]);
  });

  it('exclude those inside a compared expression', () => {
    expect(comparisons('sum(a > 0) / (b > 0) >= 0.8')).toMatchObject([
      { left: 'sum(a > 0) / (b > 0)', right: '0.8' },
    ]);
    expect(comparisons(`x{a=~"b and c > 1", d!='e"'} > 2`)).toMatchObject([
      { left: `x{a=~"b and c > 1", d!='e"'}`, right: '2' },
    ]);
  });

  it('are absent if nothing is compared', () => {
    expect(comparisons('absent(up{job="weir-aggregator"}) and on () group(up)')).toEqual([]);
  });

  it('are found despite keywords in names, comments or escapes', () => {
    expect(comparisons('land:band_or:unlessed > 1 # and b > 2')).toMatchObject([
      { left: 'land:band_or:unlessed', right: '1' },
    ]);
    expect(comparisons('x{a="\\" and b > 1"} > 3')).toMatchObject([{ right: '3' }]);
  });

  it('are found in a rule of several lines', () => {
    const found = comparisons('a\n/ on (x)\nb > 1\nand\nc\n< 2');
    expect(found).toMatchObject([
      { left: 'a\n/ on (x)\nb', operator: '>', right: '1' },
      { left: 'c', operator: '<', right: '2' },
    ]);
  });
});
