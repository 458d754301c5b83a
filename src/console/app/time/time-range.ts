/**
 * The time that the console shows, as the address has it. `from` is a time in RFC 3339 or how long ago; `to`
 * is a time or "now".
 */
export interface TimeRange {
  readonly from: string;
  readonly to: string;
}

export interface Instants {
  readonly fromMs: number;
  readonly toMs: number;
}

export const presetRanges = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const unitNames: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
};

/** A range that nobody has typed begins and ends with the longest one that fits. A history has their sums. */
const wholeUnits = [1_000, 60_000, 3_600_000, 4 * 3_600_000, 24 * 3_600_000] as const;
/** A range has at least so many units. */
const LEAST_UNITS = 100;
/** A minute is the shortest time that a range shrinks to. */
const SHORTEST_MS = 60_000;
/** How much is shown before and after an event. */
const AROUND_MS = 10 * 60_000;

/** Milliseconds of "15m" or "7d"; undefined for other text. */
export function spanOf(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})\s*([smhd])$/.exec(text.trim()) ?? [];
  return unit === undefined || Number(count) === 0 ? undefined : Number(count) * unitMs[unit]!;
}

/** The shortest such text: 90 minutes are "90m", 48 hours are "2d". */
export function spanText(spanMs: number): string {
  const unit = ['d', 'h', 'm'].find((name) => spanMs >= unitMs[name]! && spanMs % unitMs[name]! === 0) ?? 's';
  return `${Math.max(1, Math.round(spanMs / unitMs[unit]!))}${unit}`;
}

/** Undefined if the texts are no times, or the range has no length. */
export function instantsOf({ from, to }: TimeRange, nowMs: number): Instants | undefined {
  const agoMs = spanOf(from);
  const fromMs = agoMs === undefined ? Date.parse(from) : nowMs - agoMs;
  const toMs = to === 'now' ? nowMs : Date.parse(to);
  return fromMs < toMs ? { fromMs, toMs } : undefined;
}

export const fixedRange = ({ fromMs, toMs }: Instants): TimeRange => ({
  from: instantText(fromMs),
  to: instantText(toMs),
});

/** Moves a range by its own length. A range that would end in the future ends now. */
export function shiftRange(range: TimeRange, direction: -1 | 1, nowMs: number): TimeRange {
  const instants = instantsOf(range, nowMs);
  if (instants === undefined) return range;
  const lengthMs = instants.toMs - instants.fromMs;
  const toMs = instants.toMs + direction * lengthMs;
  if (toMs + unitFor(lengthMs) > nowMs) return { from: spanText(lengthMs), to: 'now' };
  return rangeTo(toMs, lengthMs);
}

/** Twice the time around the same centre. A range that would end in the future ends now. */
export function widenRange(range: TimeRange, nowMs: number): TimeRange {
  const instants = instantsOf(range, nowMs);
  if (instants === undefined) return range;
  const lengthMs = instants.toMs - instants.fromMs;
  const toMs = instants.toMs + lengthMs / 2;
  if (range.to === 'now' || toMs >= nowMs) return { from: spanText(2 * lengthMs), to: 'now' };
  return rangeTo(toMs, 2 * lengthMs);
}

/** The part of a picture that somebody has marked: whole units, and never too short to show anything. */
export function zoomedRange(firstMs: number, secondMs: number): TimeRange {
  const unitMs = unitFor(Math.abs(firstMs - secondMs));
  const fromMs = Math.floor(Math.min(firstMs, secondMs) / unitMs) * unitMs;
  const toMs = Math.max(Math.ceil(Math.max(firstMs, secondMs) / unitMs) * unitMs, fromMs + SHORTEST_MS);
  return fixedRange({ fromMs, toMs });
}

/** Of about this length, with whole units. */
function rangeTo(toMs: number, lengthMs: number): TimeRange {
  const unitMs = unitFor(lengthMs);
  const startOf = (ms: number) => Math.floor(ms / unitMs) * unitMs;
  return fixedRange({ fromMs: startOf(toMs - lengthMs), toMs: startOf(toMs) });
}

const unitFor = (lengthMs: number): number =>
  wholeUnits.findLast((ms) => ms * LEAST_UNITS <= lengthMs) ?? wholeUnits[0];

/** The time around what happened. It ends now at the latest. */
export const aroundRange = (firstMs: number, lastMs: number, nowMs: number): TimeRange =>
  zoomedRange(firstMs - AROUND_MS, Math.min(lastMs + AROUND_MS, nowMs));

