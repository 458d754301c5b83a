import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  batchOf,
  type FilterWord,
  type FilterWords,
  type FlowBatch,
  FlowFilter,
  type FlowRecord,
} from '../../src/flow/index.ts';
import { LineReader, type LokiSinkOptions, logqlOf } from '../../src/logs/index.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { type Loki, type LokiSpan, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import { requires } from '../support/requires.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** Names that a query must not be broken by, or taken apart at. */
const names = [
  'web',
  'web-2',
  'axb',
  'a.b',
  'other',
  'x|y',
  'q"`\\',
  'new\nline',
  "{{ .x }} ' or",
  '名',
  '-',
  '$(^)',
];
const addresses = [
  '10.0.0.1',
  '10.0.0.11',
  '110.0.0.1',
  '0.0.0.0',
  '::1',
  '1::',
  '1::1',
  'ab::',
  '2001:db8::1',
  'fd00::1:2',
];

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
        sourceIP: pick(addresses, 1),
        destinationIP: pick(addresses, 7),
        destinationServiceIP: pick(addresses, 3),
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

const values: Record<FilterWord, readonly string[]> = {
  src: [
    ...addresses,
    '10.0.0.0/8',
    '0.0.0.0/0',
    '::/0',
    '::/64',
    '::/120',
    '2001:db8::/32',
    '1::/16',
    '::1/128',
    '::',
  ],
  dst: [
    ...addresses,
    '10.0.0.0/28',
    '0.0.0.0/0',
    '::/0',
    'fd00::/8',
    '::',
    'svc:web/web',
    'svc:web/web:http',
    'svc:a.b/x',
    'svc:',
  ],
  peer: ['10.0.0.1', '10.0.0.0/24', '::/0', '::1', 'svc:web/web', 'web/axb', 'other/web'],
  namespace: names,
  node: names,
  port: ['0', '80', '8080', '443', '0443'],
  proto: ['tcp', 'udp', 'ICMP', '47', '0', '200'],
  type: ['intra-node', 'InterNode', 'to-external', 'from-external'],
  action: ['allow', 'drop', 'reject'],
  policy: [...names, 'web/axb', 'other/web', 'x|y/x|y', '/web', 'web/'],
  'min-octets': ['0', '1', '600', '1000', '1001', '1152921504606846976', '9'.repeat(40)],
};
const podNames = names
  .filter((name) => !/[/.:]/.test(name))
  .flatMap((one) => [`${one}/web`, `${one}/${one}`]);

const word = (name: FilterWord, some: readonly string[]) =>
  fc
    .array(
      fc
        .tuple(fc.boolean(), fc.constantFrom(...some))
        .map(([isExcluded, value]) => (isExcluded ? `!${value}` : value)),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) => [name, list] as const);

/** One word to three, with one value to three each. */
const anyWords = fc
  .uniqueArray(
    fc.oneof(
      ...Object.entries(values).map(([name, some]) => word(name as FilterWord, some)),
      word('src', podNames),
      word('dst', podNames),
      word('peer', podNames),
    ),
    { minLength: 1, maxLength: 3, selector: ([name]) => name },
  )
  .map((list): FilterWords => Object.fromEntries(list));

const layouts: Record<string, Partial<LokiSinkOptions>> = {
  'as by default': { omit: [], valuesPerLabel: 4 },
  'with other labels and without metadata': {
    labels: ['protocol', 'node', 'namespace'],
    metadata: [],
    omit: [],
    valuesPerLabel: 4,
    staticLabels: { service_name: 'plain', place: 'here "and" there' },
  },
  'with counters as metadata': {
    labels: [],
    metadata: ['octetTotalCount', 'flowType', 'sourcePodName', 'verdict'],
    omit: [],
    staticLabels: { service_name: 'counted' },
  },
  'without totals': {
    omit: ['octetTotalCount', 'destinationServiceIP', 'throughput'],
    metadata: ['sourcePodNamespace'],
    staticLabels: { service_name: 'less' },
  },
};

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

  async function findsTheSame(words: FilterWords, options: Partial<LokiSinkOptions>): Promise<void> {
    const query = logqlOf(words, options);
    const reader = new LineReader(options);
    const lines = await loki.lines(query, span);
    const found = lines.map((line) => reader.read(line)!.record.flowId!);
    expect(found.toSorted(), `${JSON.stringify(words)}\n${query}`).toEqual(
      picked(batches, words, options.omit ?? []),
    );
  }

  it('finds what the filter picks by each value of each word, and by all but that', async () => {
    for (const [name, some] of Object.entries(values)) {
      for (const value of some) {
        await findsTheSame({ [name]: [value] }, layouts['as by default']!);
        await findsTheSame({ [name]: [`!${value}`] }, layouts['as by default']!);
      }
    }
  });

  it.each(Object.entries(layouts))('finds what the filter picks by any words, of lines %s', (_, options) =>
    fc.assert(
      fc.asyncProperty(anyWords, (words) => findsTheSame(words, options)),
      { numRuns: 60, examples: [[{}]] },
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
