import {
  batchOf,
  type FlowBatch,
  type FlowCondition,
  FlowFilter,
  type FlowRecord,
} from '../../src/flow/index.ts';
import { awkwardAddresses, awkwardNames } from './filter-word-values.ts';

/**
 * Flows between all these ends, of any protocol and verdict; some lack one end, some lack names. Each has a
 * number, its flowId.
 */
export function awkwardFlows(nowMs: number, names: readonly string[] = awkwardNames): FlowRecord[] {
  return Array.from({ length: 400 }, (_, i) => {
    const pick = <T>(from: readonly T[], by: number): T | undefined =>
      from[Math.floor(i / by) % (from.length + 1)];
    return Object.fromEntries(
      Object.entries({
        flowStartMilliseconds: nowMs - 1_000 - i,
        flowEndMilliseconds: nowMs - (i % 50),
        flowId: 2 ** 40 + i,
        sourceIP: pick(awkwardAddresses, 1),
        destinationIP: pick(awkwardAddresses, 7),
        destinationServiceIP: pick(awkwardAddresses, 3),
        protocolIdentifier: [6, 17, 1, 47, 0, 200][i % 6],
        sourceTransportPort: [0, 80, 8080, 18_080][i % 4],
        destinationTransportPort: [443, 80, 0, 4430][(i >> 2) % 4],
        destinationServicePort: [0, 80, 443][(i >> 3) % 3],
        sourcePodNamespace: pick(names, 1),
        sourcePodName: pick(names, 5),
        sourceNodeName: pick(names, 2),
        destinationPodNamespace: pick(names, 3),
        destinationPodName: pick(names, 1),
        destinationNodeName: pick(names, 4),
        destinationServicePortName: [
          undefined,
          'web/web',
          'web/web:http',
          'axb/web:http',
          'web/web-2:',
          'a.b/x',
        ][i % 6],
        ingressNetworkPolicyName: pick(names, 2),
        ingressNetworkPolicyNamespace: pick(names, 1),
        egressNetworkPolicyName: pick(names, 3),
        egressNetworkPolicyNamespace: pick(names, 2),
        ingressNetworkPolicyRuleAction: [0, 1, 2, 3, 7][i % 5],
        egressNetworkPolicyRuleAction: [0, 1, 0, 2, 3, 0, 9][i % 7],
        flowType: [0, 1, 2, 3, 4, 9][(i >> 1) % 6],
        octetTotalCount: [undefined, 0, 400, 1000, 2 ** 60][i % 5],
        octetDeltaCount: [undefined, 400, 400, 7][i % 4],
        reverseOctetTotalCount: [undefined, 600, 1][i % 3],
        reverseOctetDeltaCount: [600, undefined][i % 2],
        egressName: 'octetTotalCount=5 TCP 10.0.0.1 ',
      }).filter(([, value]) => value !== undefined),
    );
  });
}

/** The numbers of the flows that pass the filter itself, judged by what is logged of them. */
export function numbersPassing(
  batches: readonly FlowBatch[],
  condition: FlowCondition,
  omit: readonly string[] = [],
): number[] {
  return batches
    .flatMap((batch) => {
      const logged = batchOf(
        [...batch].map((record) =>
          Object.fromEntries(Object.entries(record).filter(([name]) => !omit.includes(name))),
        ),
      );
      const passes = new FlowFilter(condition).bind(logged);
      return [...batch].filter((_, row) => passes(row)).map(({ flowId }) => flowId!);
    })
    .toSorted();
}
