import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ByteBuffer,
  formatAddress,
  Literal,
  timeText,
  writeAddress,
  writeDecimal,
  writeTime,
} from '../../src/flow/index.ts';
import { writeCommunityId } from '../../src/logs/flow-lines/community-id.ts';
import { varintOctets } from '../../src/logs/flow-lines/protobuf.ts';
import { selectorOf } from '../../src/logs/flow-lines/stream.ts';
import { writeSeconds } from '../../src/logs/flow-lines/text.ts';
import { ProtobufReader } from '../../src/logs/push/protobuf-reader.ts';
import { labelsOf } from '../../src/logs/push/selector-labels.ts';

/** The output of a writer at the end of an almost full buffer. */
function written(write: (into: ByteBuffer) => void): string {
  const into = new ByteBuffer(1);
  write(into);
  return new TextDecoder().decode(into.written);
}

const word = fc.oneof(
  fc.constant(0),
  fc.constant(0xffff),
  fc.nat(0xffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const counter = fc.oneof(
  fc.nat(99_999),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.integer({ min: 2 ** 31 - 5, max: 2 ** 31 + 5 }),
);

describe('for any value', () => {
  it('an address is written as formatAddress writes it', () => {
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), (words) => {
        const row = Uint32Array.from([1, 2, 3, 4, ...words]);
        expect(written((into) => writeAddress(into, row, 4))).toBe(formatAddress(row, 4));
      }),
      { numRuns: 5_000 },
    );
  });

  it('an IPv4 address is, too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (last) => {
        const row = Uint32Array.from([0, 0, 0xffff, last]);
        expect(written((into) => writeAddress(into, row, 0))).toBe(formatAddress(row, 0));
      }),
      { numRuns: 2_000 },
    );
  });

  it('a counter is written digit by digit', () => {
    fc.assert(
      fc.property(counter, (value) => {
        expect(written((into) => writeDecimal(into, value))).toBe(String(value));
      }),
      { numRuns: 5_000 },
    );
    for (let power = 0; power <= 15; power++)
      for (const value of [10 ** power - 1, 10 ** power, 10 ** power + 1])
        expect(written((into) => writeDecimal(into, value))).toBe(String(value));
    expect(written((into) => writeDecimal(into, 2 ** 64))).toBe('18446744073709551616');
  });

  it('ASCII text is written unchanged into a buffer with any earlier content', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
    });
    fc.assert(
      fc.property(fc.array(ascii), (texts) => {
        const literals = texts.map((text) => new Literal(text));
        const text = written((into) => {
          for (const literal of literals) into.appendLiteral(literal);
        });
        expect(text).toBe(texts.join(''));
      }),
    );
    expect(() => new Literal('café')).toThrow(RangeError);
  });

  it('a time is written as timeText writes it', () => {
    const ms = fc.oneof(fc.nat(4_102_444_800_000), fc.double({ min: -1e16, max: 1e16, noNaN: true }));
    fc.assert(
      fc.property(ms, (time) => {
        expect(written((into) => writeTime(into, time))).toBe(timeText(time));
      }),
      { numRuns: 5_000 },
    );
    for (const time of [
      0,
      86_399_999,
      86_400_000,
      Date.UTC(9999, 11, 31, 23, 59, 59, 999),
      Date.UTC(10_000, 0),
    ])
      expect(written((into) => writeTime(into, time))).toBe(timeText(time));
  });

  it('a duration is written in seconds with three decimals', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (ms) => {
        expect(written((into) => writeSeconds(into, ms))).toBe(`${(ms / 1000).toFixed(3)}s`);
      }),
    );
  });

  it('a varint is read back, padded or not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), fc.nat(2), (value, padding) => {
        const octets = varintOctets(value);
        const padded = [
          ...octets.slice(0, -1),
          ...(padding ? [octets.at(-1)! | 0x80, ...Array(padding - 1).fill(0x80), 0] : [octets.at(-1)!]),
        ];
        const [field] = new ProtobufReader(Uint8Array.from([0x08, ...padded])).fields();
        expect(field!.value).toBe(value);
      }),
    );
  });

  it('labels are read back from their selector', () => {
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,9}$/).filter((text) => text !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'binary' }), { noNullPrototype: true }), (labels) => {
        const asRead = (text: string) => text.toWellFormed().replaceAll('\ufffd', '?');
        const read = Object.entries(labels).map(([key, value]) => [key, asRead(value)]);
        expect(labelsOf(selectorOf(labels))).toEqual(Object.fromEntries(read));
      }),
    );
  });

  it('a connection has one Community ID in both directions', () => {
    const end = fc.tuple(word, word, word, word, fc.nat(0xffff));
    fc.assert(
      fc.property(end, end, fc.constantFrom(6, 17, 47), (one, other, protocol) => {
        const id = (from: number[], to: number[]) => {
          const into = new Uint8Array(28);
          writeCommunityId(
            into,
            0,
            Uint32Array.from(from.slice(0, 4)),
            Uint32Array.from(to.slice(0, 4)),
            0,
            protocol,
            from[4]!,
            to[4]!,
          );
          return new TextDecoder().decode(into);
        };
        expect(id(one, other)).toBe(id(other, one));
      }),
    );
  });
});
