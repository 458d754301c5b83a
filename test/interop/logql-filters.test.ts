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
import { type FlowLogOptions, LineReader, logqlOf } from '../../src/logs/index.ts';
import { anyTree } from '../support/any-condition.ts';
import { numbersPassing } from '../support/awkward-flows.ts';
import { loggedValuesByDimension, namedFlows } from '../support/dimension-values.ts';
import {
  anyWords,
  layouts,
  printedValues,
  valuesByWord,
  wordsTogether,
} from '../support/filter-word-values.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { type Loki, type LokiSpan, startLoki } from '../support/loki.ts';
import { logFlows, unhurried } from '../support/loki-flows.ts';
import { requires } from '../support/requires.ts';
import { provesLogql } from '../support/shipped-logql-renewal.ts';

requires('loki')('the query of filter words', () => {
  let loki: Loki;
  let batches: FlowBatch[];
  let span: LokiSpan;

  beforeAll(async () => {
    loki = await startLoki({ limits: { ...unhurried, volume_enabled: false } });
    const nowMs = Date.now();
    span = { startNs: BigInt(nowMs - 60_000) * 1_000_000n, endNs: BigInt(nowMs + 60_000) * 1_000_000n };
    const busy = [...new FlowCorpus({ records: 100, startMs: nowMs - 2_000 }).batches()];
    batches = [batchOf(namedFlows(nowMs)), ...busy];
    for (const options of Object.values(layouts)) await logFlows(loki, batches, options);
  });

  afterAll(() => loki?.[Symbol.asyncDispose]());
  provesLogql(() => loki, ['weir logql ']);

  async function findsTheSame(condition: FlowCondition, options: Partial<FlowLogOptions>): Promise<void> {
    const query = logqlOf(condition, options);
    const reader = new LineReader(options);
    const lines = await loki.lines(query, span);
    const found = lines.map((line) => reader.read(line)!.record.flowId!);
    expect(found.toSorted(), `${printCondition(condition)}\n${query}`).toEqual(
      numbersPassing(batches, condition, options.omit),
    );
  }

  it("finds the filter's records for each value of each word, and for its negation", async () => {
    for (const [name, some] of [valuesByWord, printedValues].flatMap(Object.entries)) {
      for (const value of some) {
        await findsTheSame(conditionOfWords({ [name]: [value] }), layouts['as by default']);
        await findsTheSame(conditionOfWords({ [name]: [`!${value}`] }), layouts['as by default']);
      }
    }
  });

  it("finds the filter's records for each value of each dimension", async () => {
    for (const [name, values] of Object.entries(loggedValuesByDimension)) {
      const word = name as DimensionName;
      for (const value of values) await findsTheSame({ word, values: [value] }, layouts['as by default']);
      await findsTheSame({ exists: word }, layouts['as by default']);
    }
  });

  it.each(Object.entries(layouts))("finds the filter's records for any condition in lines %s", (_, options) =>
    fc.assert(
      fc.asyncProperty(anyTree({ ...valuesByWord, ...loggedValuesByDimension }), (condition) =>
        findsTheSame(condition, options),
      ),
      { numRuns: 60 },
    ),
  );

  it.each(Object.entries(layouts))("finds the filter's records for any words in lines %s", (_, options) =>
    fc.assert(
      fc.asyncProperty(anyWords, (words) => findsTheSame(conditionOfWords(words), options)),
      { numRuns: 60, examples: [{}, ...wordsTogether].map((words) => [words]) },
    ),
  );
});
