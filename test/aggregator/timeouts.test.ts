import { describe, expect, it } from 'vitest';
import { counts, sum, TestBed } from './test-bed.ts';

describe('the report of a flow', () => {
  it('is first at the next tick, then at each active timeout while it has news', () => {
    const bed = new TestBed({ activeTimeoutMs: 60_000 });
    const start = bed.now - 1_000;
    const send = (octets: number) =>
      bed.send(
        bed.source({
          flowType: 3,
          flowStartMilliseconds: start,
          flowEndMilliseconds: bed.now,
          ...counts(octets, 1, 0, 0),
        }),
      );
    send(100);
    expect(bed.pass(1_000)).toHaveLength(1);
    for (let n = 2; n <= 12; n++) {
      bed.pass(5_000);
      send(n * 100);
    }
    expect(bed.reports).toHaveLength(1);
    expect(bed.pass(6_000)).toMatchObject([{ octetDeltaCount: 1_100, flowEndReason: 2 }]);
    expect(bed.pass(60_000)).toEqual([]);
  });

  it('is at once when both nodes have reported its end', () => {
    const bed = new TestBed();
    const times = { flowStartMilliseconds: bed.now - 1_000, flowEndReason: 3 };
    bed.send(bed.source(), bed.destination());
    bed.pass(1_000);
    bed.send(bed.source({ ...times, ...counts(2_000, 20, 500, 5) }));
    expect(bed.pass(5_000)).toEqual([]);
    bed.send(bed.destination({ ...times, ...counts(2_000, 20, 500, 5) }));
    expect(bed.pass(1_000)).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 1_000 }]);
    expect(bed.pass(200_000)).toEqual([]);
  });

  it('is at once when it needs no other half and has ended', () => {
    const bed = new TestBed();
    bed.send(bed.source({ flowType: 3, flowEndReason: 3 }));
    expect(bed.pass(1_000)).toMatchObject([{ flowEndReason: 3 }]);
  });

  it('is after the wait, with reason 3, when its only half has ended', () => {
    const bed = new TestBed();
    bed.send(bed.source({ flowEndReason: 3 }));
    expect(bed.pass(9_000)).toEqual([]);
    expect(bed.pass(2_000)).toMatchObject([{ flowEndReason: 3 }]);
  });
});

describe('timeouts that change while it runs', () => {
  const external = { flowType: 3, flowStartMilliseconds: Date.UTC(2026, 0, 1) };
  const send = (bed: TestBed, octets: number) =>
    bed.send(bed.source({ ...external, flowEndMilliseconds: bed.now, ...counts(octets, 1, 0, 0) }));

  it('are those of flows that are known already, shorter and longer', () => {
    const bed = new TestBed({ activeTimeoutMs: 600_000, inactiveTimeoutMs: 1_200_000 });
    send(bed, 100);
    expect(bed.pass(1_000)).toHaveLength(1);
    send(bed, 200);
    expect(bed.pass(30_000)).toEqual([]);
    bed.aggregator.changeTimes({ activeTimeoutMs: 5_000, scanPeriodMs: 500 });
    expect(bed.pass(6_000)).toMatchObject([{ octetDeltaCount: 100 }]);
    bed.aggregator.changeTimes({ activeTimeoutMs: 60_000, scanPeriodMs: 1_000 });
    bed.pass(6_000);
    send(bed, 300);
    expect(bed.pass(30_000)).toEqual([]);
    expect(bed.pass(40_000)).toMatchObject([{ octetDeltaCount: 100 }]);
    bed.aggregator.changeTimes({ inactiveTimeoutMs: 20_000 });
    bed.pass(1_000);
    expect(bed.aggregator.size).toBe(0);
  });

  it('may be so long that nothing is ever due', () => {
    const bed = new TestBed({ activeTimeoutMs: 60_000 });
    const ever = 2 ** 32 * 100; // milliseconds: more than the table's times can be
    bed.aggregator.changeTimes({ activeTimeoutMs: ever, inactiveTimeoutMs: ever });
    send(bed, 100);
    expect(bed.pass(1_000)).toHaveLength(1);
    for (let n = 2; n <= 12; n++) {
      send(bed, n * 100);
      expect(bed.pass(60_000)).toEqual([]);
    }
    expect(bed.aggregator.size).toBe(1);
  });

  it('may be so long that a half waits for the other one for ever', () => {
    const ever = 2 ** 32 * 100; // milliseconds: one tenth more than the table's times can be
    const bed = new TestBed({ correlationWaitMs: ever, inactiveTimeoutMs: ever });
    bed.send(bed.source());
    expect(bed.pass(600_000)).toEqual([]);
    bed.send(bed.destination({ flowStartMilliseconds: bed.now - 601_000 }));
    expect(bed.pass(1_000)).toHaveLength(1);
    expect(bed.flows.events).toEqual({ correlated: 1 });
  });

  it('of the other half are for halves that arrive later', () => {
    const bed = new TestBed({ correlationWaitMs: 10_000 });
    bed.send(bed.source());
    bed.aggregator.changeTimes({ correlationWaitMs: 2_000, activeTimeoutMs: 1_000 });
    expect(bed.pass(9_000)).toEqual([]);
    expect(bed.pass(2_000)).toHaveLength(1);
    bed.send(bed.source({ sourceTransportPort: 7 }));
    expect(bed.pass(3_000)).toHaveLength(1);
  });
});

