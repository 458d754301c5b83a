import type { ByteBuffer } from '../../flow/index.ts';
import { writeDecimal } from '../../flow/index.ts';

const ZERO = 0x30;
const DOT = 0x2e;
const DASH = 0x2d;

/** Milliseconds as seconds with three decimals, which Go and LogQL read as a duration: "0.034s". */
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

/** Stands for a missing value. */
export function writeDash(into: ByteBuffer): void {
  into.reserve(1);
  into.bytes[into.length++] = DASH;
}

/**
 * A value of `key=value` in logfmt: quoted with escapes unless it is plain. VictoriaLogs also takes ' and `
 * for quotes.
 */
export const quotedText = (text: string): string =>
  /^(?!['`])[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
