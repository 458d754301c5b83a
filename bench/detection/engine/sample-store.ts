import { type Prometheus, startPrometheus } from '../../../test/support/prometheus.ts';
import { encodeWriteRequest, type SeriesSlice } from './remote-write.ts';

/** One series of a range query: the times, in ms since 1970, at which the expression had a value for it. */
export interface RangeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** Prometheus's maximum of points in one range query, per series. */
const maximumSteps = 11_000;
const samplesAtOnce = 100_000;

/**
 * A real Prometheus with an empty database, which neither scrapes nor evaluates: it gets samples and answers
 * queries.
 */
export class SampleStore implements AsyncDisposable {
  readonly #prometheus: Prometheus;

  private constructor(prometheus: Prometheus) {
    this.#prometheus = prometheus;
  }

  static async start(): Promise<SampleStore> {
    return new SampleStore(
      await startPrometheus({
        intervalSeconds: 60,
        options: [
          // one block for the whole corpus: it stays in the head, so that recorded series may be older than
          // their sources
          '--storage.tsdb.min-block-duration=120d',
          '--storage.tsdb.max-block-duration=120d',
          '--storage.tsdb.retention.time=10y',
          '--web.enable-remote-write-receiver',
        ],
      }),
    );
  }

  /** Its address for queries, without a slash at its end. */
  get url(): string {
    return this.#prometheus.url;
  }

  /** The samples of each series must be newer than its earlier ones. */
  async write(series: SeriesSlice): Promise<void> {
    for (let from = 0; from < series.times.length; from += samplesAtOnce) {
      await this.#post({
        labels: series.labels,
        times: series.times.slice(from, from + samplesAtOnce),
        values: series.values.slice(from, from + samplesAtOnce),
      });
    }
  }

  async #post(slice: SeriesSlice): Promise<void> {
    const response = await fetch(`${this.#prometheus.url}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-encoding': 'snappy',
        'content-type': 'application/x-protobuf',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: encodeWriteRequest([slice]),
    });
    const answer = await response.text();
    if (!response.ok) {
      throw new Error(`Prometheus refused ${JSON.stringify(slice.labels)}: ${response.status} ${answer}`);
    }
  }

  /** Evaluates an expression at `startMs`, `startMs + stepMs` … up to `endMs`, as a rule group would. */
  async queryRange(query: string, startMs: number, endMs: number, stepMs: number): Promise<RangeSeries[]> {
    const found = new Map<string, { labels: Record<string, string>; times: number[]; values: number[] }>();
    for (let from = startMs; from <= endMs; from += maximumSteps * stepMs) {
      const to = Math.min(endMs, from + (maximumSteps - 1) * stepMs);
      const part = await this.#prometheus.queryRange(query, new Date(from), new Date(to), stepMs / 1000);
      for (const { labels, points } of part) {
        const key = JSON.stringify(labels);
        const series = found.get(key) ?? { labels, times: [], values: [] };
        for (const [timeMs, value] of points) {
          series.times.push(Math.round(timeMs));
          series.values.push(value);
        }
        found.set(key, series);
      }
    }
    return [...found.values()];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#prometheus[Symbol.asyncDispose]();
  }
}
