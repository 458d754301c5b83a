import { describe, expect, it } from 'vitest';
import { type FlowRecord, Observer } from '../../src/flow/index.ts';
import { RecordingTally } from './recording-tally.ts';
import { counts, sum, TestBed } from './test-bed.ts';

const ends = {
  IPv4: { sourceIP: '10.0.1.5', destinationIP: '10.0.2.7' },
  IPv6: { sourceIP: 'fd00:1::5', destinationIP: 'fd00:2::7' },
};

/**
 * A UDP flow whose source moved from node-a to node-c after 1,000 octets. Node-b, where its destination is,
 * has all of it under one number.
 */
class MovedFlow {
  readonly tally = new RecordingTally();
  readonly bed = new TestBed({ inactiveTimeoutMs: 300_000 }, this.tally);
  readonly #addresses: FlowRecord;
  readonly #start = this.bed.now;

  constructor(addresses: FlowRecord) {
    this.#addresses = { ...addresses, protocolIdentifier: 17, tcpState: '' };
  }

  before(octets: number, delta = octets): void {
    this.#send('source', octets, delta, { flowId: 11, sourceNodeName: 'node-a' });
  }

  after(octets: number, delta: number, startedAfterMs: number): void {
    const flowStartMilliseconds = this.#start + startedAfterMs;
    this.#send('source', octets, delta, { flowId: 33, sourceNodeName: 'node-c', flowStartMilliseconds });
  }

  staying(octets: number, delta: number, further: FlowRecord = {}): void {
    this.#send('destination', octets, delta, { flowId: 22, ...further });
  }

  #send(side: 'source' | 'destination', octets: number, delta: number, fields: FlowRecord): void {
    this.bed.send(
      this.bed[side]({
        ...this.#addresses,
        ...counts(octets, octets / 100, 0, 0, [delta, delta / 100, 0, 0]),
        flowStartMilliseconds: this.#start,
        observationPointId: Observer[side],
        ...fields,
      }),
    );
  }
}

describe.each(Object.entries(ends))(
  'a UDP flow over %s, when its source moves between watched nodes',
  (_, addresses) => {
    it('counts once: the old flow continues, and the flow with the new number leaves its octets out', () => {
      const flow = new MovedFlow(addresses);
      const { bed } = flow;
      flow.before(1_000);
      flow.staying(1_000, 1_000);
      expect(bed.pass(10_000)).toHaveLength(1);
      flow.after(2_000, 2_000, 6_000);
      flow.staying(3_000, 2_000);
      expect(bed.pass(61_000)).toHaveLength(2);
      flow.after(5_000, 3_000, 6_000);
      flow.staying(6_000, 3_000);
      bed.pass(61_000);
      expect(sum(bed.reports, 'octetDeltaCount')).toBe(6_000);
      expect(flow.tally.flows.map(({ counted }) => counted[0])).toEqual([6_000, 0]);
      expect(bed.flows.events).toEqual({
        correlated: 1,
        uncorrelated: 1,
        'counted with another flow': 1,
        'octets left out': 5_000,
      });
    });

    it('keeps its node and type, and the other flow shows the counts of the new node', () => {
      const flow = new MovedFlow(addresses);
      const { bed } = flow;
      flow.before(1_000);
      flow.staying(1_000, 1_000);
      bed.pass(10_000);
      flow.after(2_000, 2_000, 6_000);
      flow.staying(3_000, 2_000);
      const [one, other] = bed.pass(61_000).sort((a, b) => a.flowId! - b.flowId!);
      expect(one).toMatchObject({ sourceNodeName: 'node-a', destinationNodeName: 'node-b', flowType: 2 });
      expect(one).toMatchObject({ octetTotalCount: 3_000, octetDeltaCount: 2_000 });
      expect(other).toMatchObject({ sourceNodeName: 'node-c', octetTotalCount: 2_000, octetDeltaCount: 0 });
      expect(other).toMatchObject({ octetDeltaCountFromSourceNode: 2_000 });
    });

    it('is counted once when the old node sends its first record last', () => {
      const flow = new MovedFlow(addresses);
      const { bed } = flow;
      bed.pass(7_000);
      flow.after(2_000, 2_000, 6_000);
      flow.staying(3_000, 3_000);
      flow.before(1_000);
      bed.pass(11_000);
      expect(sum(bed.reports, 'octetDeltaCount')).toBe(3_000);
      expect(bed.flows.events['octets left out']).toBe(1_000);
    });

    it('is counted once when the end that stays sends its first record after both others were reported', () => {
      const flow = new MovedFlow(addresses);
      const { bed } = flow;
      flow.before(1_000);
      bed.pass(20_000);
      flow.after(2_000, 2_000, 6_000);
      bed.pass(20_000);
      expect(sum(bed.reports, 'octetDeltaCount')).toBe(3_000);
      flow.staying(3_500, 3_500);
      flow.after(2_600, 600, 6_000);
      bed.pass(61_000);
      flow.staying(4_000, 500);
      flow.after(3_000, 400, 6_000);
      bed.pass(61_000);
      const counted = flow.tally.flows.reduce((octets, { counted }) => octets + counted[0], 0);
      expect([sum(bed.reports, 'octetDeltaCount'), counted]).toEqual([3_500, 3_500]);
      expect(bed.flows.events).toMatchObject({ 'counted with another flow': 1, 'correlated late': 1 });
      expect(bed.flows.events['octets left out']).toBeGreaterThanOrEqual(500);
    });

    it('is counted again by the new node once the old flow has left', () => {
      const flow = new MovedFlow(addresses);
      const { bed } = flow;
      flow.before(1_000);
      flow.staying(1_000, 1_000);
      bed.pass(10_000);
      flow.after(2_000, 2_000, 6_000);
      bed.pass(61_000);
      for (let minute = 1; minute <= 10; minute++) {
        flow.after(2_000 + minute * 100, 100, 6_000);
        bed.pass(61_000);
      }
      const told = sum(bed.reports, 'octetDeltaCount');
      expect(told).toBeGreaterThan(1_000);
      expect(told + bed.flows.events['octets left out']!).toBe(4_000);
      expect(flow.tally.closed.map(({ counted }) => counted[0])).toEqual([1_000]);
    });

    it('is counted once when the aggregator stops before the wait for the other half is over', async () => {
      const flow = new MovedFlow(addresses);
      const { bed } = flow;
      flow.before(1_000);
      flow.staying(1_000, 1_000);
      bed.pass(10_000);
      flow.after(2_000, 2_000, 6_000);
      flow.staying(3_000, 2_000);
      await bed.aggregator.stop(0);
      expect(sum(bed.reports, 'octetDeltaCount')).toBe(3_000);
    });
  },
);

it('a new flow on the same ports counts whole after the old one has ended, even from one node alone', () => {
  const flow = new MovedFlow(ends.IPv4);
  const { bed } = flow;
  flow.before(1_000);
  flow.staying(1_000, 1_000, { flowEndReason: 3 });
  bed.pass(20_000);
  flow.after(2_000, 2_000, 20_000);
  bed.pass(61_000);
  expect(sum(bed.reports, 'octetDeltaCount')).toBe(3_000);
  expect(bed.flows.events).not.toHaveProperty('octets left out');
});
