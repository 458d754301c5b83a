import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/runtime/index.ts';

describe('a duration', () => {
  it.each([
    ['5s', 5_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['10us', 0.01],
    ['3µs', 0.003],
    ['1h2m3s4ms', 3_723_004],
    ['.5s', 500],
    ['0', 0],
    ['0s', 0],
  ])('is read as Go writes it: %s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBeCloseTo(durationMs, 9);
  });

  it.each(['', '5', '5 s', '-5s', '5S', 's', '1d', '1m30', '1.2.3s', '5s!'])('is not "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
