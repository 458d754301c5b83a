import { describe, expect, it } from 'vitest';
import {
  drawFrame,
  type LiveFlow,
  LiveFlows,
  lostRecords,
  type Picture,
  plainStyle,
} from '../../../src/cli/live/index.ts';
import { batchOf, EndReason, type FlowRecord, RuleAction } from '../../../src/flow/index.ts';
import { Ledger } from '../../../src/runtime/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function setUp() {
  const clock = new FakeClock(Date.UTC(2026, 0, 31, 10));
  return { clock, live: new LiveFlows(clock) };
}

const flow = (port: number, more: FlowRecord = {}): FlowRecord => ({
  flowStartMilliseconds: Date.UTC(2026, 0, 31, 9, 59, 30),
  flowEndReason: EndReason.active,
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40000 + port,
  destinationTransportPort: port,
  protocolIdentifier: 6,
  octetTotalCount: 1000,
  reverseOctetTotalCount: 2000,
  ...more,
});

describe('the live flows', () => {
  it('are ordered by their rates, both directions together', () => {
    const { live } = setUp();
    live.write(
      batchOf([
        flow(1, { throughput: 10, reverseThroughput: 10 }),
        flow(2, { throughput: 5, reverseThroughput: 50 }),
        flow(443, { throughput: 30 }),
      ]),
    );
    expect(live.busiest(2).map(({ destination }) => destination)).toEqual(['10.0.0.2:2', '10.0.0.2:https']);
  });

  it('are updated by later records, and distinguished when a 5-tuple is reused', () => {
    const { clock, live } = setUp();
    live.write(batchOf([flow(1, { flowId: 7 })]));
    clock.advance(1_000);
    live.write(batchOf([flow(1, { flowId: 7, octetTotalCount: 3000 }), flow(1, { flowId: 8 })]));
    expect(live.busiest(9).map(({ octets }) => octets)).toEqual([3000, 1000]);
    expect(live.totals()).toMatchObject({ open: 2, newPerSecond: 2, endedPerSecond: 0, records: 3 });
  });

  it('show no rate once a record is overdue', () => {
    const { clock, live } = setUp();
    live.write(batchOf([flow(1, { throughput: 800 })]));
    clock.advance(3_000);
    expect(live.totals().rate).toBe(800);
    clock.advance(1);
    expect([live.totals().rate, live.busiest(1)[0]!.rate]).toEqual([0, 0]);
  });

  it('disappear five seconds after their end', () => {
    const { clock, live } = setUp();
    live.write(batchOf([flow(1), flow(2)]));
    clock.advance(1_000);
    live.write(batchOf([flow(1, { flowEndReason: EndReason.end, throughput: 800 })]));
    expect(live.totals()).toMatchObject({ open: 1, endedPerSecond: 1, rate: 0 });
    clock.advance(5_000);
    expect(live.busiest(9)).toHaveLength(2);
    clock.advance(1);
    expect(live.busiest(9).map(({ destination }) => destination)).toEqual(['10.0.0.2:2']);
  });

  it('show uncounted octets as unknown, not as zero', () => {
    const { live } = setUp();
    live.write(batchOf([{ sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', octetTotalCount: Number.NaN }]));
    expect(live.busiest(1)[0]!.octets).toBeUndefined();
  });
});

describe('the longest name that an exporter can send', () => {
  it('is kept to the width of a screen', () => {
    const { live } = setUp();
    live.write(batchOf([{ sourcePodName: 'x'.repeat(60_000), tcpState: 'y'.repeat(60_000) }]));
    const [{ source, state }] = live.busiest(1) as [LiveFlow];
    expect([source.length, state.length]).toEqual([256, 256]);
  });
});

describe('a frame', () => {
  const { clock, live } = setUp();
  live.write(
    batchOf([
      flow(443, { throughput: 1_234_000, reverseThroughput: 999, tcpState: 'ESTABLISHED' }),
      flow(22, { ingressNetworkPolicyRuleAction: RuleAction.drop }),
      {
        ...flow(53),
        sourceIP: '2001:db8:1111:2222:3333:4444:5555:6666',
        destinationIP: '::1',
        protocolIdentifier: 17,
      },
    ]),
  );
  clock.advance(1_000);
  const picture: Picture = {
    host: 'gate',
    nowMs: clock.monotonic(),
    startedMs: clock.monotonic() - 61_000,
    totals: live.totals(),
    flows: live.busiest(10),
    lost: 0,
    http: 'http://127.0.0.1:10349',
    message: undefined,
  };

  it('shows totals and the busiest flows', () => {
    expect(drawFrame(picture, { columns: 120, rows: 12 }, plainStyle).map((line) => line.trimEnd())).toEqual([
      'weir  gate                                                                                                     for 1m 1s',
      '3 flows   1.23 Mbit/s   999 bit/s back   3.0 new/s   0 ended/s   3 records',
      '0 lost',
      'PROTO   SOURCE                  DESTINATION                    RATE    RATE BACK   OCTETS     BACK      AGE  STATE',
      'TCP     10.0.0.1:40443          10.0.0.2:https          1.23 Mbit/s    999 bit/s  1.00 kB  2.00 kB     31 s  ESTABLISHED',
      'TCP     10.0.0.1:40022          10.0.0.2:ssh                                      1.00 kB  2.00 kB     31 s  DROPPED',
      'UDP     [2001:db8:1111:2222:3…  [::1]:dns                                         1.00 kB  2.00 kB     31 s',
      '',
      'Ctrl-C ends and prints the ledger   http://127.0.0.1:10349/flows   /ledger   /metrics',
    ]);
  });

  it('fits any terminal in width and height', () => {
    const crowd = { ...picture, flows: Array.from({ length: 50 }, () => picture.flows[0]!), lost: 7 };
    for (let columns = 20; columns <= 220; columns += 7) {
      for (const rows of [3, 8, 24, 60]) {
        const lines = drawFrame(crowd, { columns, rows }, plainStyle);
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map((line) => line.length)), `${columns} columns`).toBeLessThanOrEqual(
          columns,
        );
      }
    }
  });

  it('shows the whole link of the console, or none that is cut', () => {
    const link = `http://127.0.0.1:10349/console/?token=${'x'.repeat(43)}`;
    const lineAt = (columns: number) =>
      drawFrame({ ...picture, console: link }, { columns, rows: 20 }, plainStyle).at(-2);
    expect(lineAt(120)).toBe(`console  ${link}`);
    expect(lineAt(81)).toBe(link);
    expect(lineAt(80)).toBe(link.replace('http://', ''));
    expect(lineAt(60)).toBe('console  widen the terminal for its link');
  });

  it('shows the newest log line in place of the hints', () => {
    const lines = drawFrame({ ...picture, message: 'no connection' }, { columns: 80, rows: 20 }, plainStyle);
    expect(lines.at(-1)).toBe('no connection');
  });

  it('shows hints in its last line until there is a message', () => {
    const size = { columns: 40, rows: 20 };
    const notice = 'turned connection tracking on';
    expect(
      drawFrame({ ...picture, notice }, size, plainStyle)
        .at(-1)!
        .trim(),
    ).toBe(notice);
    const both = drawFrame({ ...picture, notice, message: 'no connection' }, size, plainStyle);
    expect(both.at(-1)!.trim()).toBe('no connection');
  });
});

describe('the lost records', () => {
  it('are those that nobody intended to drop', () => {
    const ledger = new Ledger();
    const account = ledger.open('connections', 'connections', undefined, {
      expectedDrops: ['own export', 'loopback'],
    });
    account.drop('own export', 5);
    account.drop('loopback', 30);
    account.drop('queue full', 2);
    ledger.open('sink', 'records').drop('stopped', 1);
    expect(lostRecords(ledger)).toBe(3);
  });
});
