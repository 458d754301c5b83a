/**
 * dateTimeMicroseconds and dateTimeNanoseconds on the wire (RFC 7011 sections 6.1.9 and 6.1.10). As in NTP,
 * they are seconds since 1900 and a fraction in units of 2^-32 s.
 *
 *     seconds (4) | fraction (4)
 * The seconds wrap in 2036. As in RFC 4330 section 3, seconds without the top bit count from there. So the
 * range is 1968 to 2104.
 */

const secondsFrom1900To1970 = 2_208_988_800;
const secondsPerEra = 2 ** 32;
const fractionUnits = 2n ** 32n;
const nanosecondsPerSecond = 1_000_000_000n;

/** The lowest 11 bits of a fraction are finer than a microsecond and are ignored (section 6.1.9). */
const microsecondMask = ~0x7ff;

/** Converts NTP seconds to seconds since 1970. */
export function unixSecondsOfNtp(seconds: number): number {
  return (seconds >= secondsPerEra / 2 ? seconds : seconds + secondsPerEra) - secondsFrom1900To1970;
}

/** Nanoseconds since 1970, rounded to the nearest, or to the nearest microsecond. */
export function unixNanosecondsOfNtp(seconds: number, fraction: number, unit: 'micro' | 'nano'): bigint {
  const known = BigInt(unit === 'micro' ? (fraction & microsecondMask) >>> 0 : fraction);
  const step = unit === 'micro' ? 1000n : 1n;
  const steps = (known * (nanosecondsPerSecond / step) + fractionUnits / 2n) / fractionUnits;
  return BigInt(unixSecondsOfNtp(seconds)) * nanosecondsPerSecond + steps * step;
}

/** The two halves of an NTP time from nanoseconds since 1970. */
export function ntpOfUnixNanoseconds(
  nanoseconds: bigint,
  unit: 'micro' | 'nano',
): { seconds: number; fraction: number } {
  const sinceEra = nanoseconds + BigInt(secondsFrom1900To1970) * nanosecondsPerSecond;
  const within = ((sinceEra % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
  const seconds = Number(BigInt.asUintN(32, (sinceEra - within) / nanosecondsPerSecond));
  const fraction = Number((within * fractionUnits + nanosecondsPerSecond / 2n) / nanosecondsPerSecond);
  // 2^11 units are half a microsecond: the rounded fraction reads as the same microsecond.
  return { seconds, fraction: unit === 'micro' ? ((fraction + 0x400) & microsecondMask) >>> 0 : fraction };
}

/** The two halves of an NTP time from milliseconds since 1970 with a fraction. */
export function ntpOfUnixMilliseconds(
  milliseconds: number,
  unit: 'micro' | 'nano',
): { seconds: number; fraction: number } {
  const wholeMs = Math.floor(milliseconds);
  const nanoseconds = Math.round((milliseconds - wholeMs) * 1e6);
  return ntpOfUnixNanoseconds(BigInt(wholeMs) * 1_000_000n + BigInt(nanoseconds), unit);
}
