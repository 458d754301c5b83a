import { describe, expect, it } from 'vitest';
import type { FlowEnricher } from '../../src/flow/index.ts';
import { TestBed } from './test-bed.ts';

describe('the fields of many flows', () => {
  /** More flows than a page of the table has rows. */
  const FLOWS = 4_300;
  const STEP = 100;

  /** Flows with names, policies and types of their own: every third has ended, every seventh has no type. */
  const sendFlows = (bed: TestBed) => {
    for (let first = 0; first < FLOWS; first += STEP) {
      const numbers = Array.from({ length: STEP }, (_, n) => first + n);
      bed.send(
        ...numbers.map((n) =>
          bed.source({
            flowId: n + 1,
            flowType: n % 7 === 0 ? 0 : 3,
            sourceTransportPort: 10_000 + n,
            flowEndReason: n % 3 === 0 ? 3 : 2,
            sourcePodName: `pod-${n}`,
            egressNetworkPolicyName: n % 2 === 0 ? `policy-${n}` : '',
            icmpTypeCode: n,
            egressNetworkPolicyType: n % 5,
          }),
        ),
      );
    }
  };

  it('are those of each flow in its record, also when its row is let go at once', () => {
    const bed = new TestBed({ inactiveTimeoutMs: 30_000 });
    sendFlows(bed);
    const records = [...bed.pass(11_000), ...bed.pass(40_000)];
    const names = new Set(records.map(({ sourcePodName }) => sourcePodName));
    expect(names.size).toBe(FLOWS);
    for (const record of records) {
      const n = (record.sourceTransportPort ?? 0) - 10_000;
      expect(record).toMatchObject({ sourcePodName: `pod-${n}` });
      expect(record.icmpTypeCode ?? 0).toBe(n);
      expect(record.egressNetworkPolicyName ?? '').toBe(n % 2 === 0 ? `policy-${n}` : '');
      expect(record.egressNetworkPolicyType ?? 0).toBe(n % 5);
      expect(record.flowType ?? 0).toBe(n % 7 === 0 ? 0 : 3);
    }
    expect(bed.flows.held).toBe(0);
  });

  it('are those of each flow in a list of the flows now in the table', () => {
    const bed = new TestBed();
    sendFlows(bed);
    const listed = [...bed.aggregator.flows()];
    expect(listed.map(({ sourcePodName }) => sourcePodName)).toEqual(
      listed.map(({ sourceTransportPort }) => `pod-${(sourceTransportPort ?? 0) - 10_000}`),
    );
    expect(listed).toHaveLength(FLOWS);
  });

  it('are there before enrichers name the flows of a list', () => {
    const enricher: FlowEnricher = {
      name: 'one name for all',
      fills: ['sourcePodName', 'destinationPodName'],
      enrich: (_, from, to, filler) => {
        for (let row = from; row < to; row++) {
          for (const field of ['sourcePodName', 'destinationPodName'] as const)
            filler.fill(field, row, 'enriched');
        }
      },
    };
    const bed = new TestBed({}, undefined, undefined, [enricher]);
    bed.send(bed.source());
    expect([...bed.aggregator.flows()]).toMatchObject([
      { sourcePodName: 'client', destinationPodName: 'enriched' },
    ]);
  });
});
