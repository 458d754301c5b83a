import { describe, expect, it } from 'vitest';
import { StoreUnderTest } from '../support/store-under-test.ts';

const HOUR = 3_600_000;
const ESTABLISHED = 3;
const TIME_WAIT = 7;
const CLOSE = 8;
const UDP = 17;
const refused = { tcpState: CLOSE, counters: [3, 180, 1, 40] } as const;

/** Counters of `n` packets of 100 octets each way. */
const counted = (n: number) => [n, n * 100, n, n * 100] as const;

describe("when the host's clock is set", () => {
  it.each([HOUR, -HOUR, 300_000, -60_000])(
    'by %i ms, records continue, with the new times and correct durations',
    (byMs) => {
      const test = new StoreUnderTest();
      const startMs = test.now;
      for (let second = 0; second <= 60; second += 5) {
        test.dump({ tcpState: ESTABLISHED, startMs, counters: counted(second + 1), idleMs: 0 });
        if (second === 20) test.clock.set(byMs);
        if (second < 60) test.clock.advance(5_000);
      }
      expect(test.records()).toMatchObject([
        {
          flowEndReason: 2,
          flowStartMilliseconds: startMs + byMs,
          flowEndMilliseconds: startMs + byMs + 60_000,
        },
      ]);
      const stopMs = test.now + 2_000;
      test.clock.advance(3_000);
      test.tell({ kind: 'destroy', protocol: 6, startMs, stopMs, counters: counted(62) });
      expect(test.records()).toMatchObject([
        { flowEndReason: 3, flowStartMilliseconds: startMs + byMs, flowEndMilliseconds: stopMs },
      ]);
      expect(test.account()).toMatchObject({ sent: 1, held: 0 });
    },
  );

  it('a connection with a start in the future began when it was seen', () => {
    const test = new StoreUnderTest();
    test.dump({ startMs: test.now - 60_000, id: 2, counters: counted(1) });
    test.dump({ startMs: test.now + HOUR, counters: counted(1) });
    const [, late] = test.finish();
    expect(late).toMatchObject({ flowStartMilliseconds: test.now, flowEndMilliseconds: test.now });
  });
});

