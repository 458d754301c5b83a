import { describe, expect, it } from 'vitest';
import { counts, sum, TestBed } from './test-bed.ts';

describe('two halves of a flow', () => {
  it('are joined in one record in either order, reported at the next tick', () => {
    for (const order of ['source first', 'destination first']) {
      const bed = new TestBed();
      const halves = [
        bed.source({
          ...counts(1_000, 10, 500, 5),
          egressNetworkPolicyName: 'allow-out',
          egressNetworkPolicyRuleAction: 1,
          destinationServiceIP: '10.96.0.1',
          destinationServicePort: 80,
          destinationServicePortName: 'shop/cart:http',
        }),
        bed.destination({
          ...counts(990, 9, 510, 6),
          ingressNetworkPolicyName: 'allow-in',
          ingressNetworkPolicyRuleAction: 1,
          flowEndMilliseconds: bed.now + 250,
        }),
      ];
      if (order === 'destination first') halves.reverse();
      bed.send(halves[0]!);
      expect(bed.pass(5_000), order).toEqual([]);
      bed.send(halves[1]!);
      const [record, ...others] = bed.pass(1_000);
      expect(others).toEqual([]);
      expect(record, order).toEqual({
        flowStartMilliseconds: bed.now - 7_000,
        flowEndMilliseconds: bed.now - 5_750,
        flowEndReason: 2,
        flowId: 11,
        sourceIP: '10.0.1.5',
        destinationIP: '10.0.2.7',
        sourceTransportPort: 40_000,
        destinationTransportPort: 8080,
        protocolIdentifier: 6,
        flowType: 2,
        tcpState: 'ESTABLISHED',
        ...counts(1_000, 10, 510, 6),
        throughput: 8_000,
        reverseThroughput: 3_264,
        sourcePodName: 'client',
        sourceNodeName: 'node-a',
        destinationPodName: 'server',
        destinationNodeName: 'node-b',
        destinationServiceIP: '10.96.0.1',
        destinationServicePort: 80,
        destinationServicePortName: 'shop/cart:http',
        egressNetworkPolicyName: 'allow-out',
        egressNetworkPolicyRuleAction: 1,
        ingressNetworkPolicyName: 'allow-in',
        ingressNetworkPolicyRuleAction: 1,
        octetTotalCountFromSourceNode: 1_000,
        octetDeltaCountFromSourceNode: 1_000,
        packetTotalCountFromSourceNode: 10,
        packetDeltaCountFromSourceNode: 10,
        reverseOctetTotalCountFromSourceNode: 500,
        reverseOctetDeltaCountFromSourceNode: 500,
        reversePacketTotalCountFromSourceNode: 5,
        reversePacketDeltaCountFromSourceNode: 5,
        octetTotalCountFromDestinationNode: 990,
        octetDeltaCountFromDestinationNode: 990,
        packetTotalCountFromDestinationNode: 9,
        packetDeltaCountFromDestinationNode: 9,
        reverseOctetTotalCountFromDestinationNode: 510,
        reverseOctetDeltaCountFromDestinationNode: 510,
        reversePacketTotalCountFromDestinationNode: 6,
        reversePacketDeltaCountFromDestinationNode: 6,
        flowEndSecondsFromSourceNode: bed.now - 6_000,
        flowEndSecondsFromDestinationNode: bed.now - 5_750,
        throughputFromSourceNode: 8_000,
        reverseThroughputFromSourceNode: 4_000,
        throughputFromDestinationNode: 6_336,
        reverseThroughputFromDestinationNode: 3_264,
      });
      expect(bed.flows.events).toEqual({ correlated: 1 });
      expect(bed.flows.held).toBe(1);
    }
  });

  it('are joined over IPv6, too', () => {
    const bed = new TestBed();
    const ends = { sourceIP: '2001:db8::1', destinationIP: '2001:db8:0:2::9' };
    bed.send(
      bed.source(ends),
      bed.destination(ends),
      bed.source({ ...ends, destinationIP: '2001:db8:0:3::9' }),
    );
    expect(bed.pass(1_000)).toMatchObject([
      { ...ends, sourcePodName: 'client', destinationPodName: 'server' },
    ]);
  });

  it('are not joined when any part of the 5-tuple differs', () => {
    for (const other of [
      { sourceIP: '10.0.1.6' },
      { destinationIP: '10.0.2.8' },
      { sourceTransportPort: 40_001 },
      { destinationTransportPort: 8081 },
      { protocolIdentifier: 17 },
    ]) {
      const bed = new TestBed();
      bed.send(bed.source(), bed.destination(other));
      expect(bed.flows.held).toBe(2);
    }
  });

  it('are joined by the flow type that follows from their observers, if the agents report none', () => {
    const bed = new TestBed();
    bed.send(bed.source({ flowType: 0 }), bed.destination({ flowType: 0 }));
    expect(bed.pass(1_000)).toMatchObject([{ flowType: 2 }]);
  });

  it('are joined if the gap between their clocks is within the tolerance, and not beyond it', () => {
    const bed = new TestBed({ clockSkewMs: 5_000 });
    const second = { flowStartMilliseconds: bed.now, flowEndMilliseconds: bed.now };
    const apart = (ms: number) => ({
      flowStartMilliseconds: bed.now + ms,
      flowEndMilliseconds: bed.now + ms,
      sourceTransportPort: ms,
    });
    bed.send(bed.source({ ...second, sourceTransportPort: 5_000 }), bed.destination(apart(5_000)));
    expect(bed.flows.held).toBe(1);
    bed.send(bed.source({ ...second, sourceTransportPort: 5_001 }), bed.destination(apart(5_001)));
    expect(bed.flows.held).toBe(3);
  });
});

