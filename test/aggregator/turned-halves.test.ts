import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { counts, sum, TestBed } from './test-bed.ts';

const initiator = 1;
const reverseInitiator = 2;

/** A record on the wire has the elements of both ends, also where it has no value. */
const elsewhere = { destinationPodName: '', destinationNodeName: '' };

/** The client's node, which knows who opened the connection unless said otherwise. */
const client = (bed: TestBed, fields: FlowRecord = {}) =>
  bed.source({ ...elsewhere, ...counts(1_000, 10, 500, 5), biflowDirection: initiator, ...fields });

/** The server's node, which takes the server for the source. */
const server = (bed: TestBed, fields: FlowRecord = {}) =>
  bed.source({
    ...elsewhere,
    flowId: 22,
    sourceIP: '10.0.2.7',
    sourceTransportPort: 8080,
    sourcePodName: 'server',
    sourceNodeName: 'node-b',
    destinationIP: '10.0.1.5',
    destinationTransportPort: 40_000,
    ...counts(490, 4, 990, 9),
    biflowDirection: 0,
    ...fields,
  });

const joined = {
  sourceIP: '10.0.1.5',
  sourceTransportPort: 40_000,
  sourcePodName: 'client',
  sourceNodeName: 'node-a',
  destinationIP: '10.0.2.7',
  destinationTransportPort: 8080,
  destinationPodName: 'server',
  destinationNodeName: 'node-b',
  octetTotalCountFromSourceNode: 1_000,
  reverseOctetTotalCountFromSourceNode: 500,
  octetTotalCountFromDestinationNode: 990,
  reverseOctetTotalCountFromDestinationNode: 490,
};

describe('two halves, one with a direction guessed wrong', () => {
  it('are joined in the known direction when that half arrives first', () => {
    const bed = new TestBed();
    bed.send(client(bed));
    bed.send(server(bed));
    const [record, ...others] = bed.pass(1_000);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ ...joined, biflowDirection: initiator });
    expect(bed.flows.events).toEqual({ correlated: 1 });
  });

  it('are joined in the guessed direction when the guess arrives first, and the record shows that the destination opened the flow', () => {
    const bed = new TestBed();
    bed.send(server(bed));
    bed.send(client(bed));
    const [record, ...others] = bed.pass(1_000);
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      sourceIP: '10.0.2.7',
      sourcePodName: 'server',
      destinationIP: '10.0.1.5',
      destinationTransportPort: 40_000,
      destinationPodName: 'client',
      octetTotalCountFromSourceNode: 490,
      octetTotalCountFromDestinationNode: 500,
      reverseOctetTotalCountFromDestinationNode: 1_000,
      biflowDirection: reverseInitiator,
    });
    expect(bed.flows.events).toEqual({ correlated: 1 });
  });

  it('stay joined in further records, and the batch stays unchanged', () => {
    const bed = new TestBed();
    bed.send(client(bed));
    bed.send(server(bed));
    bed.pass(1_000);
    const start = bed.now - 2_000;
    const more = { flowStartMilliseconds: start, ...counts(590, 5, 1_090, 10, [100, 1, 100, 1]) };
    bed.send(server(bed, more));
    const [flow] = [...bed.aggregator.flows()];
    expect(flow).toMatchObject({
      ...joined,
      octetTotalCountFromDestinationNode: 1_090,
      reverseOctetTotalCountFromDestinationNode: 590,
    });
    expect(bed.flows.held).toBe(1);
    expect(bed.records).toMatchObject({ received: 3, sent: 3 });
  });

  it("are joined over NAT: the client's requested address is the destination before NAT", () => {
    const bed = new TestBed();
    const service = { destinationServiceIP: '10.96.0.1', destinationServicePort: 80 };
    bed.send(client(bed, service), server(bed, { proxySnatIP: '10.96.0.1', proxySnatPort: 80 }));
    expect(bed.pass(1_000)).toMatchObject([{ ...joined, ...service }]);
  });

  it('count nothing twice when only the guessed half continues after the removal of the flow', () => {
    const bed = new TestBed({ inactiveTimeoutMs: 60_000 });
    const start = bed.now - 1_000;
    bed.send(client(bed));
    bed.send(server(bed));
    bed.pass(130_000);
    expect(bed.flows.held).toBe(0);
    bed.send(server(bed, { flowStartMilliseconds: start, ...counts(590, 5, 1_090, 10, [100, 1, 100, 1]) }));
    bed.pass(60_000);
    const octets = (name: 'octetDeltaCount' | 'reverseOctetDeltaCount') => sum(bed.reports, name);
    expect(octets('octetDeltaCount') + octets('reverseOctetDeltaCount')).toBe(1_000 + 500 + 100 + 100);
  });

  it('stay two flows when both halves know who opened them', () => {
    const bed = new TestBed();
    bed.send(client(bed));
    bed.send(server(bed, { biflowDirection: initiator }));
    expect(bed.flows.held).toBe(2);
    expect(bed.flows.events).toEqual({});
  });
});
