import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchOf, type FilterWords, type FlowBatch, FlowFilter } from '../../src/flow/index.ts';
import type { HistoryReader } from '../../src/store/index.ts';
import { anyRecord } from '../support/any-record.ts';
import { awkwardFlows } from '../support/awkward-flows.ts';
import { anyWords, printedValues, valuesByWord, wordsTogether } from '../support/filter-word-values.ts';
import { asStored, flowsIn, HistoryPlace } from '../support/kept-history.ts';

const passing = (batch: FlowBatch, words: FilterWords) => {
  const passes = new FlowFilter(words).bind(batch);
  return [...batch].filter((_, row) => passes(row)).map(({ flowId }) => flowId);
};

describe('files of a history, asked with filter words,', () => {
  const place = new HistoryPlace();
  const flows = batchOf(awkwardFlows(Date.now()));
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

  const expectEqual = async (words: FilterWords) => {
    const found = (await flowsIn(reader, { words })).map(({ flowId }) => flowId);
    expect(found, JSON.stringify(words)).toEqual([...passing(flows, words), ...passing(few, words)]);
  };

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

  it('refuse words that the filter refuses', async () => {
    await expect(flowsIn(reader, { words: { proto: ['no such'] } })).rejects.toThrow('filter proto');
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
      { numRuns: 15 },
    );
  });
});
