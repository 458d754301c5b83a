import { describe, expect, it } from 'vitest';
import { type FlowRecord, Observer } from '../../src/flow/index.ts';
import { RecordingTally } from './recording-tally.ts';
import { counts, sum, TestBed } from './test-bed.ts';

const { source, destination, both, neither } = Observer;

/** A flow between two nodes. The agents of either may know late that it has an end. */
class LateFlow {
  readonly tally = new RecordingTally();
  readonly bed = new TestBed({ inactiveTimeoutMs: 300_000 }, this.tally);
  readonly #start = this.bed.now;

  client(observationPointId: Observer, octets: number, delta = octets, further: FlowRecord = {}): void {
    const names = observationPointId === neither ? {} : { sourceNodeName: 'node-a' };
    this.#send({ flowId: 11, observationPointId, ...names, ...further }, octets, delta);
  }

  server(observationPointId: Observer, octets: number, delta = octets, further: FlowRecord = {}): void {
    const names = observationPointId === neither ? {} : { destinationNodeName: 'node-b' };
    this.#send({ flowId: 22, observationPointId, ...names, ...further }, octets, delta);
  }

  /** Octets of all records, and of the tally. */
  get counted(): number[] {
    const { tally } = this;
    const tallied = [...tally.flows, ...tally.closed].reduce((octets, { counted }) => octets + counted[0], 0);
    return [sum(this.bed.reports, 'octetDeltaCount'), tallied];
  }

  #send(fields: FlowRecord, octets: number, delta: number): void {
    const octetCounts = counts(octets, octets / 100, 0, 0, [delta, delta / 100, 0, 0]);
    const origin = { exporter: fields.flowId === 22 ? '192.0.2.2:4739' : '192.0.2.1:4739' };
    const record = this.bed.connection({
      flowStartMilliseconds: this.#start,
      flowType: 0,
      ...octetCounts,
      ...fields,
    });
    this.bed.sendFrom({ observationDomainId: 1, ...origin }, record);
  }
}

