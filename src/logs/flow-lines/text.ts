import { IPV4_MAPPED } from '../../flow/index.ts';
import type { ByteBuffer } from './byte-buffer.ts';

/** Room for the longest of what these write. */
const LONGEST = 48;

const ZERO = 0x30;
const DOT = 0x2e;
const COLON = 0x3a;
const DASH = 0x2d;
const hexDigits = new TextEncoder().encode('0123456789abcdef');
const groups = new Uint16Array(8);
const encoder = new TextEncoder();

/** A counter or a number: digits, exact to 2^53. */
export function writeDecimal(into: ByteBuffer, value: number): void {
  into.reserve(LONGEST);
  const { bytes } = into;
  let at = into.length;
  if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER && Number.isInteger(value))) {
    writeText(into, value > Number.MAX_SAFE_INTEGER ? BigInt(value).toString() : String(value));
    return;
  }
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  at += digits;
  into.length = at;
  // A division of doubles costs several times that of 32-bit integers, which most numbers are.
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

/** Milliseconds as seconds with three decimals, the way Go and LogQL read a duration: "0.034s". */
export function writeSeconds(into: ByteBuffer, ms: number): void {
  const whole = Math.round(ms);
  const seconds = Math.floor(whole / 1000);
  writeDecimal(into, seconds);
  const rest = whole - seconds * 1000;
  const { bytes } = into;
  const at = into.length;
  bytes[at] = DOT;
  bytes[at + 1] = ZERO + ((rest / 100) | 0);
  bytes[at + 2] = ZERO + (((rest / 10) | 0) % 10);
  bytes[at + 3] = ZERO + (rest % 10);
  bytes[at + 4] = 0x73;
  into.length = at + 5;
}

/** The address at `words[at…at+3]` as `formatAddress` has it. */
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

/** RFC 5952: the first of the longest runs of two zero groups or more is "::". */
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

/** For what there is no value of. */
export function writeDash(into: ByteBuffer): void {
  into.reserve(1);
  into.bytes[into.length++] = DASH;
}

/** Text that is seldom written. */
export function writeText(into: ByteBuffer, text: string): void {
  const bytes = encoder.encode(text);
  into.append(bytes, 0, bytes.length);
}

/** A value of `key=value` as logfmt has it: in quotes, with escapes, where it is not plain. VictoriaLogs also takes ' and ` for quotes. */
export const quoted = (text: string): string =>
  /^(?!['`])[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);

/** ECMA-262, 21.4.1.1: the last instant that a Date can tell. */
export const LAST_INSTANT_MS = 8.64e15;

/** Milliseconds since 1970 as RFC 3339; a time beyond the calendar, which an exporter may well send, as its number. */
export const timeText = (ms: number): string =>
  Math.abs(ms) <= LAST_INSTANT_MS ? new Date(ms).toISOString() : String(ms);

/** The milliseconds of such a text. */
export const timeOf = (text: string): number => (/[TZ]/.test(text) ? Date.parse(text) : Number(text));