describe('while awaited sinks have no room', () => {
  it('reports wait in the flow table, and include what arrives in between', () => {
    const bed = new TestBed();
    const at = { flowType: 3, flowStartMilliseconds: bed.now - 1_000 };
    bed.hasRoom = false;
    bed.send(bed.source({ ...at, flowEndMilliseconds: bed.now, ...counts(100, 1, 0, 0) }));
    expect(bed.pass(5_000)).toEqual([]);
    bed.send(bed.source({ ...at, flowEndMilliseconds: bed.now, ...counts(900, 9, 0, 0) }));
    expect(bed.pass(5_000)).toEqual([]);
    bed.hasRoom = true;
    expect(bed.pass(100)).toMatchObject([{ octetDeltaCount: 900, packetDeltaCount: 9 }]);
  });

  it('a sweep waits for half a minute at most', () => {
    const bed = new TestBed();
    bed.hasRoom = false;
    bed.send(bed.source({ flowType: 3 }));
    expect(bed.pass(30_000)).toEqual([]);
    expect(bed.pass(1_500)).toHaveLength(1);
  });
});

describe('the end reason', () => {
  it('is not 3 while one node continues, and 3 in the last record after both fall silent', () => {
    const bed = new TestBed({ activeTimeoutMs: 30_000 });
    const start = bed.now - 1_000;
    bed.send(bed.source(), bed.destination());
    bed.pass(1_000);
    bed.send(
      bed.source({
        flowStartMilliseconds: start,
        flowEndMilliseconds: bed.now,
        flowEndReason: 3,
        ...counts(2_000, 20, 500, 5),
      }),
    );
    expect(bed.pass(31_000)).toMatchObject([{ flowEndReason: 2, octetDeltaCount: 1_000 }]);
    expect(bed.pass(90_000)).toMatchObject([{ flowEndReason: 3, octetDeltaCount: 0 }]);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(2_000);
  });

  it('is 1 when news is reported because no more records arrive', () => {
    const bed = new TestBed({ activeTimeoutMs: 600_000 });
    bed.send(bed.source({ flowType: 3 }));
    bed.pass(1_000);
    bed.send(
      bed.source({ flowType: 3, flowStartMilliseconds: bed.now - 2_000, ...counts(1_500, 15, 500, 5) }),
    );
    expect(bed.pass(91_000)).toMatchObject([{ flowEndReason: 1, octetDeltaCount: 500 }]);
    expect(bed.flows.held).toBe(0);
  });

  it('is 4 for flows reported at the stop, unless they ended by themselves', async () => {
    const bed = new TestBed();
    bed.send(
      bed.source(),
      bed.source({ sourceTransportPort: 1, flowType: 3, flowEndReason: 3 }),
      bed.source({ sourceTransportPort: 2, flowType: 3 }),
    );
    await bed.aggregator.stop(1_000);
    expect(bed.take()).toMatchObject([{ flowEndReason: 4 }, { flowEndReason: 3 }, { flowEndReason: 4 }]);
    expect(bed.flows).toMatchObject({ received: 3, sent: 3, held: 0, events: { uncorrelated: 1 } });
    bed.send(bed.source());
    expect(bed.records.dropped).toEqual({ stopped: 1 });
  });
});

it('many due flows are reported in slices, and records are accepted between these', () => {
  const bed = new TestBed();
  const records = (first: number) =>
    Array.from({ length: 4_000 }, (_, n) => bed.source({ flowType: 3, sourceTransportPort: first + n }));
  for (let first = 0; first < 12_000; first += 4_000) bed.send(...records(first));
  let slices = 0;
  const after = bed.clock.after.bind(bed.clock);
  bed.clock.after = (delayMs, callback) => {
    slices++;
    if (slices === 1) bed.send(bed.source({ flowType: 3, sourceTransportPort: 60_000 }));
    return after(delayMs, callback);
  };
  bed.pass(1_000);
  expect(slices).toBe(11);
  bed.pass(1_000);
  const ports = bed.reports.map(({ sourceTransportPort }) => sourceTransportPort!);
  expect(ports.length).toBe(12_001);
  expect(new Set(ports).size).toBe(12_001);
});

