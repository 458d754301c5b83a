import { describe, expect, it } from 'vitest';
import { TrackingAge } from '../../src/exporter/tracking-age.ts';

describe('the age of tracking', () => {
  it('covers what began half a minute after the agent did, but nothing before', () => {
    const age = new TrackingAge();
    age.watchedFrom(1_000);
    expect([30_999, 31_000].map((beganMs) => age.covers(beganMs))).toEqual([false, true]);
  });

  it('reaches back to the oldest connection that the kernel shows', () => {
    const age = new TrackingAge();
    age.watchedFrom(500_000);
    age.startedAt(Number.NaN);
    for (const startMs of [90_000, 60_000, 80_000]) age.startedAt(startMs);
    expect([89_999, 90_000].map((beganMs) => age.covers(beganMs))).toEqual([false, true]);
  });

  it('begins anew after a gap, although older connections are shown then', () => {
    const age = new TrackingAge();
    age.watchedFrom(0);
    age.brokenUntil(200_000);
    age.startedAt(10_000);
    expect([229_999, 230_000].map((beganMs) => age.covers(beganMs))).toEqual([false, true]);
  });

  it('is that of another namespace once the agent watches that', () => {
    const age = new TrackingAge();
    age.watchedFrom(0);
    age.brokenUntil(200_000);
    age.watchedFrom(300_000);
    age.startedAt(100_000);
    expect([129_999, 130_000].map((beganMs) => age.covers(beganMs))).toEqual([false, true]);
  });

  it('covers nothing before the agent watches', () => {
    expect(new TrackingAge().covers(1e12)).toBe(false);
  });
});