/**
 * What somebody has typed: "90m", "last 2 hours", "today", "yesterday", "10:00 - 11:30", "2026-01-31",
 * "2026-01-31 10:00 - 2026-02-01 9:00". Times are in the reader's zone. Undefined for other text.
 */
export function readTimeRange(text: string, nowMs: number): TimeRange | undefined {
  const words = text.trim().toLowerCase();
  const [, count = '1', unit] = /^(?:last\s+)?(\d{1,6})?\s*([a-z]+)$/.exec(words) ?? [];
  const short = Object.keys(unitNames).find((name) =>
    [name, unitNames[name], `${unitNames[name]}s`, name === 'm' ? 'min' : name].includes(unit ?? ''),
  );
  if (short !== undefined)
    return Number(count) === 0 ? undefined : { from: `${Number(count)}${short}`, to: 'now' };
  const day = dayOf(words, nowMs);
  if (day !== undefined) return rangeWithin(day, dayAfter(day), nowMs);
  const [start, end, ...more] = words.split(/\s+(?:-|–|to)\s+|\s*–\s*|(?<=:\d\d)-/);
  if (start === undefined || end === undefined || more.length > 0) return undefined;
  const fromMs = momentOf(start, nowMs, nowMs);
  if (fromMs === undefined) return undefined;
  const toMs = end === 'now' ? nowMs : momentOf(end, nowMs, fromMs);
  return toMs === undefined ? undefined : rangeWithin(fromMs, toMs, nowMs, end === 'now');
}

/** "last 6 hours", or the two times in the reader's zone. */
export function rangeText(range: TimeRange, nowMs: number): string {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(range.from) ?? [];
  if (unit !== undefined && range.to === 'now') {
    return `last ${count === '1' ? '' : `${count} `}${unitNames[unit]}${count === '1' ? '' : 's'}`;
  }
  const instants = instantsOf(range, nowMs);
  if (instants === undefined) return `${range.from} – ${range.to}`;
  const [from, to] = [localText(instants.fromMs), range.to === 'now' ? 'now' : localText(instants.toMs)];
  return `${from} – ${to.startsWith(from.slice(0, 10)) ? to.slice(11) : to}`;
}

/** "2026-01-31 10:00", in the reader's zone; with seconds if there are any. */
export function localText(ms: number): string {
  const time = new Date(ms);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const seconds = time.getSeconds() === 0 ? '' : `:${twoDigits(time.getSeconds())}`;
  const day = `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
  return `${day} ${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}${seconds}`;
}

/** The zone that times are shown in: "Europe/Berlin, UTC+02:00". */
export function zoneText(ms: number): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const minutes = -new Date(ms).getTimezoneOffset();
  if (minutes === 0 && /^(Etc\/)?UTC$/.test(timeZone)) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const offset = `${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
  return `${timeZone}, UTC${minutes < 0 ? '-' : '+'}${offset}`;
}

const instantText = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

function rangeWithin(fromMs: number, toMs: number, nowMs: number, isOpen = false): TimeRange | undefined {
  if (!(fromMs < toMs) || fromMs >= nowMs) return undefined;
  return isOpen || toMs > nowMs ? { from: instantText(fromMs), to: 'now' } : fixedRange({ fromMs, toMs });
}

/** The start of a day: "today", "yesterday" or "2026-01-31". */
function dayOf(words: string, nowMs: number): number | undefined {
  const now = new Date(nowMs);
  if (words === 'today') return new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  if (words === 'yesterday') {
    return new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).getTime();
  }
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(words) ?? [];
  return day === undefined ? undefined : new Date(Number(year), Number(month) - 1, Number(day)).getTime();
}

/** A day in a zone may have 23 or 25 hours. */
function dayAfter(dayMs: number): number {
  const day = new Date(dayMs);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}

/** A day, a time of a day, or both. Without a day, the day is that of `nearMs`. */
function momentOf(words: string, nowMs: number, nearMs: number): number | undefined {
  if (/^\d{4}-.*z$/.test(words)) return Date.parse(words.toUpperCase()) || undefined;
  const [, dayWords, hours, minutes, seconds] =
    /^(?:(today|yesterday|\d{4}-\d\d-\d\d)[t ]\s*)?(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(words) ?? [];
  if (hours === undefined) return dayOf(words, nowMs);
  const dayMs = dayWords === undefined ? nearMs : dayOf(dayWords, nowMs)!;
  const day = new Date(dayMs);
  return new Date(
    day.getFullYear(),
    day.getMonth(),
    day.getDate(),
    Number(hours),
    Number(minutes),
    Number(seconds ?? 0),
  ).getTime();
}