describe('a half whose agent did not know at first that its node has an end', () => {
  it.each([
    ['source', source, destination],
    ['destination', destination, source],
  ])('joins the other half from then on, at the %s', (_, own, others) => {
    const flow = new LateFlow();
    const { bed } = flow;
    const [late, early] = own === source ? [flow.client, flow.server] : [flow.server, flow.client];
    late.call(flow, neither, 1_000);
    early.call(flow, others, 1_000);
    bed.pass(2_000);
    late.call(flow, own, 2_000, 1_000);
    const [joined] = bed.pass(2_000);
    expect(joined).toMatchObject({
      octetTotalCount: 2_000,
      octetDeltaCount: 1_000,
      octetTotalCountFromSourceNode: own === source ? 2_000 : 1_000,
      octetTotalCountFromDestinationNode: own === source ? 1_000 : 2_000,
      sourceNodeName: 'node-a',
      destinationNodeName: 'node-b',
    });
    early.call(flow, others, 3_000, 2_000);
    late.call(flow, own, 3_000, 1_000);
    bed.pass(61_000);
    expect(flow.counted).toEqual([3_000, 3_000]);
    expect(bed.flows.events).toEqual({ 'observer known late': 1, correlated: 1 });
    expect(bed.aggregator.size).toBe(1);
  });

  it('says how many octets both halves have counted when the other was reported alone', () => {
    const flow = new LateFlow();
    const { bed } = flow;
    flow.client(neither, 1_000);
    flow.server(destination, 900);
    bed.pass(20_000);
    expect(flow.counted).toEqual([1_900, 1_900]);
    flow.server(destination, 1_400, 500);
    flow.client(source, 1_500, 500);
    bed.pass(61_000);
    flow.client(source, 2_000, 500);
    flow.server(destination, 2_100, 700);
    bed.pass(61_000);
    expect(bed.flows.events).toEqual({
      'observer known late': 1,
      'octets counted twice': 1_000,
      uncorrelated: 1,
      'correlated late': 1,
    });
    expect(flow.counted).toEqual([2_100 + 1_000, 2_100 + 1_000]);
  });

  it.each([source, destination])('waits for the other half, which joins as it comes (observer %i)', (own) => {
    const flow = new LateFlow();
    const { bed } = flow;
    const [late, early] = own === source ? [flow.client, flow.server] : [flow.server, flow.client];
    const service = { destinationServiceIP: '10.96.0.1', destinationServicePort: 80 };
    late.call(flow, neither, 1_000, 1_000, service);
    bed.pass(2_000);
    late.call(flow, own, 2_000, 1_000, service);
    bed.pass(61_000);
    early.call(flow, own === source ? destination : source, 2_500, 2_500);
    late.call(flow, own, 2_600, 600, service);
    bed.pass(61_000);
    expect(flow.counted).toEqual([2_600, 2_600]);
    expect(bed.flows.events).toEqual({ 'observer known late': 1, 'correlated late': 1 });
    expect(bed.reports.at(-1)).toMatchObject({ sourceNodeName: 'node-a', destinationNodeName: 'node-b' });
  });

  it('joins when neither agent knew at first', () => {
    const flow = new LateFlow();
    const { bed } = flow;
    flow.client(neither, 1_000);
    flow.server(neither, 1_000);
    bed.pass(2_000);
    flow.client(source, 2_000, 1_000);
    flow.server(destination, 2_000, 1_000);
    bed.pass(61_000);
    expect(flow.counted).toEqual([3_000, 3_000]);
    expect(bed.flows.events).toEqual({
      'observer known late': 2,
      'octets counted twice': 1_000,
      'correlated late': 1,
    });
    expect(bed.aggregator.size).toBe(1);
  });

  it('counts once when nothing was reported before', () => {
    const flow = new LateFlow();
    const { bed } = flow;
    flow.client(neither, 1_000);
    flow.client(source, 2_000, 1_000);
    flow.server(destination, 2_000);
    bed.pass(61_000);
    expect(flow.counted).toEqual([2_000, 2_000]);
    expect(bed.flows.events).toEqual({ 'observer known late': 1, correlated: 1 });
  });

  it('joins when its records have no number, like those of denied connections', () => {
    const flow = new LateFlow();
    const { bed } = flow;
    flow.client(neither, 1_000, 1_000, { flowId: 0 });
    bed.pass(2_000);
    flow.client(source, 2_000, 1_000, { flowId: 0 });
    flow.server(destination, 2_000, 2_000);
    bed.pass(61_000);
    expect(flow.counted).toEqual([2_000, 2_000]);
    expect(bed.flows.events).toEqual({ 'observer known late': 1, 'correlated late': 1 });
  });

  it('counts once when its node has both ends', () => {
    const flow = new LateFlow();
    const { bed } = flow;
    flow.client(neither, 1_000);
    bed.pass(2_000);
    flow.client(both, 2_000, 1_000, { destinationNodeName: 'node-a', flowType: 1 });
    bed.pass(61_000);
    flow.client(both, 3_000, 1_000, { destinationNodeName: 'node-a', flowType: 1, flowEndReason: 3 });
    bed.pass(2_000);
    expect(flow.counted).toEqual([3_000, 3_000]);
    expect(bed.flows.events).toEqual({ 'observer known late': 1 });
    expect(bed.reports.at(-1)).toMatchObject({ flowEndReason: 3, octetTotalCountFromSourceNode: 3_000 });
  });

  it('ends once: the flow that was reported alone has no end of its own', () => {
    const flow = new LateFlow();
    const { bed } = flow;
    flow.client(neither, 1_000);
    flow.server(destination, 1_000);
    bed.pass(2_000);
    flow.client(source, 2_000, 1_000, { flowEndReason: 3 });
    flow.server(destination, 2_000, 1_000, { flowEndReason: 3 });
    bed.pass(61_000);
    expect(bed.reports.filter(({ flowEndReason }) => flowEndReason === 3)).toHaveLength(1);
    expect(flow.counted).toEqual([2_000, 2_000]);
  });
});
