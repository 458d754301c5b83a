import { describe, expect, it } from 'vitest';
import { comparisonsOf } from '../../grafana-dashboards/source/index.ts';

describe('the comparisons of a rule', () => {
  it('have two sides and their matching', () => {
    expect(comparisonsOf('a:b:c >= on (node) group_left () node:weir_threshold_x:ratio')).toEqual([
      {
        left: 'a:b:c',
        operator: '>=',
        matching: 'on (node) group_left ()',
        right: 'node:weir_threshold_x:ratio',
      },
    ]);
    expect(comparisonsOf('rate(x[5m]) / y < bool 0.5')).toEqual([
      { left: 'rate(x[5m]) / y', operator: '<', matching: 'bool', right: '0.5' },
    ]);
  });

  it('are all operands of "and" and "or", even inside parentheses', () => {
    const found = comparisonsOf('(a > 1 and on (x) b <= 2) or (c == 3 unless d > 4)');
    expect(found.map(({ left, operator, right }) => `${left} ${operator} ${right}`)).toEqual([
      'a > 1',
      'b <= 2',
      'c == 3',
    ]);
  });

  it('exclude those inside a compared expression', () => {
    expect(comparisonsOf('sum(a > 0) / (b > 0) >= 0.8')).toMatchObject([
      { left: 'sum(a > 0) / (b > 0)', right: '0.8' },
    ]);
    expect(comparisonsOf(`x{a=~"b and c > 1", d!='e"'} > 2`)).toMatchObject([
      { left: `x{a=~"b and c > 1", d!='e"'}`, right: '2' },
    ]);
  });

  it('are absent if nothing is compared', () => {
    expect(comparisonsOf('absent(up{job="weir-aggregator"}) and on () group(up)')).toEqual([]);
  });

  it('are found despite keywords in names, comments or escapes', () => {
    expect(comparisonsOf('land:band_or:unlessed > 1 # and b > 2')).toMatchObject([
      { left: 'land:band_or:unlessed', right: '1' },
    ]);
    expect(comparisonsOf('x{a="\\" and b > 1"} > 3')).toMatchObject([{ right: '3' }]);
  });

  it('are found in a rule of several lines', () => {
    const found = comparisonsOf('a\n/ on (x)\nb > 1\nand\nc\n< 2');
    expect(found).toMatchObject([
      { left: 'a\n/ on (x)\nb', operator: '>', right: '1' },
      { left: 'c', operator: '<', right: '2' },
    ]);
  });
});