describe('an unmatched half', () => {
  it('is reported after the wait, counted, without values of the missing node', () => {
    const bed = new TestBed({ correlationWaitMs: 10_000 });
    bed.send(bed.source());
    expect(bed.pass(9_000)).toEqual([]);
    const [record] = bed.pass(2_000);
    expect(record).toMatchObject({ octetTotalCount: 1_000, octetTotalCountFromSourceNode: 1_000 });
    expect(Object.keys(record!).filter((name) => /Destination(Node|Pod)/.test(name))).toEqual([]);
    expect(bed.flows.events).toEqual({ uncorrelated: 1 });
  });

  it('is joined by a late other half without counting anything twice', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    bed.send(bed.destination(counts(900, 9, 500, 5)));
    expect(bed.pass(11_000)).toMatchObject([{ octetTotalCount: 900, octetDeltaCount: 900 }]);
    bed.send(bed.source({ ...counts(1_000, 10, 500, 5), flowStartMilliseconds: start }));
    expect(bed.pass(1_000)).toMatchObject([
      {
        octetTotalCount: 1_000,
        octetDeltaCount: 100,
        octetDeltaCountFromSourceNode: 1_000,
        octetDeltaCountFromDestinationNode: 0,
      },
    ]);
    expect(bed.flows.events).toEqual({ uncorrelated: 1, 'correlated late': 1 });
  });

  it("determines the flow's count while the late half has counted less", () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    bed.send(bed.destination(counts(900, 9, 500, 5)));
    bed.pass(11_000);
    bed.send(bed.source({ ...counts(800, 8, 400, 4), flowStartMilliseconds: start }));
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 900, octetDeltaCount: 0 }]);
    bed.send(
      bed.source({ ...counts(2_000, 20, 1_000, 10), flowStartMilliseconds: start, flowEndReason: 3 }),
      bed.destination({ ...counts(1_900, 19, 1_000, 10), flowStartMilliseconds: start, flowEndReason: 3 }),
    );
    expect(bed.pass(1_000)).toMatchObject([{ octetTotalCount: 2_000, octetDeltaCount: 1_100 }]);
    expect(sum(bed.reports, 'octetDeltaCount')).toBe(2_000);
    expect(sum(bed.reports, 'reverseOctetDeltaCount')).toBe(1_000);
    expect(sum(bed.reports, 'octetDeltaCountFromDestinationNode')).toBe(1_900);
  });

  it('is reported at once and not counted as unmatched when the wait is zero', () => {
    const bed = new TestBed({ correlationWaitMs: 0 });
    bed.send(bed.source());
    expect(bed.pass(1_000)).toHaveLength(1);
    expect(bed.flows.events).toEqual({});
  });
});

