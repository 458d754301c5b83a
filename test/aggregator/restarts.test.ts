import { describe, expect, it } from 'vitest';
import { FlowType } from '../../src/flow/index.ts';
import { RecordingTally } from './recording-tally.ts';
import { counts, sum, TestBed } from './test-bed.ts';

const HOUR = 3_600_000;

/**
 * Records of one connection that began an hour ago, as its two nodes tell it: octets in all, and new since
 * the last record.
 */
function longConnection(bed: TestBed) {
  const start = bed.now - HOUR;
  const record = (octets: number, delta: number) => ({
    flowStartMilliseconds: start,
    flowEndMilliseconds: bed.now,
    ...counts(octets, octets / 100, octets, octets / 100, [delta, delta / 100, delta, delta / 100]),
  });
  return {
    source: (octets: number, delta: number, more = {}) => bed.source({ ...record(octets, delta), ...more }),
    destination: (octets: number, delta: number, more = {}) =>
      bed.destination({ ...record(octets, delta), ...more }),
  };
}

const leftOut = (bed: TestBed) => bed.flows.events['octets left out'];

/** A router that is heard of beside the agents. */
const router = { exporter: '192.0.2.1:1', observationDomainId: 9 };

describe('an aggregator that restarts while its agents continue', () => {
  it('waits for the other node of an older flow, and counts from the higher totals of the two', () => {
    const bed = new TestBed();
    const { source, destination } = longConnection(bed);
    bed.send(destination(50_000, 1_000));
    expect(bed.pass(59_000)).toEqual([]);
    bed.send(source(52_000, 500));
    // The aggregator before was told 51,500 by the source's node, and 49,000 by the destination's.
    expect(bed.pass(1_000)).toMatchObject([
      {
        octetTotalCount: 52_000,
        octetDeltaCount: 500,
        octetDeltaCountFromSourceNode: 500,
        octetDeltaCountFromDestinationNode: 1_000,
      },
    ]);
    expect(bed.flows.events).toEqual({ correlated: 1, 'octets left out': 2 * 51_500 });
  });

  it('leaves the first totals of one node out of the common deltas when the other node has left', () => {
    const tally = new RecordingTally();
    const bed = new TestBed({}, tally);
    const { destination } = longConnection(bed);
    bed.sendFrom(router, bed.connection({ sourceIP: '198.51.100.1', flowType: 0 }));
    bed.pass(1_000);
    bed.send(destination(50_000, 1_000));
    bed.clock.advance(60_000);
    bed.send(destination(53_000, 3_000, { flowEndMilliseconds: bed.now }));
    const [first] = bed.pass(31_000);
    expect(first).toMatchObject({ octetDeltaCount: 0, octetDeltaCountFromDestinationNode: 4_000 });
    expect(leftOut(bed)).toBe(2 * 53_000);
    bed.send(destination(53_700, 700, { flowEndMilliseconds: bed.now }));
    expect(bed.pass(60_000)).toMatchObject([{ octetDeltaCount: 700 }]);
    expect(tally.flows.map(({ counted }) => counted[0])).toEqual([700]);
  });

  it('counts the records of one node if there is no other exporter', () => {
    const bed = new TestBed();
    const { destination } = longConnection(bed);
    bed.send(destination(50_000, 1_000));
    expect(bed.pass(91_000)).toMatchObject([{ octetDeltaCount: 1_000 }]);
    expect(leftOut(bed)).toBe(2 * 49_000);
  });

  it.each([1, 2])('leaves them out when it stops before the wait for the other is over, of %i', async (n) => {
    const bed = new TestBed();
    bed.exporters = n;
    const { destination } = longConnection(bed);
    bed.send(destination(50_000, 1_000));
    expect(bed.pass(20_000)).toEqual([]);
    await bed.aggregator.stop(0);
    expect(bed.reports).toMatchObject([{ octetDeltaCount: 0, octetDeltaCountFromDestinationNode: 1_000 }]);
    expect(leftOut(bed)).toBe(2 * 50_000);
  });

  it('waits as long for the other node of a flow that began only seconds before it', () => {
    const bed = new TestBed(); // it has run for ten seconds
    const start = { flowStartMilliseconds: bed.now - 13_000, flowEndMilliseconds: bed.now };
    bed.send(bed.destination({ ...start, ...counts(1_000, 10, 0, 0, [400, 4, 0, 0]) }));
    expect(bed.pass(59_000)).toEqual([]);
    bed.send(bed.source({ ...start, ...counts(1_000, 10, 0, 0, [0, 0, 0, 0]) }));
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 1_000, octetDeltaCount: 0 }]);
  });

  it('counts a flow that began soon after it when it stops during the wait', async () => {
    const bed = new TestBed(); // it has run for ten seconds
    const start = { flowStartMilliseconds: bed.now - 8_000, flowEndMilliseconds: bed.now };
    bed.send(bed.destination({ ...start, ...counts(1_000, 10, 500, 5, [1_000, 10, 500, 5]) }));
    await bed.aggregator.stop(0);
    expect(bed.reports).toMatchObject([{ octetDeltaCount: 1_000, reverseOctetDeltaCount: 500 }]);
    expect(leftOut(bed) ?? 0).toBe(0);
  });

  it('leaves out the first totals of one node when another exporter is connected and idle', () => {
    const bed = new TestBed();
    bed.exporters = 2;
    const { destination } = longConnection(bed);
    bed.send(destination(50_000, 1_000));
    expect(bed.pass(91_000)).toMatchObject([
      { octetDeltaCount: 0, octetDeltaCountFromDestinationNode: 1_000 },
    ]);
    expect(leftOut(bed)).toBe(2 * 50_000);
  });

  it('does not wait if no agent reports another node of the flow, unless there are several agents', () => {
    const bed = new TestBed();
    const { source } = longConnection(bed);
    bed.send(source(50_000, 1_000, { flowType: FlowType.unspecified }));
    expect(bed.pass(11_000)).toMatchObject([{ octetDeltaCount: 1_000 }]);
    bed.sendFrom(router, bed.connection({ sourceIP: '198.51.100.1', flowType: 0 }));
    bed.pass(1_000);
    bed.send(source(70_000, 1_000, { flowType: FlowType.unspecified, sourceTransportPort: 7, flowId: 12 }));
    expect(bed.pass(60_000)).toEqual([]);
    expect(bed.pass(31_000)).toMatchObject([{ sourceTransportPort: 7, octetDeltaCount: 1_000 }]);
  });

  it('waits no longer than configured for a flow that began after it', () => {
    const bed = new TestBed();
    bed.send(bed.source());
    expect(bed.pass(11_000)).toMatchObject([{ octetDeltaCount: 1_000 }]);
    expect(leftOut(bed)).toBeUndefined();
  });
});

