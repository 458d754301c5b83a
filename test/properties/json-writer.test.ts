import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ByteBuffer,
  batchOf,
  Dictionary,
  type FlowRecord,
  JsonWriter,
  recordToJson,
} from '../../src/flow/index.ts';
import { anyRecord } from '../support/any-record.ts';

/** The lines of a batch's rows, in a buffer that must grow. */
function written(writer: JsonWriter, records: readonly FlowRecord[], dictionary?: Dictionary): string[] {
  const batch = batchOf(records, dictionary);
  writer.bind(batch);
  return records.map((_, row) => {
    const into = new ByteBuffer(1);
    writer.write(row, into);
    return new TextDecoder().decode(into.written);
  });
}

it('any record is written as by JSON.stringify, after any earlier record', () => {
  const writer = new JsonWriter();
  const dictionary = new Dictionary();
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 4 }), fc.boolean(), (records, isShared) => {
      const expected = [...batchOf(records)].map((record) => JSON.stringify(recordToJson(record)));
      expect(written(writer, records, isShared ? dictionary : undefined)).toEqual(expected);
    }),
    { numRuns: 1_000 },
  );
});

it('a record without a value is an empty object', () => {
  expect(written(new JsonWriter(), [{}])).toEqual(['{}']);
});

it('names are quoted by the given function', () => {
  const shouting = new JsonWriter((text) => JSON.stringify(text.toUpperCase()));
  expect(written(shouting, [{ sourcePodName: 'web' }])).toEqual(['{"sourcePodName":"WEB"}']);
});