describe('a flow that needs no other half', () => {
  const cases = {
    'to the outside': { flowType: 3 },
    'denied on its way out': { egressNetworkPolicyRuleAction: 2 },
    'rejected on its way out': { egressNetworkPolicyRuleAction: 3 },
  };
  for (const [what, fields] of Object.entries(cases)) {
    it(`is reported at the next tick: ${what}`, () => {
      const bed = new TestBed();
      bed.send(bed.source(fields));
      expect(bed.pass(1_000)).toMatchObject([{ ...fields, octetTotalCountFromSourceNode: 1_000 }]);
      expect(bed.flows.events).toEqual({});
    });
  }

  it('is reported at the next tick: rejected by the destination, where only that node may know', () => {
    const bed = new TestBed();
    bed.send(bed.destination({ ingressNetworkPolicyRuleAction: 3 }));
    expect(bed.pass(1_000)).toHaveLength(1);
  });

  it('does need it when the destination dropped the flow, because the source saw an unanswered connection', () => {
    const bed = new TestBed();
    bed.send(bed.destination({ ingressNetworkPolicyRuleAction: 2, ...counts(180, 3, 0, 0) }));
    expect(bed.pass(2_000)).toEqual([]);
    bed.send(bed.source(counts(240, 4, 0, 0)));
    expect(bed.pass(1_000)).toMatchObject([
      { ingressNetworkPolicyRuleAction: 2, octetTotalCount: 240, octetTotalCountFromDestinationNode: 180 },
    ]);
  });

  it('has the counters of both nodes from the one node that has both ends', () => {
    const bed = new TestBed();
    bed.send(bed.source({ destinationPodName: 'server', destinationNodeName: 'node-a', flowType: 1 }));
    expect(bed.pass(1_000)).toMatchObject([
      {
        flowType: 1,
        octetTotalCount: 1_000,
        octetDeltaCountFromSourceNode: 1_000,
        octetDeltaCountFromDestinationNode: 1_000,
        throughputFromDestinationNode: 8_000,
      },
    ]);
  });

  it("stays one flow when the node learns the other end's name later", () => {
    const bed = new TestBed();
    bed.send(bed.source({ flowType: 3 }));
    bed.pass(1_000);
    const later = { flowStartMilliseconds: bed.now - 2_000, destinationPodName: 'server', flowType: 3 };
    bed.send(bed.source({ ...later, ...counts(1_500, 15, 500, 5) }));
    bed.send(bed.source({ ...later, ...counts(1_500, 15, 500, 5), flowEndMilliseconds: bed.now + 1 }));
    expect(bed.flows.held).toBe(1);
    expect(bed.pass(60_000)).toMatchObject([
      { destinationPodName: 'server', octetTotalCountFromDestinationNode: 1_500, octetDeltaCount: 500 },
    ]);
  });
});

describe('an exporter that has neither end', () => {
  const router = (domain: number, port = 1) => ({
    exporter: `192.0.2.1:${port}`,
    observationDomainId: domain,
  });

  it('has its own flows, with common counters only', () => {
    const bed = new TestBed();
    bed.send(bed.source(), bed.destination());
    bed.sendFrom(router(1), bed.connection({ flowType: 0 }));
    bed.sendFrom(router(2), bed.connection({ flowType: 0 }));
    expect(bed.flows.held).toBe(3);
    const [, record] = bed.pass(1_000);
    expect(record).toMatchObject({ octetTotalCount: 1_000, throughput: 8_000 });
    expect(Object.keys(record!).filter((name) => /From(Source|Destination)Node/.test(name))).toEqual([]);
  });

  it('is recognised by its address and domain when its session has another port', () => {
    const bed = new TestBed();
    const start = bed.now - 1_000;
    bed.sendFrom(router(1, 5_000), bed.connection({ flowStartMilliseconds: start }));
    bed.sendFrom(
      router(1, 5_001),
      bed.connection({ flowStartMilliseconds: start, flowEndMilliseconds: bed.now + 9 }),
    );
    expect(bed.flows.held).toBe(1);
  });
});

it('pings with different identifiers are different flows', () => {
  const bed = new TestBed();
  const ping = (identifier: number) => ({
    protocolIdentifier: 1,
    sourceTransportPort: identifier,
    destinationTransportPort: 0,
    icmpTypeCode: 0x0800,
    flowType: 3,
  });
  bed.send(bed.source(ping(7)), bed.source(ping(8)));
  expect(bed.pass(1_000)).toMatchObject([{ sourceTransportPort: 7 }, { sourceTransportPort: 8 }]);
});

it('a record without any address is dropped and counted', () => {
  const bed = new TestBed();
  bed.send({ octetTotalCount: 7, flowEndMilliseconds: bed.now });
  expect(bed.records).toMatchObject({ received: 1, sent: 0, dropped: { 'without addresses': 1 } });
});