it('many flows at the stop are reported in slices, between which other work runs', async () => {
  const bed = new TestBed();
  const ports = Array.from({ length: 4_000 }, (_, n) => n);
  bed.send(...ports.map((sourceTransportPort) => bed.source({ flowType: 3, sourceTransportPort })));
  const sent: number[] = [];
  const look = () => {
    if (sent.push(bed.flows.sent) < 100) setImmediate(look);
  };
  look();
  await bed.aggregator.stop(1_000);
  const slices = new Set(sent.filter((flows) => flows > 0 && flows < 4_000));
  expect([...slices]).toEqual([96, 1_120, 2_144, 3_168]);
  expect(bed.reports.map(({ sourceTransportPort }) => sourceTransportPort)).toEqual(ports);
});

describe('the removal of a flow', () => {
  it('comes after the inactive timeout without a record', () => {
    const bed = new TestBed({ inactiveTimeoutMs: 90_000 });
    bed.send(bed.source({ flowType: 3 }));
    bed.pass(89_000);
    expect(bed.flows.held).toBe(1);
    bed.pass(2_000);
    expect(bed.flows).toMatchObject({ held: 0, sent: 1 });
  });

  it('still reports it if its other half never arrived', () => {
    const bed = new TestBed({ correlationWaitMs: 600_000 });
    bed.send(bed.destination());
    expect(bed.pass(91_000)).toMatchObject([{ flowEndReason: 1, octetTotalCountFromDestinationNode: 1_000 }]);
    expect(bed.flows.events).toEqual({ uncorrelated: 1 });
  });
});

describe('a clock change', () => {
  it.each([3_600_000, -3_600_000])('by %i ms at the aggregator changes no timeout', (byMs) => {
    const bed = new TestBed({ activeTimeoutMs: 30_000, inactiveTimeoutMs: 60_000 });
    bed.send(bed.source({ flowType: 3 }));
    expect(bed.pass(1_000)).toHaveLength(1);
    const times = { flowStartMilliseconds: bed.now - 2_000, flowEndMilliseconds: bed.now + 1_000 };
    bed.send(bed.source({ flowType: 3, ...times, ...counts(2_000, 20, 500, 5) }));
    bed.clock.set(byMs);
    expect(bed.pass(28_000)).toEqual([]);
    expect(bed.pass(2_000)).toMatchObject([{ octetDeltaCount: 1_000 }]);
    expect(bed.aggregator.size).toBe(1);
    bed.pass(40_000);
    expect(bed.aggregator.size).toBe(0);
  });

  it.each([3_600_000, -3_600_000])(
    'by %i ms at a node keeps its flow one flow, with its own duration and rate',
    (byMs) => {
      const bed = new TestBed({ activeTimeoutMs: 10_000 });
      const start = bed.now - 1_000;
      bed.send(bed.source({ flowType: 3, flowStartMilliseconds: start }));
      bed.pass(10_000);
      const times = { flowStartMilliseconds: start + byMs, flowEndMilliseconds: bed.now + byMs };
      const grown = counts(11_000, 110, 500, 5, [10_000, 100, 0, 0]);
      bed.send(bed.source({ flowType: 3, ...times, ...grown }));
      expect(bed.pass(10_000)).toMatchObject([
        { ...times, octetTotalCount: 11_000, octetDeltaCount: 10_000, throughput: 8_000 },
      ]);
      expect(bed.aggregator.size).toBe(1);
      expect(bed.flows.events).toMatchObject({ 'clock was set': 1 });
    },
  );
});

describe('a flow that was reported as ended', () => {
  it('continues when its node reports more traffic from later', () => {
    const bed = new TestBed({ activeTimeoutMs: 10_000, correlationWaitMs: 20_000 });
    const start = bed.now - 1_000;
    const times = () => ({ flowStartMilliseconds: start, flowEndMilliseconds: bed.now });
    bed.send(bed.source(times()), bed.destination(times()));
    bed.pass(1_000);
    bed.send(bed.source({ ...times(), flowEndReason: 3, ...counts(2_000, 20, 500, 5) }));
    bed.pass(1_000);
    bed.send(bed.source({ ...times(), flowEndReason: 2, ...counts(3_000, 30, 500, 5) }));
    bed.send(bed.destination({ ...times(), flowEndReason: 3, ...counts(3_000, 30, 500, 5) }));
    expect(bed.pass(10_000)).toMatchObject([{ flowEndReason: 2, octetTotalCount: 3_000 }]);
  });
});
