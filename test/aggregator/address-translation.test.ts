import { describe, expect, it } from 'vitest';
import type { FlowRecord } from '../../src/flow/index.ts';
import { TestBed } from './test-bed.ts';

/** Both orders in which two halves can come. */
function inBothOrders(halves: (bed: TestBed) => [FlowRecord, FlowRecord], expected: FlowRecord): void {
  for (const isReversed of [false, true]) {
    const bed = new TestBed();
    const pair = halves(bed);
    if (isReversed) pair.reverse();
    bed.send(pair[0]);
    bed.send(pair[1]);
    expect(bed.flows, isReversed ? 'destination first' : 'source first').toMatchObject({
      held: 1,
      events: { correlated: 1 },
    });
    expect(bed.pass(1_000)).toMatchObject([
      { sourceNodeName: 'node-a', destinationNodeName: 'node-b', ...expected },
    ]);
    // Later records of both halves find the flow again.
    bed.send(...pair.map((half) => ({ ...half, flowEndMilliseconds: bed.now + 1_000, flowEndReason: 3 })));
    expect(bed.flows.held).toBe(1);
    expect(bed.pass(1_000)).toMatchObject([{ ...expected, flowEndReason: 3 }]);
    bed.pass(100_000);
    expect(bed.flows.held).toBe(0);
  }
}

