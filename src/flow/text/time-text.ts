import type { ByteBuffer } from './byte-buffer.ts';

/** ECMA-262, 21.4.1.1: the last instant that a Date can represent. */
export const LAST_INSTANT_MS = 8.64e15;

/**
 * Milliseconds since 1970 as RFC 3339. A time beyond the range of a Date, which an exporter may send, becomes
 * its number.
 */
export const timeText = (ms: number): string =>
  Math.abs(ms) <= LAST_INSTANT_MS ? new Date(ms).toISOString() : String(ms);

/** The milliseconds of a text that `timeText` made. */
export const timeOf = (text: string): number => (/[TZ]/.test(text) ? Date.parse(text) : Number(text));

const DAY_MS = 86_400_000;
const ZERO = 0x30;
const COLON = 0x3a;
/** Length of "2026-01-31T". */
const DATE_OCTETS = 11;

/** The last date written: the next time is nearly always on the same day. */
const date = new Uint8Array(DATE_OCTETS);
let dayOfDate = Number.NaN;

/** Writes what `timeText` returns, at a fraction of its cost: "2026-01-31T23:59:59.999Z". */
export function writeTime(into: ByteBuffer, ms: number): void {
  if (!(ms >= 0 && ms < FOUR_DIGIT_YEARS_MS)) {
    into.appendText(timeText(ms));
    return;
  }
  const whole = Math.floor(ms);
  const day = Math.floor(whole / DAY_MS);
  if (day !== dayOfDate) {
    new TextEncoder().encodeInto(timeText(day * DAY_MS), date);
    dayOfDate = day;
  }
  into.append(date, 0, DATE_OCTETS);
  const msOfDay = whole - day * DAY_MS;
  const seconds = (msOfDay / 1_000) | 0;
  const minutes = (seconds / 60) | 0;
  into.reserve(13);
  writeTwo(into, (minutes / 60) | 0, COLON);
  writeTwo(into, minutes % 60, COLON);
  writeTwo(into, seconds % 60, 0x2e);
  const rest = msOfDay % 1_000;
  into.bytes[into.length++] = ZERO + ((rest / 100) | 0);
  writeTwo(into, rest % 100, 0x5a);
}

/** Writes two digits and the character that follows. */
function writeTwo(into: ByteBuffer, value: number, then: number): void {
  const { bytes } = into;
  const at = into.length;
  bytes[at] = ZERO + ((value / 10) | 0);
  bytes[at + 1] = ZERO + (value % 10);
  bytes[at + 2] = then;
  into.length = at + 3;
}

/** The first instant whose year has more than four digits. */
const FOUR_DIGIT_YEARS_MS = Date.UTC(10_000, 0);
