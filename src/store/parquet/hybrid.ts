import { pushVarint } from './thrift.ts';

/*
 * Parquet's hybrid of runs and packed bits, for small numbers: which rows have a value, and which item of a
 * dictionary they have.
 */

/** One number for all rows. */
export function runOf(number: number, rows: number, width: number): Uint8Array {
  const octets: number[] = [];
  pushVarint(rows * 2, octets);
  for (let bits = 0; bits < width; bits += 8) octets.push((number >>> bits) & 0xff);
  return Uint8Array.from(octets);
}

/** A run of packed numbers of at most 24 bits, filled up to eight of them. */
export function packedOf(numbers: Uint32Array, width: number): Uint8Array {
  const octets = packedRun(numbers.length, width);
  let [at, bits, filled] = [octets.length - contentOctets(numbers.length, width), 0, 0];
  // Two octets at once, unless they and the rest of one do not fit into 32 bits.
  const step = width > 16 ? 8 : 16;
  for (let i = 0; i < numbers.length; i++) {
    bits |= numbers[i]! << filled;
    for (filled += width; filled >= step; filled -= step) {
      octets[at++] = bits;
      if (step === 16) octets[at++] = bits >>> 8;
      bits >>>= step;
    }
  }
  for (; filled > 0; filled -= 8) {
    octets[at++] = bits;
    bits >>>= 8;
  }
  return octets;
}

/** A run of bits, each of which is whether an octet is 0. */
export function zerosOf(numbers: Uint8Array): Uint8Array {
  const octets = packedRun(numbers.length, 1);
  const content = octets.length - contentOctets(numbers.length, 1);
  for (let i = 0; i < numbers.length; i++) if (numbers[i] === 0) octets[content + (i >>> 3)]! |= 1 << (i & 7);
  return octets;
}

/** The header of a run, and zeros. */
function packedRun(numbers: number, width: number): Uint8Array {
  const header: number[] = [];
  pushVarint(Math.ceil(numbers / 8) * 2 + 1, header);
  const octets = new Uint8Array(header.length + contentOctets(numbers, width));
  octets.set(header);
  return octets;
}

const contentOctets = (numbers: number, width: number): number => Math.ceil(numbers / 8) * width;
