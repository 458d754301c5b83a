import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  batchOf,
  conditionOfWords,
  type DimensionName,
  type FilterWords,
  type FlowBatch,
  type FlowCondition,
  FlowFilter,
  printCondition,
} from '../../src/flow/index.ts';
import type { HistoryReader } from '../../src/store/index.ts';
import { anyTree } from '../support/any-condition.ts';
import { anyRecord } from '../support/any-record.ts';
import { namedFlows, valuesByDimension } from '../support/dimension-values.ts';
import { anyWords, printedValues, valuesByWord, wordsTogether } from '../support/filter-word-values.ts';
import { asStored, flowsIn, HistoryPlace } from '../support/kept-history.ts';

const passing = (batch: FlowBatch, condition: FlowCondition) => {
  const passes = new FlowFilter(condition).bind(batch);
  return [...batch].filter((_, row) => passes(row)).map(({ flowId }) => flowId);
};

describe('files of a history, asked with a condition,', () => {
  const place = new HistoryPlace();
  const flows = batchOf(namedFlows());
  /** A file with few columns: the others have no value in any row. */
  const few = batchOf([{ flowId: 1 }, { flowId: 2, sourceTransportPort: 80, protocolIdentifier: 6 }]);
  let reader: HistoryReader;

  beforeAll(async () => {
    await using history = await place.open();
    for (const batch of [flows, few]) {
      await history.append(batch);
      await history.flush();
    }
    reader = await place.reader();
  });

  afterAll(() => {
    reader[Symbol.dispose]();
    place[Symbol.dispose]();
  });

  const expectEqualFor = async (condition: FlowCondition) => {
    const found = (await flowsIn(reader, { condition })).map(({ flowId }) => flowId);
    expect(found, printCondition(condition)).toEqual([
      ...passing(flows, condition),
      ...passing(few, condition),
    ]);
  };
  const expectEqual = (words: FilterWords) => expectEqualFor(conditionOfWords(words));

  it('return what the filter itself passes, for each value of each word', async () => {
    for (const [word, values] of [valuesByWord, printedValues].flatMap(Object.entries)) {
      for (const value of values) {
        await expectEqual({ [word]: [value] });
        await expectEqual({ [word]: [`!${value}`] });
      }
    }
    for (const words of wordsTogether) await expectEqual(words);
    expect(reader.notices).toEqual([]);
  });

  it('return what the filter itself passes, for any words', async () => {
    await fc.assert(fc.asyncProperty(anyWords, expectEqual), { numRuns: 60 });
  });

  it('return what the filter itself passes, for each value of each dimension', async () => {
    for (const [name, values] of Object.entries(valuesByDimension)) {
      for (const value of values) await expectEqualFor({ word: name as DimensionName, values: [value] });
      await expectEqualFor({ exists: name as DimensionName });
    }
    expect(reader.notices).toEqual([]);
  });

  it('return what the filter itself passes, for any condition', async () => {
    const tree = anyTree({ ...valuesByWord, ...valuesByDimension });
    await fc.assert(fc.asyncProperty(tree, expectEqualFor), { numRuns: 150 });
    expect(reader.notices).toEqual([]);
  });

  it('refuse words that the filter refuses', async () => {
    await expect(flowsIn(reader, { condition: conditionOfWords({ proto: ['no such'] }) })).rejects.toThrow(
      'filter proto',
    );
  });
});

describe('a history', () => {
  it('returns any record as it was', async () => {
    const record = anyRecord.map((one) =>
      // A history has no time beyond the range of a Date.
      Object.fromEntries(Object.entries(one).filter(([, value]) => value !== 4e17)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        using place = new HistoryPlace();
        const batch = batchOf(records);
        const expected = [...batch].map(asStored);
        await using history = await place.open();
        await history.append(batch);
        expect((await place.flows()).map(asStored)).toEqual(expected);
        await history.flush();
        expect(place.troubles).toEqual([]);
        expect(await place.flows()).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });
});