describe('address translation', () => {
  it('of the destination on the source node: both nodes know the final destination', () => {
    const service = { destinationServiceIP: '10.96.0.1', destinationServicePort: 80 };
    inBothOrders((bed) => [bed.source(service), bed.destination()], {
      destinationIP: '10.0.2.7',
      destinationTransportPort: 8080,
      ...service,
    });
  });

  it('of the destination on the destination node: the source knows only the requested address', () => {
    const called = { destinationIP: '192.0.2.10', destinationTransportPort: 443 };
    inBothOrders(
      (bed) => [
        bed.source(called),
        bed.destination({ destinationServiceIP: '192.0.2.10', destinationServicePort: 443 }),
      ],
      {
        destinationIP: '10.0.2.7',
        destinationTransportPort: 8080,
        destinationServiceIP: '192.0.2.10',
        destinationServicePort: 443,
      },
    );
  });

  it('of the destination address only, of a protocol without ports', () => {
    const noPorts = { protocolIdentifier: 47, sourceTransportPort: 0, destinationTransportPort: 0 };
    inBothOrders(
      (bed) => [
        bed.source({ ...noPorts, destinationIP: '192.0.2.10' }),
        bed.destination({ ...noPorts, destinationServiceIP: '192.0.2.10' }),
      ],
      { destinationIP: '10.0.2.7', destinationServiceIP: '192.0.2.10' },
    );
  });

  it('of the destination, reported by both nodes', () => {
    const service = { destinationServiceIP: '10.96.0.1', destinationServicePort: 80 };
    inBothOrders((bed) => [bed.source(service), bed.destination(service)], {
      destinationIP: '10.0.2.7',
      ...service,
    });
  });

  it('of the source on the source node: the record contains the real source and its translated address', () => {
    const translated = { proxySnatIP: '172.16.0.1', proxySnatPort: 61_000 };
    inBothOrders(
      (bed) => [
        bed.source(translated),
        bed.destination({ sourceIP: '172.16.0.1', sourceTransportPort: 61_000 }),
      ],
      { sourceIP: '10.0.1.5', sourceTransportPort: 40_000, ...translated },
    );
  });

  describe('of an outside flow through a node with neither end, which counts as the source', () => {
    const fromOutside: FlowRecord = {
      sourceIP: '203.0.113.9',
      sourceTransportPort: 5_555,
      proxySnatIP: '172.16.0.1',
      proxySnatPort: 61_000,
      destinationServiceIP: '172.16.0.1',
      destinationServicePort: 30_080,
      flowType: 4,
    };
    const translated = { sourceIP: '172.16.0.1', sourceTransportPort: 61_000 };
    const halvesOf = (bed: TestBed) => ({
      source: bed.connection({ ...fromOutside, flowId: 11, sourceNodeName: 'node-a' }),
      destination: bed.destination({ ...translated, flowType: 2 }),
    });
    const whole = {
      ...fromOutside,
      sourceNodeName: 'node-a',
      destinationNodeName: 'node-b',
      destinationPodName: 'server',
    };

    it.each(['source', 'destination'] as const)(
      'joins both halves when that of the %s comes first',
      (first) => {
        const bed = new TestBed();
        const { source, destination } = halvesOf(bed);
        bed.send(...(first === 'source' ? [source, destination] : [destination, source]));
        expect(bed.pass(1_000)).toMatchObject([whole]);
        expect(bed.flows.events).toEqual({ correlated: 1 });
      },
    );

    it('has the client, the Service and the translated address when only that node reports', () => {
      const bed = new TestBed();
      bed.send(halvesOf(bed).source);
      const [report, ...others] = bed.pass(60_000);
      expect(others).toEqual([]);
      expect(report).toMatchObject({ ...fromOutside, sourceNodeName: 'node-a', destinationIP: '10.0.2.7' });
      expect(report).not.toHaveProperty('destinationNodeName');
      expect(bed.flows.events).toEqual({ uncorrelated: 1 });
    });

    it('has the translated address as its source when only the node of the Pod reports', () => {
      const bed = new TestBed();
      bed.send(halvesOf(bed).destination);
      const [report, ...others] = bed.pass(60_000);
      expect(others).toEqual([]);
      expect(report).toMatchObject({ ...translated, destinationNodeName: 'node-b', flowType: 2 });
      expect(bed.flows.events).toEqual({ uncorrelated: 1 });
    });

    it.each(['source', 'destination'] as const)(
      'is whole in its next report when the other half comes after that of the %s was reported',
      (first) => {
        const bed = new TestBed();
        const halves = halvesOf(bed);
        bed.send(halves[first]);
        expect(bed.pass(60_000)).toHaveLength(1);
        bed.send(halves[first === 'source' ? 'destination' : 'source']);
        const grown = { flowEndMilliseconds: bed.now, octetTotalCount: 3_000, octetDeltaCount: 2_000 };
        bed.send({ ...halves.source, ...grown }, { ...halves.destination, ...grown });
        expect(bed.pass(60_000).at(-1)).toMatchObject({ ...whole, octetTotalCount: 3_000 });
        expect(bed.flows).toMatchObject({ held: 1, events: { uncorrelated: 1, 'correlated late': 1 } });
      },
    );
  });

  it('of the source on the destination node does not separate the halves', () => {
    inBothOrders(
      (bed) => [bed.source(), bed.destination({ proxySnatIP: '172.16.0.2', proxySnatPort: 62_000 })],
      { sourceIP: '10.0.1.5', proxySnatIP: '172.16.0.2', proxySnatPort: 62_000 },
    );
  });

  it('works over IPv6', () => {
    const ends = { sourceIP: '2001:db8::5', destinationIP: '2001:db8::7' };
    const service = { destinationServiceIP: 'fd00:96::1', destinationServicePort: 80 };
    const translated = { proxySnatIP: 'fd00::1', proxySnatPort: 61_000 };
    inBothOrders(
      (bed) => [
        bed.source({ ...ends, ...service, ...translated }),
        bed.destination({ ...ends, sourceIP: 'fd00::1', sourceTransportPort: 61_000 }),
      ],
      { ...ends, ...service, ...translated },
    );
  });

  it('0.0.0.0 means no address', () => {
    inBothOrders(
      (bed) => [
        bed.source({ proxySnatIP: '0.0.0.0', destinationServiceIP: '0.0.0.0' }),
        bed.destination({ proxySnatIP: '0.0.0.0', destinationServiceIP: '0.0.0.0' }),
      ],
      { sourceIP: '10.0.1.5', destinationIP: '10.0.2.7' },
    );
  });
});
