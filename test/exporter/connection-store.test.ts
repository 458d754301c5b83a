import { describe, expect, it } from 'vitest';
import { plainTuple } from '../support/connection-rows.ts';
import { StoreUnderTest } from '../support/store-under-test.ts';

const TIME_WAIT = 7;
const ESTABLISHED = 3;
const one = { id: 1, tcpState: ESTABLISHED, counters: [10, 1_000, 8, 900] } as const;

/** Octets of both directions that the records tell, by delta. */
const octets = (records: readonly { octetDeltaCount?: number; reverseOctetDeltaCount?: number }[]) =>
  records.reduce((sum, r) => sum + (r.octetDeltaCount ?? 0) + (r.reverseOctetDeltaCount ?? 0), 0);

describe('a connection in the store', () => {
  it('is one connection, whether a dump or an event reports it first', () => {
    for (const dumpFirst of [true, false]) {
      const test = new StoreUnderTest();
      if (!dumpFirst) test.tell({ kind: 'new', id: 1 });
      test.dump({ ...one, startMs: test.now - 5 });
      if (dumpFirst) test.tell({ kind: 'new', id: 1 }, { kind: 'update', id: 1, tcpState: ESTABLISHED });
      expect(test.account()).toMatchObject({ received: 1, held: 1, closed: true });
    }
  });

  it('is a new one when its 5-tuple is used again, even if the end of the first was missed', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: 1_000 });
    test.dump({ ...one, id: 2, startMs: 9_000, counters: [1, 60, 0, 0] });
    test.dump({ ...one, id: 2, startMs: 9_000, counters: [1, 60, 0, 0] });
    const records = test.records();
    expect(records.filter((r) => r.flowId === 1)).toMatchObject([
      { flowEndReason: 3, octetTotalCount: 1_000 },
    ]);
    expect(test.account()).toMatchObject({
      received: 2,
      held: 2,
      events: { 'ended without final counters': 1 },
    });
  });

  it('is a new one when even the id is used again, because its start differs', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: 1_000 });
    test.dump({ ...one, startMs: 9_000, counters: [1, 60, 0, 0] });
    expect(test.account()).toMatchObject({ received: 2, held: 2 });
    test.tell({ kind: 'destroy', ...one, counters: [11, 1_100, 9, 999], startMs: 1_000, stopMs: 8_000 });
    expect(test.records().filter((r) => r.flowEndReason === 3)).toMatchObject([
      { flowStartMilliseconds: 1_000, octetTotalCount: 1_100, reverseOctetTotalCount: 999 },
    ]);
  });

  it('is a separate one for each identifier of a ping', () => {
    const test = new StoreUnderTest();
    const ping = (icmpId: number) => ({
      kind: 'new' as const,
      protocol: 1,
      id: icmpId,
      original: { source: '10.0.0.1', destination: '10.0.0.2', icmpId, icmpType: 8 },
    });
    test.tell(ping(7), ping(8), ping(7));
    expect(test.account()).toMatchObject({ received: 2, held: 2 });
  });

  it('is a separate one in each zone', () => {
    const test = new StoreUnderTest();
    test.tell({ kind: 'new', id: 1, zone: 1 }, { kind: 'new', id: 1, zone: 2 });
    expect(test.account()).toMatchObject({ received: 2 });
  });
});

describe('the end of a connection', () => {
  it('makes one complete record when the connection was never seen before', () => {
    const test = new StoreUnderTest();
    test.tell({
      kind: 'destroy',
      id: 5,
      tcpState: TIME_WAIT,
      counters: [6, 700, 5, 600],
      startMs: test.now - 80,
      stopMs: test.now - 1,
    });
    expect(test.records()).toMatchObject([
      {
        flowEndReason: 3,
        flowId: 5,
        flowStartMilliseconds: test.now - 80,
        flowEndMilliseconds: test.now - 1,
        octetDeltaCount: 700,
        octetTotalCount: 700,
        reversePacketDeltaCount: 5,
        tcpState: 'TIME_WAIT',
      },
    ]);
    expect(test.account()).toMatchObject({ received: 1, sent: 1, held: 0, closed: true });
  });

  it('is final for a dump that began before it', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: 1_000 });
    test.store.dumpBegins(test.now);
    test.tell({ kind: 'destroy', ...one, counters: [12, 1_200, 9, 950], startMs: 1_000, stopMs: 5_000 });
    expect(octets(test.records())).toBe(2_150);
    test.tell({ kind: 'dump', ...one, startMs: 1_000 });
    test.store.dumpEnds(true);
    expect(test.records()).toEqual([]);
    expect(test.account()).toMatchObject({ received: 1, sent: 1, held: 0, closed: true });
  });

  it('is final when the connection was unknown and a dump shows it late', () => {
    const test = new StoreUnderTest();
    test.store.dumpBegins(test.now);
    test.tell({ kind: 'destroy', ...one, startMs: 1_000, stopMs: 5_000 });
    test.tell({ kind: 'dump', ...one, startMs: 1_000 });
    test.store.dumpEnds(true);
    expect(octets(test.records())).toBe(1_900);
    expect(test.account()).toMatchObject({ received: 1, sent: 1, held: 0 });
  });

  it('is reported without final counters when its event never arrives and two dumps lack the connection', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: 1_000 });
    test.dump();
    expect(test.records().filter((r) => r.flowEndReason === 3)).toEqual([]);
    test.dump();
    expect(test.records()).toMatchObject([{ flowEndReason: 3 }]);
    test.dump();
    expect(test.records()).toEqual([]);
    expect(test.account()).toMatchObject({
      sent: 1,
      held: 0,
      closed: true,
      events: { 'ended without final counters': 1 },
    });
  });

  it('is reported at once when a dump lacks the connection and there are no events', () => {
    const test = new StoreUnderTest({ events: false });
    test.dump({ ...one, startMs: test.now });
    test.dump();
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetTotalCount: 1_000 }]);
    expect(test.account()).toMatchObject({ sent: 1, held: 0 });
  });

  it('adds the counters of a late event to those reported without it', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: 1_000 });
    test.dump();
    test.dump();
    const told = test.records();
    test.tell({ kind: 'destroy', ...one, counters: [12, 1_250, 8, 900], startMs: 1_000, stopMs: 5_000 });
    const later = test.records();
    expect(later).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 250, octetTotalCount: 1_250 }]);
    expect(octets([...told, ...later])).toBe(2_150);
    expect(test.account()).toMatchObject({ received: 1, sent: 1, held: 0 });
  });

  it('does not follow from an interrupted dump', () => {
    const test = new StoreUnderTest({ events: false });
    test.dump({ ...one, startMs: test.now });
    test.store.dumpBegins(test.now);
    test.store.dumpEnds(false);
    expect(test.records()).toEqual([]);
    expect(test.account()).toMatchObject({ held: 1 });
  });

  it('does not follow for a connection that began after the dump', () => {
    const test = new StoreUnderTest({ events: false });
    test.store.dumpBegins(test.now);
    test.tell({ kind: 'new', id: 1 });
    test.store.dumpEnds(true);
    expect(test.account()).toMatchObject({ held: 1 });
    expect(test.records()).toEqual([]);
  });

  it('frees its place even while dumps are always running', () => {
    const test = new StoreUnderTest({ capacity: 4 });
    for (let id = 1; id <= 100; id++) {
      test.store.dumpBegins(test.now);
      test.tell({ kind: 'destroy', ...one, id, startMs: id });
      test.records();
      test.store.dumpEnds(true);
      test.records();
    }
    expect(test.account()).toMatchObject({ received: 100, sent: 100, held: 0, events: {} });
  });
});

