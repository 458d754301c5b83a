import type { ByteBuffer } from './byte-buffer.ts';

/** Octets of the longest number, and some more. */
const LONGEST = 48;
const ZERO = 0x30;

/** A counter or a number: digits, exact to 2^53. */
export function writeDecimal(into: ByteBuffer, value: number): void {
  into.reserve(LONGEST);
  const { bytes } = into;
  let at = into.length;
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value))) {
    into.appendText(value > Number.MAX_SAFE_INTEGER ? BigInt(value).toString() : String(value));
    return;
  }
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  at += digits;
  into.length = at;
  // Dividing doubles costs several times as much as dividing 32-bit integers, which most numbers are.
  while (value > 0x7fff_ffff) {
    const rest = Math.floor(value / 10);
    bytes[--at] = ZERO + (value - rest * 10);
    value = rest;
  }
  let small = value | 0;
  do {
    const rest = (small / 10) | 0;
    bytes[--at] = ZERO + (small - rest * 10);
    small = rest;
  } while (small > 0);
}
