import { IPV4_MAPPED } from '../ip-address.ts';
import type { ByteBuffer } from './byte-buffer.ts';

/** Octets of the longest address, and some more. */
const LONGEST = 48;
const ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;
const hexDigits = new TextEncoder().encode('0123456789abcdef');
const groups = new Uint16Array(8);

/** Writes the address at `words[at…at+3]` as `formatAddress` does. */
export function writeAddress(into: ByteBuffer, words: Uint32Array, at: number): void {
  into.reserve(LONGEST);
  if (words[at] === 0 && words[at + 1] === 0 && words[at + 2] === IPV4_MAPPED)
    writeIPv4(into, words[at + 3]!);
  else writeIPv6(into, words, at);
}

function writeIPv4(into: ByteBuffer, address: number): void {
  const { bytes } = into;
  let to = into.length;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const octet = (address >>> shift) & 255;
    if (octet > 99) bytes[to++] = ZERO + ((octet / 100) | 0);
    if (octet > 9) bytes[to++] = ZERO + (((octet / 10) | 0) % 10);
    bytes[to++] = ZERO + (octet % 10);
    if (shift > 0) bytes[to++] = DOT;
  }
  into.length = to;
}

/** RFC 5952: "::" replaces the first of the longest runs of at least two zero groups. */
function writeIPv6(into: ByteBuffer, words: Uint32Array, at: number): void {
  const { bytes } = into;
  let run = 0;
  let from = 8;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    const group = (words[at + (i >> 1)]! >>> (i % 2 === 0 ? 16 : 0)) & 0xffff;
    groups[i] = group;
    run = group === 0 ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      from = i + 1 - run;
    }
  }
  let to = into.length;
  for (let i = 0; i < 8; ) {
    if (i === from) {
      bytes[to++] = COLON;
      bytes[to++] = COLON;
      i += longest;
      continue;
    }
    if (i > 0 && i !== from + longest) bytes[to++] = COLON;
    const group = groups[i++]!;
    if (group > 0xfff) bytes[to++] = hexDigits[group >>> 12]!;
    if (group > 0xff) bytes[to++] = hexDigits[(group >>> 8) & 15]!;
    if (group > 0xf) bytes[to++] = hexDigits[(group >>> 4) & 15]!;
    bytes[to++] = hexDigits[group & 15]!;
  }
  into.length = to;
}
