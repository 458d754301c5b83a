/** Converts octets to values of columns, for the compiled and the plain reader. */
import { isReadableLength } from './data-type.ts';
import { unixSecondsOfNtp } from './ntp-time.ts';

/** An unsigned integer of unusual length. NaN, which means no value, when it has no octets or too many. */
export function readUnsigned(bytes: Uint8Array, offset: number, octets: number): number {
  if (!isReadableLength('unsigned64', octets)) return Number.NaN;
  let value = 0;
  for (let at = offset; at < offset + octets; at++) value = value * 256 + bytes[at]!;
  return value;
}

/** Milliseconds since 1970; 0 for an NTP time that is all zero. */
export function readNtp(seconds: number, fraction: number): number {
  return seconds === 0 && fraction === 0 ? 0 : unixSecondsOfNtp(seconds) * 1000 + (fraction * 1000) / 2 ** 32;
}

/** Octets of a fixed-length string without its trailing zero octets. */
export function textLength(bytes: Uint8Array, offset: number, octets: number): number {
  let length = octets;
  while (length > 0 && bytes[offset + length - 1] === 0) length--;
  return length;
}

/** IEEE 754 of four or eight octets (RFC 7011 sections 6.1.3 and 6.2). */
export function readFloat(bytes: Uint8Array, offset: number, octets: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, octets);
  return octets === 4 ? view.getFloat32(0) : view.getFloat64(0);
}
