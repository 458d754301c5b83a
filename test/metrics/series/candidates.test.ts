import { expect, it } from 'vitest';
import { Candidates } from '../../../src/metrics/series/candidates.ts';

const key = (n: number) => Uint32Array.of(n, n + 1);
const ranked = (candidates: Candidates) =>
  candidates.ranking().map((row) => [candidates.tuples[2 * row], candidates.weights[row]]);

it('keys are ranked by the sum of their offered weights', () => {
  const candidates = new Candidates(2, 4);
  candidates.offer(key(1), 10);
  candidates.offer(key(2), 15);
  candidates.offer(key(1), 10);
  expect(ranked(candidates)).toEqual([
    [1, 20],
    [2, 15],
  ]);
});

it('the largest of many more keys stay, in any order of arrival', () => {
  const candidates = new Candidates(2, 4);
  for (let n = 0; n < 1_000; n++) {
    candidates.offer(key(n), 1);
    candidates.offer(key(500_000 + (n % 3)), 50);
    expect(candidates.size).toBeLessThanOrEqual(8);
  }
  expect(
    ranked(candidates)
      .slice(0, 3)
      .map(([n]) => n)
      .toSorted(),
  ).toEqual([500_000, 500_001, 500_002]);
});

it('past weights decay and are forgotten in the end', () => {
  const candidates = new Candidates(2, 4);
  candidates.offer(key(1), 100);
  candidates.offer(key(2), 1);
  candidates.decay(0.5);
  expect(ranked(candidates)).toEqual([[1, 50]]);
  candidates.offer(key(2), 3);
  expect(candidates.size).toBe(2);
});
