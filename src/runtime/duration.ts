const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const DAY_MS = 24 * unitMs.h!;

/** Milliseconds of a duration in Go's notation: "5s", "1m30s", "1.5h", "250ms"; undefined for other text. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^([0-9]*\.?[0-9]+(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, value, unit] of text.matchAll(/([0-9]*\.?[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(value) * unitMs[unit!]!;
  }
  return Number.isFinite(total) ? total : undefined;
}

/**
 * The moment that a text means, in milliseconds since 1970. The text is a duration before now, also in days
 * (3d), or a time in RFC 3339, which may be incomplete at its end. A time without a zone is UTC, wherever the
 * process runs. Undefined for other text, such as a number without a unit, and for times before 1970.
 */
export function parseSince(text: string, nowMs: number): number | undefined {
  const timeMs = readSince(text, nowMs);
  return timeMs !== undefined && timeMs >= 0 ? timeMs : undefined;
}

function readSince(text: string, nowMs: number): number | undefined {
  const agoMs = /^\d+d$/.test(text) ? Number(text.slice(0, -1)) * DAY_MS : parseDuration(text);
  if (agoMs !== undefined) return nowMs - agoMs;
  const [time, clock, zone] = /^\d{4}-\d{2}-\d{2}(?:[T ]([\d:.]+)(Z|[+-][\d:]+)?)?$/i.exec(text) ?? [];
  if (time === undefined) return undefined;
  const timeMs = Date.parse(clock !== undefined && zone === undefined ? `${time}Z` : time);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
