import { describe, expect, it } from 'vitest';
import { BatchLayout, Dictionary, FlowBatch, fieldNames } from '../../../src/flow/index.ts';
import { ColumnReader, type DecodeError, readMessage } from '../../../src/ipfix/wire/index.ts';
import { Collected } from '../../support/ipfix-collected.ts';
import {
  message,
  octets,
  optionsTemplate,
  set,
  template,
  text,
  u16,
  u32,
} from '../../support/ipfix-octets.ts';

const templates = [
  template(256, [7, 2], [101, 65535, 56506], [1, 3], [136, 65535]),
  template(257, [4, 1], [292, 65535]),
] as const;
const record = (port: number, name: string) => octets(u16(port), text(name), '000fa0', 1, 3);
const records = [record(443, 'web'), record(8080, ''), record(5353, 'a-name-that-is-longer')] as const;
const whole = message(
  set(2, ...templates),
  set(3, optionsTemplate(400, 1, [149, 4], [41, 8])),
  set(256, ...records),
  set(257, 6, 12, octets(0, u16(256), record(1, 'x'))),
  set(400, u32(7), '0000000000000005'),
);

describe('a truncated message', () => {
  it('is read when it is whole', () => {
    const collected = new Collected().read(whole);
    expect(collected.errors).toEqual([]);
    expect(collected.records).toHaveLength(5);
  });

  it.each(Array.from(whole.keys()))('ending after %i octets is one error and no record', (length) => {
    const collected = new Collected().read(whole.subarray(0, length));
    expect(collected.reasons).toEqual([length < 16 ? 'message-header-truncated' : 'message-truncated']);
    expect([collected.records, collected.templates]).toEqual([[], []]);
  });

  it('with a matching length is one error and no record, unless it ends with a set', () => {
    const ends = new Set([16]);
    for (let at = 16; at < whole.length; ) {
      at += (whole[at + 2]! << 8) | whole[at + 3]!;
      ends.add(at);
    }
    for (let length = 16; length <= whole.length; length++) {
      const cut = octets(whole.subarray(0, 2), u16(length), whole.subarray(4, length));
      const collected = new Collected().read(cut);
      expect(collected.errors, `${length} octets`).toHaveLength(ends.has(length) ? 0 : 1);
      if (!ends.has(length)) expect(collected.templates).toEqual([]);
    }
  });
});

describe('a truncated data set', () => {
  const content = octets(...records);
  const boundaries = records.map((_, i) => octets(...records.slice(0, i)).length);

  it.each(Array.from(content.keys()))(
    'ending after %i octets gives the whole records before and one error',
    (length) => {
      const collected = new Collected().read(message(set(2, templates[0])));
      const complete = boundaries.filter((boundary) => boundary > 0 && boundary <= length).length;
      const cut = message(set(256, content.subarray(0, length)));
      collected.read(cut);
      expect(collected.records).toHaveLength(complete);
      expect(collected.reasons).toEqual(boundaries.includes(length) ? [] : ['record-truncated']);

      const { rows, errors } = readIntoColumns(cut, collected);
      expect(rows).toBe(complete);
      expect(errors).toEqual(collected.errors);
    },
  );
});

describe('a truncated template set', () => {
  const content = octets(...templates);

  it.each(Array.from(content.keys()))(
    'ending after %i octets gives the whole templates before and one error',
    (length) => {
      const collected = new Collected().read(message(set(2, content.subarray(0, length))));
      const first = templates[0].length;
      expect(collected.store.size).toBe(length < first ? 0 : 1);
      expect(collected.reasons).toEqual(length === 0 || length === first ? [] : ['template-truncated']);
    },
  );
});

function readIntoColumns(bytes: Uint8Array, { store }: Collected) {
  const layout = new BatchLayout(fieldNames);
  const batch = new FlowBatch(layout, new Dictionary());
  const errors: DecodeError[] = [];
  readMessage(bytes, store, {
    data: (data) => {
      const reader = new ColumnReader(data.template, layout);
      reader.read(data, batch, (error) => errors.push(error));
    },
    error: (error) => errors.push(error),
  });
  return { rows: batch.length, errors };
}