describe('the end time of a flow', () => {
  it('is between the last event and the dump, when the dump shows a state whose event comes later', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.tell({ kind: 'new', tcpState: 1, timeMs: startMs });
    test.clock.advance(50);
    test.tell({ kind: 'update', tcpState: ESTABLISHED, timeMs: startMs + 50 });
    test.clock.advance(300);
    test.dump({ tcpState: TIME_WAIT, startMs, counters: counted(5), idleMs: 1_000 });
    test.tell({ kind: 'update', tcpState: TIME_WAIT, timeMs: startMs + 300 });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, flowEndMilliseconds: startMs + 200 }]);
  });

  it('of a connection that a dump shows first, just after its end, is after its begin', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.clock.advance(350);
    test.dump({ tcpState: TIME_WAIT, startMs, counters: counted(5), idleMs: 1_000 });
    expect(test.records()).toMatchObject([
      { flowEndReason: 3, flowStartMilliseconds: startMs, flowEndMilliseconds: startMs + 175 },
    ]);
  });

  it('is the time of the event that closed it, for TCP, and stays so', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.tell({ kind: 'new', tcpState: 1, timeMs: startMs });
    test.clock.advance(40);
    test.tell({ kind: 'update', tcpState: TIME_WAIT, timeMs: startMs + 2 });
    test.clock.advance(4_000);
    test.dump({ tcpState: TIME_WAIT, startMs, counters: counted(5), idleMs: 4_500 });
    expect(test.records()).toMatchObject([
      { flowEndReason: 3, flowStartMilliseconds: startMs, flowEndMilliseconds: startMs + 2 },
    ]);
    test.clock.advance(120_000);
    test.tell({
      kind: 'destroy',
      tcpState: TIME_WAIT,
      startMs,
      stopMs: test.now,
      idleMs: 120_000,
      counters: counted(5),
    });
    expect(test.records()).toEqual([]);
  });

  it('is the time of the event that closed it, when the kernel wrote the row of a dump before', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.tell({ kind: 'new', tcpState: 1, timeMs: startMs });
    test.tell({ kind: 'update', tcpState: ESTABLISHED, timeMs: startMs + 1 });
    test.clock.advance(300);
    test.tell({ kind: 'update', tcpState: TIME_WAIT, timeMs: startMs + 290 });
    const older = { tcpState: ESTABLISHED, startMs, timeMs: startMs + 280 } as const;
    test.dump({ ...older, counters: counted(4), idleMs: 1_000 });
    expect(test.records()).toEqual([]);
    test.clock.advance(3_000);
    test.dump({ tcpState: TIME_WAIT, startMs, counters: counted(5), idleMs: 3_500 });
    expect(test.records()).toMatchObject([
      { flowEndReason: 3, flowEndMilliseconds: startMs + 290, packetTotalCount: 5 },
    ]);
  });

  it('comes with all counted packets when the agent stops after such a row', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.tell({ kind: 'new', tcpState: 1, timeMs: startMs });
    test.clock.advance(300);
    test.tell({ kind: 'update', tcpState: TIME_WAIT, timeMs: startMs + 290 });
    test.dump({ tcpState: ESTABLISHED, startMs, timeMs: startMs + 280, counters: counted(4), idleMs: 1_000 });
    expect(test.finish()).toMatchObject([
      { flowEndReason: 3, flowEndMilliseconds: startMs + 290, packetTotalCount: 4 },
    ]);
  });

  it('is the time of the reset for refused TCP, which the kernel forgets at once', () => {
    const test = new StoreUnderTest();
    const startMs = test.now - 30_000;
    test.tell({ kind: 'new', tcpState: 1, timeMs: startMs });
    const stopMs = test.now;
    test.tell({ kind: 'destroy', startMs, stopMs, idleMs: 10_000, ...refused });
    expect(test.records()).toMatchObject([{ flowEndMilliseconds: stopMs }]);
  });

  it('is one timeout before the kernel forgets it, for UDP', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.tell({ kind: 'new', protocol: UDP, timeMs: startMs });
    test.clock.advance(37_000);
    const ended = { protocol: UDP, startMs, stopMs: startMs + 35_500, idleMs: 30_000 };
    test.tell({ kind: 'destroy', ...ended, counters: counted(2) });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, flowEndMilliseconds: startMs + 5_500 }]);
  });

  it('is the time of the last event for UDP, if that was the last packet', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.clock.advance(37_000);
    test.tell({ kind: 'new', protocol: UDP, timeMs: startMs });
    test.tell({ kind: 'update', protocol: UDP, timeMs: startMs + 2.5 });
    const ended = { protocol: UDP, startMs, stopMs: startMs + 30_000, idleMs: 30_000 };
    test.tell({ kind: 'destroy', ...ended, counters: counted(1) });
    expect(test.records()).toMatchObject([{ flowEndMilliseconds: startMs + 2.5 }]);
  });

  it('is the deletion or the last known packet when another program deletes the connection', () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.dump({ protocol: UDP, startMs, counters: counted(1), idleMs: 0 });
    test.dump({ protocol: UDP, startMs, id: 2, counters: counted(1), idleMs: 0 });
    test.clock.advance(5_000);
    const deleted = { protocol: UDP, startMs, stopMs: test.now, idleMs: 30_000 };
    test.tell({ kind: 'destroy', ...deleted, counters: counted(4) });
    test.tell({ kind: 'destroy', ...deleted, id: 2, counters: counted(1) });
    expect(test.records()).toMatchObject([
      { flowEndMilliseconds: startMs + 5_000 },
      { flowEndMilliseconds: startMs },
    ]);
  });

  it('follows from the remaining timeout, to a second, for a connection found at the start', () => {
    const test = new StoreUnderTest();
    const startMs = test.now - HOUR;
    test.dump({ tcpState: ESTABLISHED, startMs, counters: counted(5), idleMs: 600_000 });
    const [record] = test.finish();
    expect(test.now - Number(record!.flowEndMilliseconds)).toBeGreaterThanOrEqual(599_000);
    expect(test.now - Number(record!.flowEndMilliseconds)).toBeLessThanOrEqual(600_000);
  });

  it('follows from the remaining timeout, to a second, without events', () => {
    const test = new StoreUnderTest({ events: false });
    const startMs = test.now;
    test.dump({ protocol: UDP, startMs, counters: counted(1), idleMs: 0 });
    test.clock.advance(5_000);
    test.dump({ protocol: UDP, startMs, counters: counted(2), idleMs: 4_000 });
    test.clock.advance(5_000);
    test.dump();
    const [record] = test.records();
    expect(Math.abs(Number(record!.flowEndMilliseconds) - startMs - 1_500)).toBeLessThanOrEqual(500);
  });
});

describe('a reset', () => {
  const startAndReset = () => {
    const test = new StoreUnderTest();
    const startMs = test.now;
    test.dump({ tcpState: ESTABLISHED, startMs, counters: counted(5), idleMs: 0 });
    test.clock.advance(1_000);
    test.tell({ kind: 'update', tcpState: CLOSE, timeMs: test.now });
    return { test, startMs, resetMs: test.now };
  };

  it('ends the connection when it has been quiet for two seconds, at the time of the reset', () => {
    const { test, startMs, resetMs } = startAndReset();
    test.clock.advance(1_500);
    test.dump({ tcpState: CLOSE, startMs, counters: counted(6), idleMs: 2_000 });
    expect(test.records()).toEqual([]);
    test.clock.advance(1_500);
    test.dump({ tcpState: CLOSE, startMs, counters: counted(6), idleMs: 3_000 });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, flowEndMilliseconds: resetMs }]);
  });

  it('ends nothing if it did not arrive: the flow continues while packets come', () => {
    const { test, startMs } = startAndReset();
    for (let n = 0; n < 12; n++) {
      test.clock.advance(5_000);
      test.dump({ tcpState: CLOSE, startMs, counters: counted(10 + n), idleMs: 1_000 });
    }
    expect(test.records()).toMatchObject([{ flowEndReason: 2, octetTotalCount: 2_100 }]);
    test.clock.advance(5_000);
    test.dump({ tcpState: CLOSE, startMs, counters: counted(21), idleMs: 6_000 });
    expect(test.records()).toMatchObject([{ flowEndReason: 3 }]);
  });
});
