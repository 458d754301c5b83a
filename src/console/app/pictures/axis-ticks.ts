export interface AxisTick {
  readonly value: number;
  readonly text: string;
}

/** Steps of the clock that people count in. */
const clockSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
].map((seconds) => seconds * 1_000);
const daySteps = [1, 2, 7, 14, 28, 91];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Round times of the reader's clock, at most `most` of them. Midnight has the date. A day in a zone has 23 to
 * 25 hours, so times above an hour are made from the fields of the clock.
 */
export function timeTicks(fromMs: number, toMs: number, most: number): AxisTick[] {
  const span = toMs - fromMs;
  const step = clockSteps.find((ms) => span / ms <= most);
  const ticks: AxisTick[] = [];
  if (step !== undefined && step <= HOUR_MS) {
    const offsetMs = -new Date(fromMs).getTimezoneOffset() * 60_000;
    for (let ms = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs; ms < toMs; ms += step)
      ticks.push({ value: ms, text: clockText(ms, step) });
    return ticks;
  }
  const hours = step === undefined ? 24 : step / HOUR_MS;
  const days = step === undefined ? (daySteps.find((count) => span / (count * DAY_MS) <= most) ?? 182) : 1;
  const start = new Date(fromMs);
  const timeAt = (count: number): number =>
    hours < 24
      ? new Date(start.getFullYear(), start.getMonth(), start.getDate(), count * hours).getTime()
      : new Date(start.getFullYear(), start.getMonth(), start.getDate() + count * days).getTime();
  for (let count = 0; timeAt(count) < toMs; count++) {
    if (timeAt(count) >= fromMs)
      ticks.push({ value: timeAt(count), text: clockText(timeAt(count), step ?? DAY_MS) });
  }
  return ticks;
}

function clockText(ms: number, step: number): string {
  const time = new Date(ms);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  if (time.getHours() === 0 && time.getMinutes() === 0 && time.getSeconds() === 0) {
    return time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
  }
  const seconds = step < 60_000 ? `:${twoDigits(time.getSeconds())}` : '';
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}${seconds}`;
}

/** Round values from zero to `largest`, some five of them. */
export function valueTicks(largest: number, textOf: (value: number) => string): AxisTick[] {
  if (!(largest > 0)) return [{ value: 0, text: textOf(0) }];
  const raw = largest / 5;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = magnitude * [1, 2, 5, 10].find((factor) => factor * magnitude >= raw)!;
  return Array.from({ length: Math.floor(largest / step) + 1 }, (_, tick) => ({
    value: tick * step,
    text: textOf(tick * step),
  }));
}
