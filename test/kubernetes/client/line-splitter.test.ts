import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/kubernetes/client/line-splitter.ts';

describe('the splitter of lines', () => {
  it('finds every line as it was written, wherever chunks end', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        const octets = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const splitter = new LineSplitter(100_000);
        const found: string[] = [];
        for (let at = 0; at < octets.length; at += size) {
          for (const { octets: one } of splitter.split(octets.subarray(at, at + size)))
            found.push(one.toString('utf8'));
        }
        expect(found).toEqual(lines);
      }),
    );
  });

  it('keeps only the begin of a line that is too long', () => {
    const splitter = new LineSplitter(4_096);
    for (let i = 0; i < 10; i++) expect(splitter.split(Buffer.alloc(2_000, 'x'))).toEqual([]);
    const [long, short] = splitter.split(Buffer.from('x\nshort\n'));
    expect(long).toMatchObject({ isTooLong: true });
    expect(long!.octets).toHaveLength(1_024);
    expect(short).toEqual({ octets: Buffer.from('short'), isTooLong: false });
  });
});
