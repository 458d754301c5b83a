import { describe, expect, it } from 'vitest';
import { StoreUnderTest } from '../support/store-under-test.ts';

const ESTABLISHED = 3;
const TIME_WAIT = 7;
const CLOSE = 8;

/** A connection of which every `n` more mean 100 more octets each way. */
const at = (test: StoreUnderTest, n: number) => ({
  id: 1,
  tcpState: ESTABLISHED,
  startMs: test.clock.now() - (test.clock.now() % 1_000_000_000),
  counters: [n, n * 100, n, n * 100] as [number, number, number, number],
});

/** Dumps each 5 s for so long and returns each record with the second in which it was made. */
function watch(test: StoreUnderTest, seconds: number, totals: (second: number) => number) {
  const startMs = test.now;
  const records: object[] = [];
  for (let second = 0; second <= seconds; second++) {
    if (second % 5 === 0) test.dump({ ...at(test, totals(second)), startMs });
    for (const { flowEndReason, octetDeltaCount, octetTotalCount } of test.records()) {
      records.push({ second, flowEndReason, octetDeltaCount, octetTotalCount });
    }
    test.clock.advance(1_000);
  }
  return records;
}

describe('a flow that continues', () => {
  it('is recorded at each active timeout with its growth since', () => {
    expect(watch(new StoreUnderTest(), 125, (second) => second + 1)).toEqual([
      { second: 60, flowEndReason: 2, octetDeltaCount: 6_100, octetTotalCount: 6_100 },
      { second: 120, flowEndReason: 2, octetDeltaCount: 6_000, octetTotalCount: 12_100 },
    ]);
  });

  it('goes by another active timeout from its next packet on, and by another idle timeout at once', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    const dump = (n: number) => {
      test.dump({ ...at(test, n), startMs });
      test.clock.advance(5_000);
      return test.records();
    };
    expect([...dump(1), ...dump(2)]).toEqual([]);
    test.schedule.timeouts = { activeTimeoutMs: 10_000, idleTimeoutMs: 10_000 };
    expect(dump(3)).toMatchObject([{ flowEndReason: 2, octetDeltaCount: 300 }]);
    expect(dump(4)).toEqual([]);
    expect(dump(4)).toMatchObject([{ flowEndReason: 2, octetDeltaCount: 100 }]);
    test.schedule.timeouts = { activeTimeoutMs: 600_000, idleTimeoutMs: 10_000 };
    expect(dump(5)).toEqual([]);
    expect(dump(5)).toEqual([]);
    expect(dump(5)).toMatchObject([{ flowEndReason: 1, octetDeltaCount: 100 }]);
  });

  it('is recorded at once when it began an active timeout ago, before the agent', () => {
    const test = new StoreUnderTest();
    test.dump({ ...at(test, 5), startMs: test.now - 3_600_000 });
    expect(test.records()).toMatchObject([{ flowEndReason: 2, octetDeltaCount: 500 }]);
  });

  it('waits for its first counters when only an event has reported it', () => {
    const test = new StoreUnderTest();
    test.tell({ kind: 'new', id: 1 });
    test.clock.advance(70_000);
    expect(test.records()).toEqual([]);
    test.dump({ ...at(test, 5), startMs: test.now - 70_000 });
    expect(test.records()).toMatchObject([{ flowEndReason: 2, octetDeltaCount: 500 }]);
  });
});

describe('an event that is read after a dump that already counted its packet', () => {
  it('makes no further record', () => {
    const test = new StoreUnderTest();
    const startMs = test.now - 60_000;
    test.dump({ ...at(test, 5), startMs });
    expect(test.records()).toHaveLength(1);
    test.tell({ kind: 'update', id: 1, tcpState: ESTABLISHED });
    test.clock.advance(60_000);
    expect(test.records()).toEqual([]);
    test.dump({ ...at(test, 6), startMs });
    test.clock.advance(60_000);
    expect(test.records()).toMatchObject([{ octetDeltaCount: 100 }]);
  });
});

describe('a flow without packets', () => {
  it('is recorded as idle when dumps find none for the idle timeout, and then makes no record', () => {
    expect(watch(new StoreUnderTest(), 600, () => 3)).toEqual([
      { second: 15, flowEndReason: 1, octetDeltaCount: 300, octetTotalCount: 300 },
    ]);
  });

  it('becomes idle without a record when everything is reported', () => {
    expect(watch(new StoreUnderTest(), 600, (second) => Math.min(second, 60))).toEqual([
      { second: 60, flowEndReason: 2, octetDeltaCount: 6_000, octetTotalCount: 6_000 },
    ]);
  });

  it('is recorded again with its next packet, which starts its active timeout', () => {
    const packets = (second: number) => (second < 300 ? 1 : 1 + (second - 295) / 5);
    expect(watch(new StoreUnderTest(), 365, packets)).toEqual([
      { second: 15, flowEndReason: 1, octetDeltaCount: 100, octetTotalCount: 100 },
      { second: 360, flowEndReason: 2, octetDeltaCount: 1_300, octetTotalCount: 1_400 },
    ]);
  });

  it('contains the time of its last packet', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    watch(test, 20, (second) => Math.min(second, 5));
    const [record] = test.finish();
    expect(record).toBeUndefined();
    const again = new StoreUnderTest();
    for (let second = 0; second <= 10; second += 5) {
      again.dump({ ...at(again, Math.min(second, 5)), startMs });
      again.clock.advance(5_000);
    }
    expect(again.finish()).toMatchObject([
      { flowStartMilliseconds: startMs, flowEndMilliseconds: startMs + 5_000 },
    ]);
  });

  it('is alive while the kernel extends its timeout, if the kernel does not count its packets', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    const reasons: unknown[] = [];
    for (let second = 0; second <= 90; second += 5) {
      const timeoutSeconds = second <= 60 ? 30 : 30 - (second - 60);
      test.dump({ id: 1, protocol: 17, startMs, timeoutSeconds });
      reasons.push(...test.records().map((record) => [second, record.flowEndReason]));
      test.clock.advance(5_000);
    }
    expect(reasons).toEqual([[60, 2]]);
  });
});