describe('agent and aggregator that restart', () => {
  it('count the later growth of an open connection, and report how much they left out', () => {
    const tally = new RecordingTally();
    const bed = new TestBed({}, tally);
    const { source } = longConnection(bed);
    const alone = { flowType: FlowType.toExternal };
    bed.send(source(60_000, 0, alone));
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 60_000, octetDeltaCount: 0 }]);
    bed.send(source(61_000, 1_000, { ...alone, flowEndMilliseconds: bed.now }));
    bed.pass(60_000);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(1_000);
    expect(tally.flows[0]!.counted[0]).toBe(1_000);
    expect(leftOut(bed)).toBe(2 * 60_000);
  });
});

describe('an agent that restarts while its aggregator continues', () => {
  it('continues its flows, and their totals include the traffic in between', () => {
    const tally = new RecordingTally();
    const bed = new TestBed({}, tally);
    const times = { flowStartMilliseconds: bed.now - 1_000 };
    bed.send(bed.source(times), bed.destination(times));
    bed.pass(1_000);
    bed.send(bed.source({ ...times, ...counts(9_000, 90, 500, 5, [0, 0, 0, 0]) }));
    expect(bed.pass(60_000)).toMatchObject([
      { octetDeltaCount: 8_000, octetDeltaCountFromSourceNode: 8_000 },
    ]);
    expect(bed.flows).toMatchObject({ received: 1, events: { correlated: 1 } });
    expect(tally.flows[0]!.counted[0]).toBe(9_000);
  });

  it('continues a flow with an unknown start', () => {
    const bed = new TestBed();
    const { source, destination } = longConnection(bed);
    bed.send(source(50_000, 1_000), destination(50_000, 1_000));
    bed.pass(1_000);
    for (const octets of [55_000, 56_000]) {
      bed.clock.advance(1_000);
      const { flowStartMilliseconds: _, ...record } = source(octets, 0, { flowEndMilliseconds: bed.now });
      bed.send(record);
    }
    expect(bed.flows).toMatchObject({ received: 1, held: 1 });
    const [record] = bed.pass(60_000);
    expect(record).toMatchObject({ octetDeltaCount: 6_000, destinationPodName: 'server' });
  });

  it('counts whole a flow that it never reported and that began after the aggregator', () => {
    const bed = new TestBed();
    bed.send(bed.source({ flowType: FlowType.toExternal, ...counts(5_000, 50, 0, 0, [0, 0, 0, 0]) }));
    expect(bed.pass(1_000)).toMatchObject([{ octetDeltaCount: 5_000 }]);
  });

  it('counts again from the current totals when its flow has left', () => {
    const bed = new TestBed();
    const start = { flowStartMilliseconds: bed.now - 1_000, flowType: FlowType.toExternal };
    bed.send(bed.source(start));
    bed.pass(200_000);
    expect(bed.flows.held).toBe(0);
    bed.send(bed.source({ ...start, ...counts(9_000, 90, 500, 5, [0, 0, 0, 0]) }));
    bed.pass(1_000);
    bed.send(
      bed.source({ ...start, flowEndMilliseconds: bed.now, ...counts(9_500, 95, 500, 5, [500, 5, 0, 0]) }),
    );
    bed.pass(60_000);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(1_500);
  });
});

