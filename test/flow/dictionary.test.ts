import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dictionary } from '../../src/flow/index.ts';

describe('a dictionary', () => {
  it('gives each string one id, the empty one 0', () => {
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

  it('holds any strings, however many and long, as it was given them', () => {
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
