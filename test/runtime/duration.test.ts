import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseDuration, parseSince } from '../../src/runtime/index.ts';

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

  it.each(['', '5', '5 s', '-5s', '5S', 's', '1d', '1m30', '1.2.3s', '5s!', `${'9'.repeat(400)}h`])(
    'is not "%s"',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('a moment in the past', () => {
  const now = Date.UTC(2026, 0, 31, 10);
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ['10m', now - 600_000],
    ['3d', now - 3 * 86_400_000],
    ['2026-01-31T09:00:00Z', now - 3_600_000],
    ['2026-01-31T10:00:00+01:00', now - 3_600_000],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
  ])('is a duration before now, or a time: %s', (text, expected) => {
    expect(parseSince(text, now)).toBe(expected);
  });

  it.each(['2026-01-31T09:00:00', '2026-01-31 09:00', '2026-01-31T09:00:00.000'])(
    'is in UTC if it names no zone, in any zone of the process: %s',
    (text) => {
      vi.stubEnv('TZ', 'America/New_York');
      expect(new Date(now).getHours()).toBe(5);
      expect(parseSince(text, now)).toBe(now - 3_600_000);
    },
  );

  it.each(['10', '2026', 'yesterday', '2026-13-45', 'Jan 5', ''])('is not %j', (text) => {
    expect(parseSince(text, now)).toBeUndefined();
  });
});
