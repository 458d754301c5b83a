import { describe, expect, it } from 'vitest';
import { Random } from '../../../bench/detection/corpus/random.ts';

const draws = 20_000;
const meanOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the randomness of the corpus', () => {
  it('is the same for the same seed, and another for another seed or half', () => {
    const first = (random: Random) => Array.from({ length: 5 }, () => random.next());
    expect(first(new Random('tuning', 'a'))).toEqual(first(new Random('tuning', 'a')));
    expect(first(new Random('tuning', 'a'))).not.toEqual(first(new Random('tuning', 'b')));
    expect(first(new Random('tuning', 'a'))).not.toEqual(first(new Random('judged', 'a')));
  });

  it('has different parameters for tuning and for judging rules', () => {
    const bandsOf = (random: Random) =>
      new Set(Array.from({ length: draws }, () => Math.floor((random.parameter(3, 8) - 3) / 0.5)));
    expect([...bandsOf(new Random('tuning', 'a'))].sort()).toEqual([0, 2, 4, 6, 8]);
    expect([...bandsOf(new Random('judged', 'a'))].sort()).toEqual([1, 3, 5, 7, 9]);
  });

  it('draws from its named distributions', () => {
    const random = new Random('tuning', 'distributions');
    const normal = Array.from({ length: draws }, () => random.normal());
    expect(meanOf(normal)).toBeCloseTo(0, 1);
    expect(meanOf(normal.map((value) => value * value))).toBeCloseTo(1, 1);
    for (const mean of [0.3, 4, 80]) {
      const counts = Array.from({ length: draws }, () => random.poisson(mean));
      expect(meanOf(counts) / mean).toBeCloseTo(1, 1);
      expect(meanOf(counts.map((count) => (count - mean) ** 2)) / mean).toBeCloseTo(1, 1);
    }
    expect(meanOf(Array.from({ length: draws }, () => random.factor(0.5)))).toBeCloseTo(1, 1);
  });
});
