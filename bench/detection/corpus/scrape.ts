import type { SeriesSlice } from '../engine/remote-write.ts';
import type { Random } from './random.ts';
import { corpusMinutes, minuteMs, timeOf } from './timeline.ts';
import { type Target, targetStates } from './world.ts';

/** When a target was scraped, and whether that succeeded. */
export interface Scrapes {
  readonly target: Target;
  /** By minute, in ms since 1970, with jitter. */
  readonly times: readonly number[];
  /** 1 when the scrape returned values. */
  readonly success: Uint8Array;
}

/** One scrape a minute, with the jitter of a busy host; one in three thousand fails. */
export function drawScrapes(target: Target, random: Random): Scrapes {
  const phase = random.integer(0, minuteMs - 1);
  const times = Array.from({ length: corpusMinutes }, (_, minute) => {
    const late = random.chance(0.002) ? random.uniform(0, 4_000) : Math.abs(random.normal()) * 8;
    return Math.round(timeOf(minute) + phase + late);
  });
  const success = target.answers.map((state) =>
    state === targetStates.up && !random.chance(1 / 3_000) ? 1 : 0,
  );
  return { target, times, success };
}

/** `up` of the target: stale while it is not among the targets. */
export function upOf({ target, times, success }: Scrapes, fromMs: number): SeriesSlice {
  const values = Array.from(target.answers, (state, minute) =>
    state === targetStates.gone ? Number.NaN : success[minute]!,
  );
  return sliceOf('up', {}, { target, times }, values, fromMs);
}

/** A series of a target as Prometheus stores it: stale while scrapes fail or `values` is NaN. */
export function sliceOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  { target, times, success }: Pick<Scrapes, 'target' | 'times'> & { success?: Uint8Array },
  values: ArrayLike<number>,
  fromMs: number,
): SeriesSlice {
  const slice = { times: [] as number[], values: [] as number[] };
  let shown = false;
  for (let minute = 0; minute < corpusMinutes; minute++) {
    const value = values[minute]!;
    const has = !Number.isNaN(value) && (success?.[minute] ?? 1) === 1;
    if ((has || shown) && times[minute]! >= fromMs) {
      slice.times.push(times[minute]!);
      slice.values.push(has ? value : Number.NaN);
    }
    shown = has;
  }
  const { job, instance } = target;
  return { labels: { ...labels, __name__: name, job, instance }, ...slice };
}