describe('an observer that reports other ends than before', () => {
  const none = { sourcePodName: '', sourceNodeName: '' };

  it.each([4, 6])('continues its flow, which keeps its names and type: over IPv%i', (family) => {
    const ends =
      family === 4
        ? { sourceIP: '192.0.2.1', destinationIP: '198.51.100.2' }
        : { sourceIP: '2001:db8::1', destinationIP: '2001:db8:9::2' };
    const tally = new RecordingTally();
    const bed = new TestBed({}, tally);
    const start = { ...ends, flowStartMilliseconds: bed.now - 1_000, flowType: FlowType.toExternal };
    bed.send(bed.source(start));
    bed.pass(1_000);
    const told = [
      { ...none, flowType: FlowType.unspecified },
      { ...none, destinationNodeName: 'node-a', flowType: FlowType.fromExternal },
      { destinationNodeName: 'node-a', flowType: FlowType.intraNode },
    ];
    for (const [n, fields] of told.entries()) {
      bed.clock.advance(60_000);
      const octets = 2_000 + n * 1_000;
      bed.send(
        bed.source({
          ...start,
          ...fields,
          flowEndMilliseconds: bed.now,
          ...counts(octets, octets / 100, 500, 5, [1_000, 10, 0, 0]),
        }),
      );
    }
    bed.pass(60_000);
    expect(bed.flows).toMatchObject({ received: 1, held: 1 });
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(4_000);
    expect(tally.flows[0]!.counted[0]).toBe(4_000);
    for (const record of bed.reports) {
      expect(record).toMatchObject({ sourceNodeName: 'node-a', flowType: FlowType.toExternal });
      expect(record).not.toHaveProperty('destinationNodeName');
      expect(record).not.toHaveProperty('octetTotalCountFromDestinationNode');
    }
  });

  it('continues its half of a flow between two nodes', () => {
    const bed = new TestBed();
    const start = { flowStartMilliseconds: bed.now - 1_000 };
    bed.send(bed.source(start), bed.destination(start));
    bed.pass(1_000);
    bed.send(
      bed.source({
        ...start,
        ...none,
        flowType: FlowType.fromExternal,
        ...counts(4_000, 40, 500, 5, [3_000, 30, 0, 0]),
      }),
    );
    expect(bed.pass(60_000)).toMatchObject([
      { octetDeltaCount: 3_000, octetTotalCountFromSourceNode: 4_000, sourceNodeName: 'node-a', flowType: 2 },
    ]);
    expect(bed.flows).toMatchObject({ received: 1, held: 1 });
  });

  it('continues a flow that it translates', () => {
    const bed = new TestBed();
    const nat = { proxySnatIP: '192.0.2.9', proxySnatPort: 1_024, destinationServiceIP: '10.96.0.1' };
    const start = { ...nat, flowStartMilliseconds: bed.now - 1_000, flowType: FlowType.toExternal };
    bed.send(bed.source(start));
    bed.pass(1_000);
    bed.send(
      bed.source({
        ...start,
        ...none,
        destinationNodeName: 'node-a',
        ...counts(4_000, 40, 500, 5, [3_000, 30, 0, 0]),
      }),
    );
    expect(bed.pass(60_000)).toMatchObject([{ octetDeltaCount: 3_000 }]);
    expect(bed.flows).toMatchObject({ received: 1, held: 1 });
  });

  it('starts its own flow under a new number', () => {
    const bed = new TestBed();
    const start = { flowStartMilliseconds: bed.now - 1_000, flowType: FlowType.toExternal };
    bed.send(bed.source(start));
    bed.pass(1_000);
    bed.send(bed.source({ ...start, ...none, flowId: 99, ...counts(4_000, 40, 500, 5, [3_000, 30, 0, 0]) }));
    expect(bed.flows).toMatchObject({ received: 2, held: 2 });
  });
});
