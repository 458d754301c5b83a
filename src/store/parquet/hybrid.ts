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
export function packedOf(numbers: Uint8Array | Uint32Array, width: number): Uint8Array {
  const groups = Math.ceil(numbers.length / 8);
  const header: number[] = [];
  pushVarint(groups * 2 + 1, header);
  const octets = new Uint8Array(header.length + groups * width);
  octets.set(header);
  let [at, bits, filled] = [header.length, 0, 0];
  for (let i = 0; i < numbers.length; i++) {
    bits |= numbers[i]! << filled;
    for (filled += width; filled >= 8; filled -= 8) {
      octets[at++] = bits;
      bits >>>= 8;
    }
  }
  if (filled > 0) octets[at] = bits;
  return octets;
}
