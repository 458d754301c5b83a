import { expect, it } from 'vitest';
import { DurationHistogram } from '../../src/exporter/duration-histogram.ts';

it('a histogram of durations counts up to each bound, the bound included', () => {
  const histogram = new DurationHistogram();
  for (const seconds of [0.01, 0.02, 11]) histogram.observe(seconds);
  const { boundsSeconds, counts, sumSeconds } = histogram.snapshot;
  expect(boundsSeconds).toEqual([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);
  expect(counts).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3]);
  expect(sumSeconds).toBeCloseTo(11.03);
});
