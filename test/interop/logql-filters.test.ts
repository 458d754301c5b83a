import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  batchOf,
  type FilterWords,
  type FlowBatch,
  FlowFilter,
  type FlowRecord,
} from '../../src/flow/index.ts';
import { type FlowLogOptions, LineReader, logqlOf } from '../../src/logs/index.ts';
import {
  anyWords,
  awkwardAddresses,
  awkwardNames,
  layouts,
  valuesByWord,
  wordsTogether,
} from '../support/filter-word-values.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { type Loki, type LokiSpan, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import { requires } from '../support/requires.ts';
import { provesLogql } from '../support/shipped-logql-renewal.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** Flows between all these ends, of any protocol and verdict; some without one end, some without names. */
function oddFlows(nowMs: number): FlowRecord[] {
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
        sourcePodNamespace: pick(awkwardNames, 1),
        sourcePodName: pick(awkwardNames, 5),
        sourceNodeName: pick(awkwardNames, 2),
        destinationPodNamespace: pick(awkwardNames, 3),
        destinationPodName: pick(awkwardNames, 1),
        destinationNodeName: pick(awkwardNames, 4),
        destinationServicePortName: [
          undefined,
          'web/web',
          'web/web:http',
          'axb/web:http',
          'web/web-2:',
          'a.b/x',
        ][i % 6],
        ingressNetworkPolicyName: pick(awkwardNames, 2),
        ingressNetworkPolicyNamespace: pick(awkwardNames, 1),
        egressNetworkPolicyName: pick(awkwardNames, 3),
        egressNetworkPolicyNamespace: pick(awkwardNames, 2),
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

requires('loki')('the query of filter words', () => {
  let loki: Loki;
  let batches: FlowBatch[];
  let span: LokiSpan;

  beforeAll(async () => {
    loki = await startLoki({ limits: { ...unhurried, volume_enabled: false } });
    const nowMs = Date.now();
    span = { startNs: BigInt(nowMs - 60_000) * 1_000_000n, endNs: BigInt(nowMs + 60_000) * 1_000_000n };
    const busy = [...new FlowCorpus({ records: 100, startMs: nowMs - 2_000 }).batches()];
    batches = [batchOf(oddFlows(nowMs)), ...busy];
    for (const options of Object.values(layouts)) await logFlows(loki, batches, options);
  });

  afterAll(() => loki?.[Symbol.asyncDispose]());
  provesLogql(() => loki, ['weir logql ']);

  async function findsTheSame(words: FilterWords, options: Partial<FlowLogOptions>): Promise<void> {
    const query = logqlOf(words, options);
    const reader = new LineReader(options);
    const lines = await loki.lines(query, span);
    const found = lines.map((line) => reader.read(line)!.record.flowId!);
    expect(found.toSorted(), `${JSON.stringify(words)}\n${query}`).toEqual(
      picked(batches, words, options.omit ?? []),
    );
  }

  it('finds what the filter picks by each value of each word, and by all but that', async () => {
    for (const [name, some] of Object.entries(valuesByWord)) {
      for (const value of some) {
        await findsTheSame({ [name]: [value] }, layouts['as by default']);
        await findsTheSame({ [name]: [`!${value}`] }, layouts['as by default']);
      }
    }
  });

  it.each(Object.entries(layouts))('finds what the filter picks by any words, of lines %s', (_, options) =>
    fc.assert(
      fc.asyncProperty(anyWords, (words) => findsTheSame(words, options)),
      { numRuns: 60, examples: [{}, ...wordsTogether].map((words) => [words]) },
    ),
  );
});

/** The numbers of the flows that pass, by the filter itself, of what of them is logged. */
function picked(batches: readonly FlowBatch[], words: FilterWords, omit: readonly string[]): number[] {
  return batches
    .flatMap((batch) => {
      const logged = batchOf(
        [...batch].map((record) =>
          Object.fromEntries(Object.entries(record).filter(([name]) => !omit.includes(name))),
        ),
      );
      const passes = new FlowFilter(words).bind(logged);
      return [...batch].filter((_, row) => passes(row)).map(({ flowId }) => flowId!);
    })
    .toSorted();
}
