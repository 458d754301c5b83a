import { describe, expect, it } from 'vitest';
import { RecentLines } from '../../../src/logs/push/recent-lines.ts';

describe('recently acknowledged lines', () => {
  const seconds = (count: number) => count * 1_000;

  it('are the lines of the moments before the newest one, and are returned once', () => {
    const recent = new RecentLines();
    for (let at = 1; at <= 20; at++) recent.add(at, seconds(at));
    expect(recent.take(seconds(100), seconds(2))).toBe(18 + 19 + 20);
    expect(recent.take(seconds(100), seconds(2))).toBe(0);
  });

  it('end at a given moment, so lines after a restart are not in doubt', () => {
    const recent = new RecentLines();
    for (let at = 1; at <= 10; at++) recent.add(at, seconds(at));
    expect(recent.take(seconds(6), seconds(1))).toBe(5 + 6);
    expect(recent.take(seconds(10), seconds(1))).toBe(9 + 10);
  });

  it('stay bounded', () => {
    const recent = new RecentLines();
    for (let at = 0; at < 3_600; at++) recent.add(1, seconds(at));
    expect(recent.take(seconds(3_600), seconds(10))).toBe(11);
    expect(recent.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(0);
  });
});
