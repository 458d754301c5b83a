import { describe, expect, it } from 'vitest';
import { type FlowRecord, FlowType, Observer } from '../../src/flow/index.ts';
import { counts, sum, TestBed } from './test-bed.ts';

const allNames: FlowRecord = {
  sourcePodName: 'client',
  sourceNodeName: 'node-a',
  destinationPodName: 'server',
  destinationNodeName: 'node-b',
};

/** By kind of agent, what its half says of who observed the flow. */
const agents = {
  'names both ends': (observer: Observer) => ({ ...allNames, observationPointId: observer }),
  'names no end': (observer: Observer) => ({
    sourcePodName: '',
    sourceNodeName: '',
    destinationPodName: '',
    destinationNodeName: '',
    observationPointId: observer,
  }),
  'says it by names alone': () => ({}),
};
const kinds = Object.keys(agents) as (keyof typeof agents)[];
const pairs = kinds.flatMap((source) => kinds.map((destination) => [source, destination] as const));

describe('two halves', () => {
  it.each(pairs)('are joined where one agent %s and the other %s', (source, destination) => {
    for (const isSourceFirst of [true, false]) {
      const bed = new TestBed();
      const halves = [
        bed.source({ ...counts(1_000, 10, 500, 5), ...agents[source](Observer.source) }),
        bed.destination({ ...counts(990, 9, 510, 6), ...agents[destination](Observer.destination) }),
      ];
      for (const half of isSourceFirst ? halves : halves.reverse()) {
        bed.send(half);
        bed.clock.advance(2_000);
      }
      const [record, ...others] = bed.take();
      expect(others).toEqual([]);
      expect(record).toMatchObject({
        ...counts(1_000, 10, 510, 6),
        octetTotalCountFromSourceNode: 1_000,
        octetTotalCountFromDestinationNode: 990,
      });
      expect(bed.flows.events).toEqual({ correlated: 1 });
    }
  });

  it('with all names continue in one flow, and each octet counts once', async () => {
    const bed = new TestBed();
    for (const octets of [1_000, 5_000]) {
      bed.send(bed.source({ ...allNames, observationPointId: Observer.source, ...totals(bed, octets) }));
      bed.send(
        bed.destination({ ...allNames, observationPointId: Observer.destination, ...totals(bed, octets) }),
      );
      bed.clock.advance(61_000);
    }
    await bed.aggregator.stop(0);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(5_000);
    expect(bed.flows.received).toBe(1);
  });

  it('of a node with both ends, or neither, do not wait, with any names', () => {
    for (const observer of [Observer.both, Observer.neither]) {
      const bed = new TestBed();
      bed.send(bed.source({ flowType: FlowType.unspecified, observationPointId: observer }));
      expect(bed.pass(1_000)).toHaveLength(1);
      expect(bed.flows.events).toEqual({});
    }
  });
});

describe('a record of another aggregator', () => {
  /** What an aggregator sends that has heard of these nodes, and has names for both ends. */
  const aggregated = (bed: TestBed, ...nodes: ('Source' | 'Destination')[]) =>
    bed.connection({
      ...allNames,
      ...Object.fromEntries(nodes.map((node) => [`flowEndSecondsFrom${node}Node`, bed.now])),
    });

  it("is the half of the node that its counters belong to, and joins the other node's half", () => {
    const bed = new TestBed();
    bed.send({ ...aggregated(bed, 'Source'), flowId: 11 });
    expect(bed.pass(5_000)).toEqual([]);
    bed.send({ ...aggregated(bed, 'Destination'), flowId: 22, flowStartMilliseconds: bed.now - 6_000 });
    expect(bed.pass(1_000)).toHaveLength(1);
    expect(bed.flows.events).toEqual({ correlated: 1 });
  });

  it('is whole with the counters of both', () => {
    const bed = new TestBed();
    bed.send(aggregated(bed, 'Source', 'Destination'));
    expect(bed.pass(1_000)).toHaveLength(1);
    expect(bed.flows.events).toEqual({});
  });
});

it('a report shows through the counters of each node who observed the flow', () => {
  const bed = new TestBed();
  bed.send(bed.source({ flowType: FlowType.toExternal, observationPointId: Observer.source }));
  const [record] = bed.pass(1_000);
  expect(record).toHaveProperty('octetTotalCountFromSourceNode');
  expect(record).not.toHaveProperty('octetTotalCountFromDestinationNode');
  expect(record).not.toHaveProperty('observationPointId');
});

/** Totals of a flow that began when the test did, as they stand now. */
function totals(bed: TestBed, octets: number): FlowRecord {
  const isFirst = octets === 1_000;
  return {
    ...counts(octets, 10, 0, 0, [isFirst ? 1_000 : octets - 1_000, isFirst ? 10 : 0, 0, 0]),
    flowStartMilliseconds: bed.clock.now() - (isFirst ? 1_000 : 62_000),
  };
}
