import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SystemClock, systemClock, type TimeSource } from '../../src/runtime/index.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;

/** A host that has run for a minute, whose clock a test sets and which it suspends. */
class Host implements TimeSource {
  runningMs = 60_000;
  suspendedMs = 0;
  wallMs = NOON + 0.25;
  readonly wall = (): number => Math.floor(this.wallMs);
  readonly running = (): number => this.runningMs;
  readonly sinceBoot = (): number => Math.floor((this.runningMs + this.suspendedMs) / 10) * 10;
  readonly difference = NOON + 0.25 - 60_000;

  pass(ms: number): void {
    this.runningMs += ms;
    this.wallMs += ms;
  }

  /** @param errorMs by which the hardware's clock is wrong about it */
  suspend(ms: number, errorMs = 0): void {
    this.suspendedMs += ms;
    this.wallMs += ms + errorMs;
  }
}

describe('the clock of a host', () => {
  it('shows two times that run alike, the wall time with a fraction', () => {
    const host = new Host();
    const clock = new SystemClock(host);
    for (let n = 0; n < 1_000; n++) {
      host.pass(0.7);
      expect(clock.now() - clock.monotonic()).toBe(clock.wallAt(0));
    }
    expect(clock.now()).toBeCloseTo(NOON + 700.25, 3);
    expect(clock.wallAt(0)).toBe(host.difference);
  });

  it.each([
    ['hours ahead', 2 * HOUR],
    ['hours back', -2 * HOUR],
    ['minutes back', -180_000],
    ['a tenth of a second ahead', 100],
    ['from 1970 to the present', NOON],
  ])('follows a wall clock that is set %s, while the monotonic one runs on', (_, byMs) => {
    const host = new Host();
    const clock = new SystemClock(host);
    const before = clock.monotonic();
    host.pass(1_000);
    host.wallMs += byMs;
    expect(clock.monotonic() - before).toBe(1_000);
    expect(Math.abs(clock.now() - host.wallMs)).toBeLessThanOrEqual(1);
    expect(Math.abs(clock.wallAt(before) - (host.wallMs - 1_000))).toBeLessThanOrEqual(1);
    host.pass(1_000);
    expect(clock.monotonic() - before).toBe(2_000);
  });

  it('advances by the time of a suspension, and keeps earlier moments', () => {
    const host = new Host();
    const clock = new SystemClock(host);
    const before = clock.monotonic();
    const told = clock.wallAt(before);
    host.suspend(3 * HOUR, 700);
    expect(clock.monotonic() - before).toBeCloseTo(3 * HOUR + 700, -1);
    expect(clock.wallAt(before)).toBe(told);
  });

  it('distinguishes a suspension from a clock change after it', () => {
    const host = new Host();
    const clock = new SystemClock(host);
    const before = clock.monotonic();
    host.suspend(HOUR);
    host.wallMs -= 2 * HOUR;
    expect(clock.monotonic() - before).toBe(HOUR);
    expect(Math.abs(clock.now() - host.wallMs)).toBeLessThanOrEqual(1);
  });

  it('does not mistake a thread that waits between two readings for a step', () => {
    const host = new Host();
    const wall = () => {
      host.pass(300);
      return host.wall();
    };
    const clock = new SystemClock({ ...host, wall, difference: host.difference });
    for (let n = 0; n < 10; n++) clock.now();
    expect(clock.wallAt(0)).toBe(host.difference);
  });
});

describe('the clock of this host', () => {
  it('agrees with the system', () => {
    const before = Date.now();
    const now = systemClock.now();
    expect(now).toBeGreaterThanOrEqual(before - 3);
    expect(now).toBeLessThanOrEqual(Date.now() + 3);
    expect(systemClock.wallAt(systemClock.monotonic())).toBeGreaterThanOrEqual(now);
  });
});

it.each(['after', 'every'] as const)('a timer of months does not call back at once (%s)', async (kind) => {
  let calls = 0;
  const cancel = systemClock[kind](100 * 24 * HOUR, () => calls++);
  const turns = Promise.withResolvers<void>();
  setTimeout(() => turns.resolve(), 30);
  await turns.promise;
  cancel();
  expect(calls).toBe(0);
});

it('a timer of months calls back when they are over', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let once = 0;
  let often = 0;
  systemClock.after(100 * 24 * HOUR, () => once++);
  const cancel = systemClock.every(100 * 24 * HOUR, () => often++);
  vi.advanceTimersByTime(100 * 24 * HOUR - 1);
  expect([once, often]).toEqual([0, 0]);
  vi.advanceTimersByTime(1);
  expect([once, often]).toEqual([1, 1]);
  vi.advanceTimersByTime(100 * 24 * HOUR);
  expect([once, often]).toEqual([1, 2]);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});
