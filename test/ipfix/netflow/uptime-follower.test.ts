import { describe, expect, it } from 'vitest';
import { UptimeFollower } from '../../../src/ipfix/netflow/index.ts';

const DAY_S = 86_400;

/** For each message, whether the exporter has restarted before it. */
function restarts(...messages: readonly (readonly [seconds: number, uptimeMs: number])[]): boolean[] {
  const follower = new UptimeFollower();
  return messages.map(([exportTimeSeconds, uptimeMs]) =>
    follower.hasRestarted({
      length: 20,
      exportTimeSeconds,
      sequenceNumber: 0,
      domain: 0,
      netflow: { version: 9, uptimeMs: uptimeMs % 2 ** 32, announcedRecords: 0, samplingInterval: 0 },
    }),
  );
}

describe('the uptime of an exporter', () => {
  it('reveals a restart once when it falls', () => {
    expect(restarts([1_000, 500_000], [1_060, 20_000], [1_061, 21_000])).toEqual([false, true, false]);
  });

  it('reveals no restart when it wraps, even after days of silence', () => {
    const wrapS = 2 ** 32 / 1000;
    const at = (seconds: number) => [seconds, seconds * 1000] as const;
    expect(restarts(at(wrapS - 5), at(wrapS + 5), at(2 * wrapS - 10), at(2 * wrapS + 3 * DAY_S))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('reveals no restart in a late message or the next one', () => {
    expect(restarts([1_000, 500_000], [1_060, 560_000], [1_030, 530_000], [1_061, 561_000])).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('reveals no restart when it is rounded or the clock is set', () => {
    expect(restarts([1_000, 500_900], [1_000, 500_100], [5_000, 501_000], [1_001, 502_000])).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
