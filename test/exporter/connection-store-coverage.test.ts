import { describe, expect, it } from 'vitest';
import { StoreUnderTest } from '../support/store-under-test.ts';

const OFFLOADED = 1 << 14;
const ESTABLISHED = 3;
const udp = { id: 2, protocol: 17, startMs: 5_000, counters: [3, 300, 3, 300] } as const;

describe("the store's count of packets", () => {
  it('contains the packets since its start, also of connections that a filter leaves out', () => {
    const test = new StoreUnderTest({ filter: { protocols: [6] } });
    test.store.watchBegins(test.clock.monotonic());
    const older = { id: 1, startMs: test.now - 1_000 };
    test.dump({ ...older, counters: [1_000, 1_000, 1_000, 1_000] });
    expect(test.store.countedPackets).toBe(0);
    test.dump({ ...older, counters: [1_002, 2_000, 1_001, 2_000] }, { ...udp, startMs: test.now });
    expect(test.store.countedPackets).toBe(3 + 6);
    const end = { ...udp, startMs: test.now, counters: [5, 500, 5, 500] } as const;
    test.tell({ kind: 'destroy', ...end });
    expect(test.store.countedPackets).toBe(3 + 10);
  });

  it('continues when somebody sets the kernel counters to zero', () => {
    const test = new StoreUnderTest({ filter: { protocols: [6] } });
    test.tell({ kind: 'new', id: 2, protocol: 17, startMs: 5_000 });
    test.dump(udp);
    test.dump({ ...udp, counters: [1, 100, 1, 100] });
    expect(test.store.countedPackets).toBe(8);
    expect(test.records()).toEqual([]);
  });

  it('counts a sign for each event and each counter that grows, and for nothing else', () => {
    const test = new StoreUnderTest({ filter: { protocols: [6] } });
    const changes = (act: () => void) => {
      const before = test.store.signs;
      act();
      return test.store.signs !== before;
    };
    expect(changes(() => test.tell({ kind: 'new', ...udp }))).toBe(true);
    expect(changes(() => test.dump(udp))).toBe(true);
    expect(changes(() => test.dump(udp))).toBe(false);
    expect(changes(() => test.dump({ ...udp, counters: [4, 400, 3, 300] }))).toBe(true);
    expect(changes(() => test.tell({ kind: 'update', id: 2, protocol: 17, startMs: 5_000 }))).toBe(true);
    expect(changes(() => test.tell({ kind: 'destroy', id: 2, protocol: 17, startMs: 5_000 }))).toBe(true);
    expect(changes(() => test.dump())).toBe(false);
  });

  it("counts a sign without counters when the kernel extends a connection's timeout", () => {
    const test = new StoreUnderTest();
    test.dump({ id: 1, timeoutSeconds: 30 });
    const before = test.store.signs;
    test.clock.advance(5_000);
    test.dump({ id: 1, timeoutSeconds: 25 });
    expect(test.store.signs).toBe(before);
    test.clock.advance(5_000);
    test.dump({ id: 1, timeoutSeconds: 30 });
    expect(test.store.signs).not.toBe(before);
  });
});

describe('a connection that a flow table has offloaded', () => {
  const offloaded = {
    id: 1,
    tcpState: ESTABLISHED,
    status: OFFLOADED,
    counters: [12, 5_000, 10, 9_000],
  } as const;

  it('is not idle while its counters are constant, and counts once as offloaded', () => {
    const test = new StoreUnderTest();
    test.tell({ kind: 'new', id: 1, tcpState: ESTABLISHED, startMs: test.now });
    const startMs = test.now;
    const reasons: (number | undefined)[] = [];
    for (let second = 5; second <= 300; second += 5) {
      test.clock.advance(5_000);
      test.dump({ ...offloaded, startMs });
      reasons.push(...test.records().map(({ flowEndReason }) => flowEndReason));
    }
    expect(reasons).toEqual([2]);
    expect(test.account().events).toEqual({ offloaded: 1 });
  });

  it('has records that say that their counters are partial, and others do not', () => {
    const test = new StoreUnderTest();
    test.dump(offloaded, udp);
    test.clock.advance(60_000);
    const marks = test.records().map(({ partialCounters }) => partialCounters);
    expect(marks).toEqual(['offloaded', undefined]);
  });

  it('can become idle again after the flow table has returned it', () => {
    const test = new StoreUnderTest();
    test.dump(offloaded);
    test.clock.advance(20_000);
    test.dump({ ...offloaded, status: 0 });
    expect(test.records()).toMatchObject([{ flowEndReason: 1, octetTotalCount: 5_000 }]);
  });
});
