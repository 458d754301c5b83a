import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dictionary } from '../../src/flow/index.ts';

describe('a dictionary', () => {
  it('has one id for each string, and 0 for the empty one', () => {
    const dictionary = new Dictionary();
    const id = dictionary.internText('node-1');
    expect([id, dictionary.internText('node-1'), dictionary.internText('node-2')]).toEqual([id, id, id + 1]);
    expect([dictionary.internText(''), dictionary.text(0), dictionary.size]).toEqual([0, '', 3]);
    expect([dictionary.find('node-2'), dictionary.find('node-3'), dictionary.find('')]).toEqual([
      id + 1,
      undefined,
      0,
    ]);
    expect(dictionary.octets).toBe(12);
  });

  it('keeps any number of strings of any length unchanged', () => {
    const strings = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 400 });
    fc.assert(
      fc.property(strings, (list) => {
        const dictionary = new Dictionary();
        const ids = list.map((bytes) =>
          dictionary.intern(Uint8Array.from([9, ...bytes, 9]), 1, bytes.length),
        );
        for (const [index, bytes] of list.entries()) {
          const id = ids[index]!;
          const start = dictionary.offsets[id]!;
          expect(dictionary.bytes.subarray(start, start + dictionary.lengths[id]!)).toEqual(bytes);
          expect(dictionary.intern(bytes, 0, bytes.length)).toBe(id);
        }
        const distinct = new Set(list.map((bytes) => bytes.join()));
        expect(dictionary.size).toBe(new Set([...distinct, '']).size);
      }),
      { numRuns: 50 },
    );
  });

  it('cuts a string that is too long before the character that does not fit, and counts it', () => {
    const dictionary = new Dictionary(8);
    const texts = ['12345678', '123456789', '1234567é', '123456é', '12345漢字', '1234567\u{1f600}'];
    expect(texts.map((text) => dictionary.text(dictionary.internText(text)))).toEqual([
      '12345678',
      '12345678',
      '1234567',
      '123456é',
      '12345漢',
      '1234567',
    ]);
    expect(dictionary.cut).toBe(4);
    const noText = Uint8Array.from({ length: 12 }, () => 0x80);
    expect(dictionary.lengths[dictionary.intern(noText, 0, 12)]).toBe(5);
  });

  it('distinguishes strings that differ in one octet, at any place', () => {
    for (let length = 1; length <= 13; length++) {
      const dictionary = new Dictionary();
      const bytes = Uint8Array.from({ length }, (_, i) => 65 + i);
      const id = dictionary.intern(bytes, 0, length);
      expect(dictionary.isSame(id, bytes, 0, length)).toBe(true);
      for (let place = 0; place < length; place++) {
        const other = bytes.with(place, 0);
        expect([dictionary.isSame(id, other, 0, length), dictionary.findBytes(other, 0, length)]).toEqual([
          false,
          undefined,
        ]);
      }
    }
  });

  it('takes an id from another dictionary for no string', () => {
    const bytes = new TextEncoder().encode('node-1');
    const dictionary = new Dictionary();
    dictionary.internText('node-1');
    expect([2, 63, 64, 1_000_000].map((id) => dictionary.isSame(id, bytes, 0, 6))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it('finds known bytes, and adds none', () => {
    const dictionary = new Dictionary();
    const id = dictionary.internText('node-1');
    const bytes = new TextEncoder().encode('a node-1 and node-2');
    const found = [dictionary.findBytes(bytes, 2, 6), dictionary.findBytes(bytes, 13, 6), dictionary.size];
    expect(found).toEqual([id, undefined, 2]);
  });

  it('shows octets that are not UTF-8 as U+FFFD and keeps them', () => {
    const dictionary = new Dictionary();
    const id = dictionary.intern(Uint8Array.of(0x61, 0xff, 0x62), 0, 3);
    expect(dictionary.text(id)).toBe('a\ufffdb');
    expect(dictionary.bytes.subarray(dictionary.offsets[id]!, dictionary.offsets[id]! + 3)).toEqual(
      Uint8Array.of(0x61, 0xff, 0x62),
    );
    expect(dictionary.internText('a\ufffdb')).not.toBe(id);
  });
});
