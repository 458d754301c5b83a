import { describe, expect, it } from 'vitest';
import { StoreUnderTest, type StoreUnderTestOptions } from '../support/store-under-test.ts';

const before = [10, 1_000, 8, 900] as const;
const later = [12, 1_300, 9, 960] as const;

/** A store of an agent that was started at 5000. */
function startedAt5000(options: StoreUnderTestOptions = {}): StoreUnderTest {
  const test = new StoreUnderTest(options);
  test.store.watchBegins(5_000 - test.clock.wallAt(0));
  return test;
}

describe('a connection that began before the agent', () => {
  it('has its whole totals, and deltas of its later growth only', () => {
    const test = startedAt5000();
    test.dump({ startMs: 1_000, counters: before });
    test.clock.advance(60_000);
    const [first] = test.records();
    expect(first).toMatchObject({
      flowStartMilliseconds: 1_000,
      octetTotalCount: 1_000,
      octetDeltaCount: 0,
      packetDeltaCount: 0,
      reverseOctetTotalCount: 900,
      reverseOctetDeltaCount: 0,
    });
    test.dump({ startMs: 1_000, counters: later });
    test.clock.advance(60_000);
    expect(test.records()).toMatchObject([
      { octetTotalCount: 1_300, octetDeltaCount: 300, packetDeltaCount: 2, reverseOctetDeltaCount: 60 },
    ]);
    expect(test.account().events).toEqual({ 'octets before the agent': 1_900 });
  });

  it('counts its growth before its first record', () => {
    const test = startedAt5000();
    test.dump({ startMs: 1_000, counters: before });
    test.tell({ kind: 'destroy', startMs: 1_000, stopMs: 6_000, counters: later });
    expect(test.records()).toMatchObject([
      { flowEndReason: 3, octetTotalCount: 1_300, octetDeltaCount: 300, reversePacketDeltaCount: 1 },
    ]);
  });

  it('counts nothing when only its end is seen, even with a full table', () => {
    for (const capacity of [16, 1]) {
      const test = startedAt5000({ capacity });
      test.dump({ id: 9, startMs: 6_000, counters: [1, 60, 0, 0] });
      test.tell({ kind: 'destroy', startMs: 1_000, stopMs: 6_000, counters: before });
      const ended = test.records().filter(({ flowEndReason }) => flowEndReason === 3);
      expect(ended).toMatchObject([
        { octetTotalCount: 1_000, octetDeltaCount: 0, reverseOctetDeltaCount: 0 },
      ]);
      expect(test.account().events).toMatchObject({ 'octets before the agent': 1_900 });
    }
  });

  it('has no start if the kernel records none, so each life of the agent reports the same flow', () => {
    const lives = [startedAt5000(), startedAt5000()];
    const records = lives.flatMap((test, life) => {
      test.clock.advance(life * 10_000);
      test.dump({ counters: before });
      return test.finish();
    });
    expect(records).toMatchObject([{ octetDeltaCount: 0 }, { octetDeltaCount: 0 }]);
    for (const record of records) expect(record).not.toHaveProperty('flowStartMilliseconds');
  });

  it('is recognised by the first dump, after any earlier events', () => {
    const test = startedAt5000();
    test.tell({ kind: 'update', tcpState: 3 });
    test.dump({ startMs: 1_000, counters: before });
    expect(test.finish()).toMatchObject([{ flowStartMilliseconds: 1_000, octetDeltaCount: 0 }]);
  });
});

describe('a connection that began after the agent', () => {
  it('counts whole, by its start or by the event of its beginning', () => {
    const byStart = startedAt5000();
    byStart.dump({ startMs: 5_000, counters: before });
    const byEvent = startedAt5000();
    byEvent.tell({ kind: 'new' });
    byEvent.dump({ counters: before });
    for (const test of [byStart, byEvent]) {
      expect(test.finish()).toMatchObject([{ octetDeltaCount: 1_000, reverseOctetDeltaCount: 900 }]);
      expect(test.account().events).toEqual({});
    }
  });

  it('counts everything if its event was missed and a dump shows its start', () => {
    const test = startedAt5000();
    test.tell({ kind: 'update', tcpState: 3 });
    test.dump({ startMs: 5_500, counters: before });
    expect(test.finish()).toMatchObject([{ flowStartMilliseconds: 5_500, octetDeltaCount: 1_000 }]);
  });
});
