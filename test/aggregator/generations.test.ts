import { describe, expect, it } from 'vitest';
import { counts, sum, TestBed } from './test-bed.ts';

describe('a 5-tuple that is used again', () => {
  it('is a new flow on each node, and the matching halves are joined', () => {
    const bed = new TestBed();
    const first = { flowStartMilliseconds: bed.now - 60_000, flowEndMilliseconds: bed.now - 50_000 };
    const second = { flowStartMilliseconds: bed.now - 40_000, flowEndMilliseconds: bed.now };
    bed.clock.advance(120_000);
    const shift = (times: typeof first) => ({
      flowStartMilliseconds: times.flowStartMilliseconds + 120_000,
      flowEndMilliseconds: times.flowEndMilliseconds + 120_000,
    });
    bed.send(
      bed.source({ ...shift(first), flowId: 1, ...counts(100, 1, 0, 0) }),
      bed.source({ ...shift(second), flowId: 2, ...counts(7, 1, 0, 0) }),
      bed.destination({ ...shift(second), flowId: 4, ...counts(7, 1, 0, 0) }),
      bed.destination({ ...shift(first), flowId: 3, ...counts(100, 1, 0, 0) }),
    );
    expect(bed.flows).toMatchObject({ held: 2, events: { correlated: 2 } });
    expect(bed.pass(1_000)).toMatchObject([
      { octetTotalCountFromSourceNode: 100, octetTotalCountFromDestinationNode: 100 },
      { octetTotalCountFromSourceNode: 7, octetTotalCountFromDestinationNode: 7 },
    ]);
  });

  it('joins the flow whose start is nearest', () => {
    const bed = new TestBed();
    const at = (start: number, flowId: number) => ({
      flowStartMilliseconds: bed.now + start,
      flowEndMilliseconds: bed.now + start + 10_000,
      flowId,
    });
    bed.send(bed.source(at(0, 1)), bed.source(at(3_000, 2)), bed.destination(at(3_100, 3)));
    expect(bed.pass(1_000)).toMatchObject([{ flowId: 2, destinationPodName: 'server' }]);
  });

  it('never makes throughput or deltas that are negative or huge', () => {
    const bed = new TestBed();
    const again = { flowStartMilliseconds: bed.now, flowEndMilliseconds: bed.now + 1_000 };
    bed.send(bed.source({ flowType: 3, ...counts(1_000_000, 1_000, 0, 0) }));
    bed.pass(1_000);
    bed.send(bed.source({ flowType: 3, ...again, flowId: 99, ...counts(100, 1, 0, 0) }));
    expect(bed.pass(60_000)).toMatchObject([{ octetDeltaCount: 100, throughput: 800, flowId: 99 }]);
  });
});

describe('a counter that goes back', () => {
  it('ends the flow and starts another with the same number', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    const at = (ms: number, octets: number) =>
      bed.source({
        flowType: 3,
        flowStartMilliseconds: start,
        flowEndMilliseconds: start + ms,
        ...counts(octets, 1, 0, 0),
      });
    bed.send(at(1_000, 5_000));
    bed.pass(1_000);
    bed.send(at(2_000, 700), at(3_000, 900));
    expect(bed.flows).toMatchObject({ received: 2, held: 2 });
    expect(bed.pass(1_000)).toMatchObject([
      { octetTotalCount: 5_000, octetDeltaCount: 0, flowEndReason: 3 },
      { octetTotalCount: 900, octetDeltaCount: 900, flowEndReason: 2 },
    ]);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(5_900);
  });

  it('on both nodes creates one new flow from both halves', () => {
    const bed = new TestBed();
    const times = { flowStartMilliseconds: bed.now - 1_000, flowEndMilliseconds: bed.now + 500 };
    bed.send(bed.source(), bed.destination());
    bed.pass(1_000);
    bed.send(
      bed.source({ ...times, ...counts(3, 1, 0, 0) }),
      bed.destination({ ...times, ...counts(2, 1, 0, 0) }),
    );
    expect(bed.flows).toMatchObject({ held: 2, events: { correlated: 2 } });
    expect(bed.pass(1_000)).toMatchObject([
      { flowEndReason: 3 },
      { octetTotalCountFromSourceNode: 3, octetTotalCountFromDestinationNode: 2 },
    ]);
  });
});

it('flows with one key are bounded: the one silent longest is evicted', () => {
  const bed = new TestBed();
  for (let n = 0; n < 40; n++) {
    bed.send(bed.source({ flowId: n + 1, flowType: 3 }));
    bed.clock.advance(100);
  }
  expect(bed.flows).toMatchObject({ received: 40, held: 32, sent: 8, events: { evicted: 8 } });
  bed.pass(1_000);
  expect(new Set(bed.reports.map(({ flowId }) => flowId)).size).toBe(40);
});
