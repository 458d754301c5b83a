import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamFramer } from '../../../src/ipfix/index.ts';

/** A message of that length whose last octet says its number. */
function messageOf(length: number, number: number): Uint8Array {
  const octets = new Uint8Array(length);
  new DataView(octets.buffer).setUint32(0, (10 << 16) | length);
  octets[length - 1] = number;
  return octets;
}

/** Lengths and numbers of the messages found in a stream that comes in these chunks. */
function frame(chunks: Iterable<Uint8Array>): { found: number[][]; isReadable: boolean; held: number } {
  const framer = new StreamFramer();
  const found: number[][] = [];
  let isReadable = true;
  for (const chunk of chunks) {
    isReadable &&=
      framer.push(chunk, (bytes, start, end) => found.push([end - start, bytes[end - 1]!]) > 0) !== undefined;
  }
  return { found, isReadable, held: framer.heldOctets };
}

describe('messages in a stream', () => {
  it('are passed on in limited numbers, together with the rest of the chunk', () => {
    const framer = new StreamFramer();
    const stream = Buffer.concat([1, 2, 3, 4].map((number) => messageOf(20, number)));
    const found: number[] = [];
    const onMessage = (bytes: Uint8Array, _: number, end: number) => found.push(bytes[end - 1]!) > 0;
    framer.push(stream.subarray(0, 10), onMessage);
    const rest = framer.push(stream.subarray(10), onMessage, 2);
    expect([found, rest]).toEqual([[1, 2], stream.subarray(40)]);
    expect(framer.push(rest!, onMessage, 2)).toHaveLength(0);
    expect(found).toEqual([1, 2, 3, 4]);
  });

  it('are passed on no further when one is not finished', () => {
    const framer = new StreamFramer();
    const stream = Buffer.concat([1, 2, 3].map((number) => messageOf(20, number)));
    const found: number[] = [];
    const onMessage = (bytes: Uint8Array, _: number, end: number) => {
      found.push(bytes[end - 1]!);
      return found.at(-1) !== 2;
    };
    const rest = framer.push(stream, onMessage);
    expect([found, rest]).toEqual([[1, 2], stream.subarray(40)]);
    expect(framer.push(rest!, onMessage)).toHaveLength(0);
    framer.push(stream.subarray(0, 30), onMessage);
    expect(framer.push(stream.subarray(30), onMessage)).toEqual(stream.subarray(40));
    expect(found).toEqual([1, 2, 3, 1, 2]);
  });

  it('are found wherever the stream is cut', () => {
    const lengths = fc.array(fc.integer({ min: 17, max: 5_000 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lengths, cuts, (wanted, sizes) => {
        const stream = Buffer.concat(wanted.map((length, number) => messageOf(length, number)));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(frame(chunks)).toEqual({
          found: wanted.map((length, number) => [length, number]),
          isReadable: true,
          held: 0,
        });
      }),
    );
  });

  it('are found octet by octet', () => {
    const stream = Buffer.concat([messageOf(40, 1), messageOf(17, 2)]);
    const { found } = frame([...stream].map((octet) => Uint8Array.of(octet)));
    expect(found).toEqual([
      [40, 1],
      [17, 2],
    ]);
  });

  it('do not mix when forty streams bring long ones by turns, piece by piece', () => {
    const streams = Array.from({ length: 40 }, (_, number) => ({
      framer: new StreamFramer(),
      stream: Buffer.concat([60_000, 20, 30_000].map((length) => messageOf(length, 0).fill(number, 4))),
      found: [] as number[],
    }));
    for (let at = 0; at < 90_020; at += 16_384) {
      for (const [number, { framer, stream, found }] of streams.entries()) {
        framer.push(stream.subarray(at, at + 16_384), (bytes, start, end) => {
          expect(bytes.subarray(start + 4, end).every((octet) => octet === number)).toBe(true);
          return found.push(end - start) > 0;
        });
      }
    }
    expect(streams.map(({ found }) => found)).toEqual(streams.map(() => [60_000, 20, 30_000]));
  });

  it('keep their octets until they are finished, also when another stream brings a long one', () => {
    const [one, other] = [new StreamFramer(), new StreamFramer()];
    const piecesOf = (number: number) => {
      const message = messageOf(50_000, 0).fill(number, 4);
      return [message.subarray(0, 20_000), message.subarray(20_000)];
    };
    let unfinished: Uint8Array | undefined;
    for (const piece of piecesOf(1)) {
      one.push(piece, (bytes, start, end) => {
        unfinished = bytes.subarray(start, end);
        return false;
      });
    }
    for (const piece of piecesOf(2)) other.push(piece, () => true);
    expect(unfinished!.subarray(4).every((octet) => octet === 1)).toBe(true);
  });

  it('end at an invalid header, after all messages before it', () => {
    const { found, isReadable } = frame([Buffer.concat([messageOf(20, 1), Buffer.from('GET / HTTP/1.1')])]);
    expect(found).toEqual([[20, 1]]);
    expect(isReadable).toBe(false);
  });

  it.each([
    ['all at once', [Uint8Array.of(0, 10, 0, 15)]],
    ['octet by octet', [0, 10, 0, 15].map((octet) => Uint8Array.of(octet))],
    ['after a part that looked right', [Uint8Array.of(0, 10, 0), Uint8Array.of(15, 0, 0, 0)]],
  ])('end at a length shorter than a header, arriving %s', (_, chunks) => {
    expect(frame(chunks)).toMatchObject({ found: [], isReadable: false });
  });

  it('use no more memory than their received octets', () => {
    expect(frame([Uint8Array.of(0, 10, 0xff, 0xff, 1, 2)])).toEqual({ found: [], isReadable: true, held: 6 });
  });
});
