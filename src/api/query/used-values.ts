import type { DimensionName } from '../../flow/index.ts';
import type { Query, QueryAnswer } from '../../query/index.ts';
import type { Clock } from '../../runtime/index.ts';

const HOUR_MS = 3_600_000;
const FRESH_MS = 60_000;
/** Values of a dimension that are remembered. */
const MOST_KNOWN = 1_000;
const MOST_VALUES = 20;

/** The answer of /query/values. */
export interface UsedValuesAnswer {
  readonly dimension: DimensionName;
  readonly values: readonly string[];
}

interface Known {
  readonly sinceMs: number;
  readonly values: Promise<readonly string[]>;
}

/**
 * The values that a dimension has in the records of the last hour, the most frequent first. A question takes
 * long for somebody who types, so the answer is kept for a minute.
 */
export class UsedValues {
  readonly #clock: Clock;
  readonly #ask: (query: Query) => Promise<QueryAnswer>;
  readonly #known = new Map<DimensionName, Known>();

  constructor(clock: Clock, ask: (query: Query) => Promise<QueryAnswer>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Those that begin with the prefix, in any case. */
  async find(dimension: DimensionName, prefix: string): Promise<readonly string[]> {
    const sought = prefix.toLowerCase();
    const values = await this.#valuesOf(dimension);
    return values.filter((value) => value.toLowerCase().startsWith(sought)).slice(0, MOST_VALUES);
  }

  #valuesOf(dimension: DimensionName): Promise<readonly string[]> {
    const known = this.#known.get(dimension);
    const sinceMs = this.#clock.monotonic();
    if (known !== undefined && sinceMs - known.sinceMs < FRESH_MS) return known.values;
    const values = this.#read(dimension);
    this.#known.set(dimension, { sinceMs, values });
    values.catch(() => this.#known.delete(dimension));
    return values;
  }

  async #read(dimension: DimensionName): Promise<readonly string[]> {
    const toMs = Math.floor(this.#clock.now());
    const { groups } = await this.#ask({
      fromMs: toMs - HOUR_MS,
      toMs,
      where: '',
      by: [dimension],
      measures: ['records'],
      top: MOST_KNOWN,
      stepMs: undefined,
      compareMs: undefined,
    });
    return groups.flatMap(({ key: [value] }) => (value === undefined || value === null ? [] : [value]));
  }
}
