/* Times as VictoriaLogs writes them: RFC 3339 with up to nine decimals, of which a Date has three. */

/** Undefined when the text is no such time. */
export function nanosecondsOf(text: string): bigint | undefined {
  const [, seconds, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const ms = Date.parse(`${seconds}Z`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** The last nanosecond that a 64-bit integer can represent. */
const LAST_NS = 2n ** 63n - 1n;

/** A time before 1970 or after 2262 becomes the first or last in between. */
export function timeTextOf(timeNs: bigint): string {
  const told = timeNs < 0n ? 0n : timeNs > LAST_NS ? LAST_NS : timeNs;
  const seconds = new Date(Number(told / 1_000_000_000n) * 1000).toISOString().slice(0, -'.000Z'.length);
  return `${seconds}.${String(told % 1_000_000_000n).padStart(9, '0')}Z`;
}
