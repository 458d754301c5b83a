import { describe, expect, it } from 'vitest';
import { plainTuple } from '../support/connection-rows.ts';
import { StoreUnderTest } from '../support/store-under-test.ts';

const counters = [4, 400, 3, 300] as const;
const reply = { source: '10.0.0.2', destination: '10.0.0.1', sourcePort: 80, destinationPort: 40_000 };
const SEEN_REPLY = 0xa;
const UNREPLIED = 0x8;
const ASSURED = 0x4;

describe('what is left out', () => {
  it('is counted once under its reason, and never recorded', () => {
    const test = new StoreUnderTest({ filter: { protocols: [6], zones: [0], loopback: false } });
    const loopback = { ...plainTuple, source: '127.0.0.1', destination: '127.0.0.1' };
    const rows = [{ id: 1, protocol: 17 }, { id: 2, zone: 9 }, { id: 3, original: loopback }, { id: 4 }].map(
      (row) => ({ ...row, counters, startMs: test.now }),
    );
    test.tell(...rows.map((row) => ({ ...row, kind: 'new' as const })));
    test.dump(...rows);
    test.tell(...rows.map((row) => ({ ...row, kind: 'destroy' as const })));
    expect(test.records()).toMatchObject([{ flowId: 4 }]);
    expect(test.account()).toMatchObject({
      received: 4,
      sent: 1,
      dropped: { 'protocol filter': 1, 'zone filter': 1, loopback: 1 },
      held: 0,
      closed: true,
    });
  });

  it("includes the agent's own export connection, even when it is recognised late", () => {
    const test = new StoreUnderTest();
    const own = { ...plainTuple, destinationPort: 4_739 };
    test.tell({ kind: 'new', id: 1, original: own }, { kind: 'new', id: 2 });
    test.filter.exportSessions = [
      {
        protocol: 6,
        localAddress: '10.0.0.1',
        localPort: 40_000,
        remoteAddress: '10.0.0.2',
        remotePort: 4_739,
      },
    ];
    test.dump({ id: 1, original: own, counters, startMs: test.now }, { id: 2, counters, startMs: test.now });
    test.clock.advance(60_000);
    expect(test.records()).toMatchObject([{ flowId: 2 }]);
    expect(test.account()).toMatchObject({
      received: 2,
      dropped: { 'own export': 1 },
      held: 1,
      closed: true,
    });
  });

  it('includes each connection from this node to the collector while the local port is unknown, but none from other nodes', () => {
    const test = new StoreUnderTest({ nodeNetworks: ['10.0.0.1'] });
    test.filter.exportSessions = [{ protocol: 6, remoteAddress: '10.0.0.2', remotePort: 80 }];
    test.tell({ kind: 'destroy', id: 1, counters });
    test.tell({ kind: 'destroy', id: 2, counters, original: { ...plainTuple, source: '10.0.0.3' } });
    expect(test.records()).toMatchObject([{ flowId: 2 }]);
    expect(test.account()).toMatchObject({ dropped: { 'own export': 1 }, closed: true });
  });

  it('does not include what another program sends to the same collector', () => {
    const test = new StoreUnderTest();
    test.filter.exportSessions = [
      { protocol: 17, localAddress: '0.0.0.0', localPort: 2_055, remoteAddress: '10.0.0.2', remotePort: 80 },
    ];
    test.tell({ kind: 'destroy', id: 1, protocol: 17, counters });
    test.tell({
      kind: 'destroy',
      id: 2,
      protocol: 17,
      counters,
      original: { ...plainTuple, sourcePort: 2_055 },
    });
    expect(test.records()).toMatchObject([{ flowId: 1 }]);
    expect(test.account()).toMatchObject({ dropped: { 'own export': 1 }, closed: true });
  });
});

describe('a connection whose packets the firewall logs as denied', () => {
  const denied = {
    isDenied: (...[, , , , sourcePort]: [unknown, unknown, unknown, unknown, number, ...unknown[]]) =>
      sourcePort === 40_000,
  };

  it('is only a denied flow while it has no answer', () => {
    const test = new StoreUnderTest({ denied });
    test.tell({ kind: 'new', id: 1, status: UNREPLIED });
    test.clock.advance(1_000);
    test.tell({ kind: 'destroy', id: 1, status: UNREPLIED, counters: [3, 180, 0, 0], stopMs: test.now });
    expect(test.records()).toEqual([]);
    test.records();
    expect(test.account()).toMatchObject({ received: 1, dropped: { denied: 1 }, held: 0, closed: true });
  });

  it('is a connection when it had an answer', () => {
    const test = new StoreUnderTest({ denied });
    test.tell({ kind: 'destroy', id: 1, status: SEEN_REPLY, counters, reply });
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetTotalCount: 400 }]);
  });

  it('is only a denied flow if its answers are denied and neither end continues it', () => {
    const ofAnswers: typeof denied = { isDenied: (...[, , , , sourcePort]) => sourcePort === 443 };
    const test = new StoreUnderTest({ denied: ofAnswers });
    const row = {
      original: { source: '10.0.0.1', sourcePort: 40_000, destination: '10.0.0.2', destinationPort: 443 },
    };
    test.tell({ kind: 'destroy', id: 1, status: SEEN_REPLY & ~ASSURED, counters, ...row });
    test.tell({ kind: 'destroy', id: 2, status: SEEN_REPLY | ASSURED, counters, ...row });
    expect(test.records()).toMatchObject([{ flowId: 2 }]);
    expect(test.account()).toMatchObject({ received: 2, sent: 1, dropped: { denied: 1 }, closed: true });
  });

  it('waits a second, because the log may be read later than the event', () => {
    const test = new StoreUnderTest({ denied: { isDenied: () => false } });
    test.tell({ kind: 'new', id: 1, status: UNREPLIED });
    test.tell({ kind: 'destroy', id: 1, status: UNREPLIED, counters: [1, 60, 0, 0] });
    expect(test.records()).toEqual([]);
    test.clock.advance(1_000);
    expect(test.records()).toMatchObject([{ flowEndReason: 3, octetTotalCount: 60 }]);
    expect(test.account()).toMatchObject({ sent: 1, held: 0, closed: true });
  });

  it('is reported whole when an answer arrives after all', () => {
    const test = new StoreUnderTest({ denied });
    test.dump({ id: 1, status: UNREPLIED, counters: [3, 180, 0, 0], startMs: test.now - 60_000 });
    test.clock.advance(1_000);
    expect(test.records()).toEqual([]);
    test.tell({
      kind: 'destroy',
      id: 1,
      status: SEEN_REPLY,
      counters: [9, 900, 8, 800],
      startMs: test.now - 61_000,
    });
    expect(test.records()).toMatchObject([{ octetDeltaCount: 900, octetTotalCount: 900 }]);
  });
});
