import type { ByteBuffer } from '../../flow/index.ts';

/*
 * The needed part of the protobuf wire format. A length that is unknown before its content is a varint padded
 * to a fixed size. Each octet but the last has its top bit set, even before zeros.
 */

/** Octets of a padded length, up to 2,097,151. */
export const LENGTH_OCTETS = 3;

/** Key of a field with a length before its content (wire type 2). */
export const lengthKey = (field: number): number => (field << 3) | 2;

/** Reserves room for a length. @returns its place */
export function openLength(into: ByteBuffer): number {
  const at = into.length;
  into.length = at + LENGTH_OCTETS;
  return at;
}

/** Fills in the length of the content since `openLength`. */
export function closeLength(into: ByteBuffer, at: number): void {
  const length = into.length - at - LENGTH_OCTETS;
  const { bytes } = into;
  bytes[at] = (length & 0x7f) | 0x80;
  bytes[at + 1] = ((length >>> 7) & 0x7f) | 0x80;
  bytes[at + 2] = length >>> 14;
}

/** An unsigned number of up to 35 bits, in five octets. The room must be reserved. */
export function writeVarint5(into: ByteBuffer, value: number): void {
  const { bytes } = into;
  const at = into.length;
  bytes[at] = (value & 0x7f) | 0x80;
  bytes[at + 1] = ((value >>> 7) & 0x7f) | 0x80;
  bytes[at + 2] = ((value >>> 14) & 0x7f) | 0x80;
  bytes[at + 3] = ((value >>> 21) & 0x7f) | 0x80;
  bytes[at + 4] = (value >>> 28) & 0x0f;
  into.length = at + 5;
}

/** A varint of minimal length. */
export function varintOctets(value: number): number[] {
  const octets: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) octets.push((value % 128) | 0x80);
  octets.push(value);
  return octets;
}