describe('a state that is reported again after a loss of events', () => {
  it('counts once', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: test.now });
    for (let i = 0; i < 3; i++) test.dump({ ...one, startMs: test.now });
    test.clock.advance(60_000);
    test.dump({ ...one, counters: [20, 2_000, 8, 900], startMs: test.now - 60_000 });
    expect(octets([...test.records(), ...test.finish()])).toBe(2_900);
  });

  it('starts a new count and loses nothing when somebody sets the kernel counters to zero', () => {
    const test = new StoreUnderTest();
    test.dump({ ...one, startMs: test.now });
    test.dump({ ...one, counters: [2, 200, 1, 100], startMs: test.now });
    const records = [...test.records(), ...test.finish()];
    expect(octets(records)).toBe(1_900 + 300);
    for (const record of records) expect(record.octetDeltaCount).toBeGreaterThanOrEqual(0);
    expect(test.account()).toMatchObject({ events: { 'counters went back': 1 } });
  });
});

describe('a full store', () => {
  const other = (id: number) => ({ id, original: { ...plainTuple, sourcePort: 50_000 + id } });

  it('reports the overflow, and still records the end of a connection without a place', () => {
    const test = new StoreUnderTest({ capacity: 2 });
    test.tell(...[1, 2, 3].map((id) => ({ kind: 'new' as const, ...other(id) })));
    expect(test.account()).toMatchObject({ received: 2, held: 2, events: { 'store full': 1 } });
    test.tell({ kind: 'destroy', ...other(3), counters: [4, 400, 3, 300], startMs: 1_000, stopMs: 2_000 });
    expect(test.records()).toMatchObject([{ flowId: 3, flowEndReason: 3, octetDeltaCount: 400 }]);
    expect(test.account()).toMatchObject({ received: 3, sent: 1, held: 2, closed: true });
  });

  it('accepts a connection when a later dump finds room for it', () => {
    const test = new StoreUnderTest({ capacity: 1 });
    test.tell({ kind: 'new', ...other(1) });
    test.dump({ ...one, ...other(1) }, { ...one, ...other(2) });
    test.tell({ kind: 'destroy', ...one, ...other(1), stopMs: test.now });
    test.records();
    test.dump({ ...one, ...other(2) });
    expect(test.finish()).toMatchObject([{ flowId: 2, flowEndReason: 4, octetDeltaCount: 1_000 }]);
    expect(test.account()).toMatchObject({ received: 2, sent: 2, held: 0, events: { 'store full': 1 } });
  });

  it('does not count a connection twice that ended during a dump while the store was full', () => {
    const test = new StoreUnderTest({ capacity: 1 });
    test.dump({ ...one, ...other(1) });
    test.store.dumpBegins(test.now);
    test.tell({ kind: 'destroy', ...one, ...other(2), startMs: 1_000, stopMs: 2_000 });
    test.tell({ kind: 'dump', ...one, ...other(2), startMs: 1_000 });
    test.store.dumpEnds(true);
    expect(test.records().filter((r) => r.flowId === 2)).toHaveLength(1);
    expect(test.account()).toMatchObject({ received: 2, sent: 1, held: 1, closed: true });
  });
});

describe('counters', () => {
  it('are absent in every record, never zero, if the kernel does not keep them', () => {
    const test = new StoreUnderTest();
    test.dump({ id: 1, startMs: test.now, timeoutSeconds: 30 });
    const [record] = test.finish();
    expect(record).toMatchObject({ flowEndReason: 4, flowId: 1 });
    expect(record).not.toHaveProperty('octetTotalCount');
    expect(record).not.toHaveProperty('octetDeltaCount');
  });
});
