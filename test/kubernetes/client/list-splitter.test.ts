import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListSplitter } from '../../../src/kubernetes/client/list-splitter.ts';

/** Splits octets in chunks that end at these places. */
function split(octets: Buffer, cuts: readonly number[], maxOctets = 10_000) {
  const splitter = new ListSplitter(maxOctets);
  const places = [...new Set([...cuts.map((cut) => cut % (octets.length + 1)), octets.length])].sort(
    (a, b) => a - b,
  );
  let start = 0;
  const items = places.flatMap((end) => {
    const chunk = octets.subarray(start, end);
    start = end;
    return splitter.split(chunk);
  });
  return { items, splitter };
}

const parsed = (octets: Buffer): unknown => JSON.parse(octets.toString('utf8'));

describe('the splitter of lists', () => {
  it('finds every item and the envelope, wherever chunks end', () => {
    const list = fc.record({
      kind: fc.string(),
      metadata: fc.record({
        resourceVersion: fc.string(),
        note: fc.constantFrom('"items":[', '{"items":[{}]}'),
      }),
      items: fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue())),
      after: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        list,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.constantFrom(undefined, 2),
        (value, cuts, indent) => {
          const octets = Buffer.from(JSON.stringify(value, undefined, indent));
          const { items, splitter } = split(octets, cuts, octets.length);
          const { items: expected, ...envelope } = JSON.parse(JSON.stringify(value));
          expect(items.map((item) => parsed(item.octets))).toEqual(expected);
          expect(splitter.finish()).toEqual({ ...envelope, items: [] });
        },
      ),
    );
  });

  it('leaves out an item that is too large, and finds those around it', () => {
    const list = { items: [{ a: 1 }, { a: 'x'.repeat(5_000) }, { a: 3 }] };
    const { items } = split(Buffer.from(JSON.stringify(list)), [100, 200, 1_000], 1_000);
    expect(items.map(({ isTooLarge }) => isTooLarge)).toEqual([false, true, false]);
    expect(items[1]!.octets).toHaveLength(0);
    expect(parsed(items[2]!.octets)).toEqual({ a: 3 });
  });

  it.each(['{"metadata":{},"items":[{"a":1}', '<html></html>', '', '[{"a":1}]', '"text"'])(
    'refuses %s',
    (text) => {
      const { splitter } = split(Buffer.from(text), []);
      expect(() => splitter.finish()).toThrow(SyntaxError);
    },
  );

  it('refuses an envelope without an end', () => {
    const splitter = new ListSplitter(1_000);
    const chunk = Buffer.alloc(16_384, 'x');
    expect(() => {
      for (let i = 0; i < 5; i++) splitter.split(chunk);
    }).toThrow(/65536 octets at most/);
  });
});
