import { expect, it } from 'vitest';
import { DepartedFlows } from '../../src/aggregator/departed-flows.ts';

it('remembers fingerprints, including 0', () => {
  const departed = new DepartedFlows(1_000);
  for (const fingerprint of [0, 1, -1, 0x7fffffff]) departed.add(fingerprint, 2_000);
  expect([0, 1, -1, 0x7fffffff, 5].map((fingerprint) => departed.has(fingerprint))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
  expect(departed.knownSince).toBe(1_000);
});

it('forgets the oldest half when full, and reports since when it is complete', () => {
  const departed = new DepartedFlows(0);
  const half = 131_072;
  for (let n = 1; n <= half; n++) departed.add(n, 10);
  for (let n = 1; n <= half; n++) departed.add(half + n, 20);
  expect(departed.has(1)).toBe(true);
  expect(departed.knownSince).toBe(0);
  departed.add(-1, 30);
  expect([departed.has(1), departed.has(half + 1), departed.has(-1)]).toEqual([false, true, true]);
  expect(departed.knownSince).toBe(20);
});