describe('a TCP connection that closes', () => {
  it.each([TIME_WAIT, CLOSE])('has ended in state %i as soon as a dump contains its counters', (tcpState) => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.dump({ ...at(test, 2), startMs });
    test.tell({ kind: 'update', id: 1, tcpState });
    expect(test.records()).toEqual([]);
    test.clock.advance(4_000);
    test.dump({ ...at(test, 6), startMs, tcpState, idleMs: 4_000 });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 600 }]);
    test.dump({ ...at(test, 6), startMs, tcpState });
    test.tell({ kind: 'destroy', ...at(test, 6), startMs, tcpState });
    expect(test.records()).toEqual([]);
    expect(test.account()).toMatchObject({ sent: 1, held: 0 });
  });

  it('is not opened again by an event that is read after the dump', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.dump({ ...at(test, 6), startMs, tcpState: TIME_WAIT });
    expect(test.records()).toMatchObject([{ flowEndReason: 3 }]);
    test.tell({ kind: 'new', id: 1 }, { kind: 'update', id: 1, tcpState: ESTABLISHED });
    test.tell({ kind: 'update', id: 1, tcpState: TIME_WAIT });
    expect([...test.records(), ...test.finish()]).toEqual([]);
    expect(test.account()).toMatchObject({ received: 1, sent: 1, held: 0 });
  });

  it('makes one more record if the kernel has counted more when it forgets the connection', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.dump({ ...at(test, 6), startMs, tcpState: TIME_WAIT });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 600 }]);
    test.dump({ ...at(test, 7), startMs, tcpState: TIME_WAIT });
    expect(test.records()).toEqual([]);
    test.tell({ kind: 'destroy', ...at(test, 8), startMs, tcpState: TIME_WAIT });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 200, octetTotalCount: 800 }]);
  });

  it('had its last packet when it closed, not when the kernel forgot it', () => {
    const test = new StoreUnderTest();
    const closedMs = test.now + 10;
    test.tell({ kind: 'new', id: 1 });
    test.clock.advance(10);
    test.tell({ kind: 'update', id: 1, tcpState: TIME_WAIT });
    test.clock.advance(120_000);
    test.tell({
      kind: 'destroy',
      ...at(test, 6),
      tcpState: TIME_WAIT,
      startMs: closedMs - 10,
      stopMs: test.now,
    });
    expect(test.records()).toMatchObject([{ flowEndMilliseconds: closedMs, octetDeltaCount: 600 }]);
  });
});

describe('the last record of a flow', () => {
  it('has an end reason, even without a packet since the active record', () => {
    const test = new StoreUnderTest();
    const startMs = test.now - 60_000;
    test.dump({ ...at(test, 5), startMs });
    expect(test.records()).toMatchObject([{ flowEndReason: 2 }]);
    test.tell({ kind: 'destroy', ...at(test, 5), startMs });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 0, octetTotalCount: 500 }]);
  });

  it('is its idle record when nothing came after that', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    watch(test, 20, () => 3);
    test.tell({ kind: 'destroy', ...at(test, 3), startMs });
    expect(test.records()).toEqual([]);
    expect(test.account()).toMatchObject({ sent: 1, held: 0 });
  });

  it('is forced when the agent stops, and contains the rest', () => {
    const test = new StoreUnderTest();
    test.dump(
      { ...at(test, 5), startMs: test.now - 60_000 },
      { ...at(test, 3), id: 2, tcpState: CLOSE, idleMs: 3_000 },
    );
    test.records();
    test.dump({ ...at(test, 9), startMs: test.now - 60_000 });
    expect(test.finish()).toMatchObject([
      { flowId: 1, flowEndReason: 4, octetDeltaCount: 400, octetTotalCount: 900 },
    ]);
    expect(test.account()).toMatchObject({ received: 2, sent: 2, held: 0, closed: true });
    expect(test.account('agent')).toMatchObject({ received: 3, sent: 3, held: 0, closed: true });
  });
});

describe('many due records', () => {
  it('are written in steps of the budget', () => {
    const test = new StoreUnderTest({ capacity: 100 });
    for (let id = 1; id <= 10; id++) test.tell({ kind: 'destroy', ...at(test, 1), id });
    expect(test.recorder.expire(test.now, 4, false)).toBe(false);
    expect(test.account()).toMatchObject({ sent: 4, held: 6, closed: true });
    expect(test.recorder.expire(test.now, 4, false)).toBe(false);
    expect(test.recorder.expire(test.now, 4, false)).toBe(true);
    expect(test.account()).toMatchObject({ sent: 10, held: 0, closed: true });
  });
});
