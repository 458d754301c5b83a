import type { SeriesSlice } from '../../../bench/detection/engine/remote-write.ts';

type Labels = Readonly<Record<string, string>>;

/** A value as a function of the minutes until the end of the history. */
export type Course = (minutesToEnd: number) => number;

const stepMs = 30_000;
const hours = 8;

/** Records what Prometheus would have scraped every half minute until `end`. */
export class Recorder {
  readonly series: SeriesSlice[] = [];
  readonly startMs: number;
  readonly #times: readonly number[];
  readonly #endMs: number;

  constructor(end: Date) {
    this.#endMs = Math.floor(end.getTime() / stepMs) * stepMs;
    this.startMs = this.#endMs - hours * 3_600_000;
    const count = (this.#endMs - this.startMs) / stepMs + 1;
    this.#times = Array.from({ length: count }, (_, step) => this.startMs + step * stepMs);
  }

  gauge(name: string, labels: Labels, course: Course): void {
    const values = this.#times.map((time) => course((this.#endMs - time) / 60_000));
    this.series.push({ labels: { ...labels, __name__: name }, times: this.#times, values });
  }

  /** @param perSecond the growth */
  counter(name: string, labels: Labels, perSecond: Course): void {
    let count = 0;
    this.gauge(name, labels, (minutesToEnd) => {
      count += (Math.max(0, perSecond(minutesToEnd)) * stepMs) / 1_000;
      return name.includes('seconds') ? count : Math.round(count);
    });
  }

  /** A histogram's buckets: the share of observations up to each bound. */
  buckets(name: string, labels: Labels, shares: Readonly<Record<string, number>>, perSecond: Course): void {
    for (const [le, share] of Object.entries(shares))
      this.counter(`${name}_bucket`, { ...labels, le }, (minutes) => share * perSecond(minutes));
  }
}

/** A level that varies a little, in the same way in each run. */
export function courseAround(level: number, seed: string, spread = 0.12): Course {
  const phase = [...seed].reduce((sum, character) => (sum * 31 + character.codePointAt(0)!) % 997, 7);
  return (minutes) => {
    const wave = Math.sin((minutes + phase) / 17) + 0.6 * Math.sin((minutes * 1.7 + phase) / 5.3);
    return level * (1 + (spread / 1.6) * wave);
  };
}

/** One level during the incident, another before and after it. */
export function incidentCourse(incident: Course, otherwise: Course): Course {
  return (minutes) => (minutes <= 35 && minutes > 12 ? incident(minutes) : otherwise(minutes));
}

export const constantCourse =
  (value: number): Course =>
  () =>
    value;
