import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  batchOf,
  conditionOfWords,
  type DimensionName,
  type FlowBatch,
  type FlowCondition,
  printCondition,
} from '../../src/flow/index.ts';
import { type FlowLogOptions, LineReader, logsqlOf } from '../../src/logs/index.ts';
import { anyTree } from '../support/any-condition.ts';
import { awkwardFlows, numbersPassing } from '../support/awkward-flows.ts';
import { loggedValuesByDimension, namedFlows } from '../support/dimension-values.ts';
import {
  anyWords,
  layouts,
  printedValues,
  valuesByWord,
  wordsTogether,
} from '../support/filter-word-values.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { logFlows } from '../support/loki-flows.ts';
import { requires } from '../support/requires.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

/** More than VictoriaLogs lists in front of a block instead of storing them by type. */
const numbered = (name: (i: number) => string) => Array.from({ length: 12 }, (_, i) => name(i + 1));

/**
 * Names that VictoriaLogs does not store or read as text, and values that nearly look like these.
 */
const typedNames: Record<string, { names: readonly string[]; nearly: readonly string[] }> = {
  numbers: { names: numbered((i) => `${i * 7}`), nearly: ['07', '007', '7.0', '1_4', '7e0', '+7', '-7'] },
  fractions: { names: numbered((i) => `${i - 6}.5`), nearly: ['1.50', '01.5', '+1.5', '-2.50', '3'] },
  addresses: {
    names: numbered((i) => `10.0.0.${i}`),
    nearly: ['10.0.0.01', '10.0.00.1', '010.0.0.1', '::ffff:10.0.0.1'],
  },
  times: {
    names: numbered((i) => `2026-01-31T00:00:0${i % 10}.${i}00Z`),
    nearly: ['2026-01-31T00:00:01Z', '2026-01-31T00:00:01.1Z', '2026-01-31T00:00:01.100+00:00'],
  },
  'quoted text': { names: ["'a'b", '`c`', "'", '"d"', "'e'", '`'], nearly: ['a', 'c', 'd', 'e', 'b', "'a'"] },
};

const tried: Record<string, Partial<FlowLogOptions>> = {
  ...layouts,
  'with the core as metadata': {
    metadata: [
      'sourceIP',
      'protocolIdentifier',
      'sourceTransportPort',
      'octetDeltaCount',
      'reverseOctetTotalCount',
    ],
    omit: [],
    staticLabels: { service_name: 'core' },
  },
};
const byDefault = tried['as by default']!;

requires('victoria-logs')('the query of filter words', () => {
  let server: VictoriaLogs;
  let batches: FlowBatch[];

  beforeAll(async () => {
    server = await startVictoriaLogs();
    const nowMs = Date.now();
    const busy = [...new FlowCorpus({ records: 100, startMs: nowMs - 2_000 }).batches()];
    batches = [batchOf(namedFlows(nowMs)), ...busy];
    for (const options of Object.values(tried)) await log(batches, options);
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  async function log(flows: readonly FlowBatch[], options: Partial<FlowLogOptions>): Promise<void> {
    await logFlows({ url: server.url, server: 'victoriaLogs' }, flows, options);
    await server.flush();
  }

  async function findsTheSame(
    condition: FlowCondition,
    options: Partial<FlowLogOptions>,
    among: readonly FlowBatch[] = batches,
  ): Promise<void> {
    const query = logsqlOf(condition, options);
    const reader = new LineReader(options);
    const lines = await server.lines(query);
    const found = lines.map((line) => reader.read(line)!.record.flowId!);
    expect(found.toSorted(), `${printCondition(condition)}\n${query}`).toEqual(
      numbersPassing(among, condition, options.omit),
    );
  }

  it("finds the filter's records for each value of each word, and for its negation", async () => {
    for (const [name, some] of [valuesByWord, printedValues].flatMap(Object.entries)) {
      for (const value of some) {
        await findsTheSame(conditionOfWords({ [name]: [value] }), byDefault);
        await findsTheSame(conditionOfWords({ [name]: [`!${value}`] }), byDefault);
      }
    }
  });

  it("finds the filter's records for each value of each dimension", async () => {
    for (const [name, values] of Object.entries(loggedValuesByDimension)) {
      const word = name as DimensionName;
      for (const value of values) await findsTheSame({ word, values: [value] }, byDefault);
      await findsTheSame({ exists: word }, byDefault);
    }
  });

  it.each(Object.entries(tried))("finds the filter's records for any condition in lines %s", (_, options) =>
    fc.assert(
      fc.asyncProperty(anyTree({ ...valuesByWord, ...loggedValuesByDimension }), (condition) =>
        findsTheSame(condition, options),
      ),
      { numRuns: 30 },
    ),
  );

  it.each(Object.entries(tried))("finds the filter's records for any words in lines %s", (_, options) =>
    fc.assert(
      fc.asyncProperty(anyWords, (words) => findsTheSame(conditionOfWords(words), options)),
      { numRuns: 60, examples: [{}, ...wordsTogether].map((words) => [words]) },
    ),
  );

  it.each(
    Object.entries(typedNames).flatMap(([kind, texts]) =>
      (['metadata', 'the tail of lines'] as const).map((place) => ({ kind, place, ...texts })),
    ),
  )('distinguishes names that look like $kind, in $place', async ({ kind, place, names, nearly }) => {
    const options: Partial<FlowLogOptions> = {
      omit: [],
      labels: [],
      staticLabels: { service_name: `${kind} in ${place}` },
      ...(place !== 'metadata' && { metadata: [] }),
    };
    const flows = awkwardFlows(Date.now(), names);
    const typed = [batchOf(flows.filter((flow) => flow.sourceNodeName && flow.destinationNodeName))];
    await log(typed, options);
    for (const name of [...names, ...nearly])
      for (const value of [name, `!${name}`])
        await findsTheSame(conditionOfWords({ node: [value] }), options, typed);
  });
});
