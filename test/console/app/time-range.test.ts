import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  instantsOf,
  rangeText,
  readTimeRange,
  shiftRange,
  spanOf,
  spanText,
  widenRange,
  zoneText,
  zoomedRange,
} from '../../../src/console/app/time/time-range.ts';

const zoneBefore = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (zoneBefore === undefined) delete process.env.TZ;
  else process.env.TZ = zoneBefore;
});

const now = Date.parse('2026-03-30T12:00:00+02:00');
const HOUR_MS = 3_600_000;

describe('a time range of the console', () => {
  it.each([
    ['90m', { from: '90m', to: 'now' }],
    ['last 2 hours', { from: '2h', to: 'now' }],
    ['Last 1 Day', { from: '1d', to: 'now' }],
    ['today', { from: '2026-03-29T22:00:00Z', to: 'now' }],
    ['10:00 - 11:30', { from: '2026-03-30T08:00:00Z', to: '2026-03-30T09:30:00Z' }],
    ['10:00 – now', { from: '2026-03-30T08:00:00Z', to: 'now' }],
    ['2026-01-31', { from: '2026-01-30T23:00:00Z', to: '2026-01-31T23:00:00Z' }],
    ['2026-01-31 10:00 - 11:00', { from: '2026-01-31T09:00:00Z', to: '2026-01-31T10:00:00Z' }],
    ['2026-01-31 10:00 to 2026-02-01 9:00', { from: '2026-01-31T09:00:00Z', to: '2026-02-01T08:00:00Z' }],
    [
      '2026-01-31T09:00:00Z - 2026-01-31T10:00:00Z',
      { from: '2026-01-31T09:00:00Z', to: '2026-01-31T10:00:00Z' },
    ],
  ])('is read from text in the zone of the reader: %s', (text, range) => {
    expect(readTimeRange(text, now)).toEqual(range);
  });

  it('of a day on which the clocks change has 23 hours', () => {
    const { fromMs, toMs } = instantsOf(readTimeRange('yesterday', now)!, now)!;
    expect(toMs - fromMs).toBe(23 * HOUR_MS);
  });

  it.each(['', 'soon', '0m', '11:00 - 10:00', '2027-01-01', '10:00', '1h - 2h - 3h', '5 parsecs'])(
    'is not read from other text: %s',
    (text) => {
      expect(readTimeRange(text, now)).toBeUndefined();
    },
  );

  it('is read back from its own text', () => {
    for (const range of [
      { from: '6h', to: 'now' },
      { from: '1d', to: 'now' },
      { from: '2026-03-29T22:00:00Z', to: '2026-03-30T03:00:10Z' },
      { from: '2026-03-27T22:00:00Z', to: '2026-03-30T03:00:00Z' },
      { from: '2026-03-27T22:00:00Z', to: 'now' },
    ])
      expect(readTimeRange(rangeText(range, now), now)).toEqual(range);
  });

  it('moves by its own length, and follows the present again when it reaches it', () => {
    const earlier = shiftRange({ from: '1h', to: 'now' }, -1, now);
    expect(earlier).toEqual({ from: '2026-03-30T08:00:00Z', to: '2026-03-30T09:00:00Z' });
    expect(shiftRange(earlier, 1, now)).toEqual({ from: '1h', to: 'now' });
  });

  it('widens to twice its length around the same centre, but not into the future', () => {
    expect(widenRange({ from: '6h', to: 'now' }, now)).toEqual({ from: '12h', to: 'now' });
    expect(widenRange({ from: '2026-03-30T06:00:00Z', to: '2026-03-30T08:00:00Z' }, now)).toEqual({
      from: '2026-03-30T05:00:00Z',
      to: '2026-03-30T09:00:00Z',
    });
    expect(widenRange({ from: '2026-03-30T06:00:00Z', to: '2026-03-30T09:30:00Z' }, now)).toEqual({
      from: '7h',
      to: 'now',
    });
  });

  it('that is marked in a picture has a minute at least, whichever side was first', () => {
    expect(zoomedRange(now, now - 10_400)).toEqual({
      from: '2026-03-30T09:59:49Z',
      to: '2026-03-30T10:00:49Z',
    });
  });

  it('that is long begins and ends with a minute, hour, four hours or day when it is marked or moved', () => {
    const ago = (hours: number) => now - hours * HOUR_MS - 1_234;
    expect(zoomedRange(ago(30), ago(2))).toEqual({
      from: '2026-03-29T03:59:00Z',
      to: '2026-03-30T08:00:00Z',
    });
    expect(zoomedRange(ago(20 * 24), ago(24))).toEqual({
      from: '2026-03-10T08:00:00Z',
      to: '2026-03-29T12:00:00Z',
    });
    const month = { from: '30d', to: 'now' };
    const earlier = shiftRange(month, -1, now + 1_234);
    expect(earlier).toEqual({ from: '2026-01-29T08:00:00Z', to: '2026-02-28T08:00:00Z' });
    expect(shiftRange(earlier, 1, now + 1_234)).toEqual(month);
    expect(widenRange(earlier, now)).toEqual({ from: '2026-01-14T08:00:00Z', to: '2026-03-15T08:00:00Z' });
  });

  it('without a length or with a text that is no time has no instants', () => {
    expect(instantsOf({ from: 'soon', to: 'now' }, now)).toBeUndefined();
    expect(instantsOf({ from: '2027-01-01T00:00:00Z', to: 'now' }, now)).toBeUndefined();
  });

  it('names the zone, with its difference from UTC at that time', () => {
    expect(zoneText(now)).toBe('Europe/Berlin, UTC+02:00');
  });
});

describe('a span', () => {
  it('is the shortest text, which is read back', () => {
    const spans = [30_000, 60_000, 90 * 60_000, 48 * HOUR_MS, 36 * HOUR_MS];
    expect(spans.map(spanText)).toEqual(['30s', '1m', '90m', '2d', '36h']);
    expect(spans.map((span) => spanOf(spanText(span)))).toEqual(spans);
  });
});
