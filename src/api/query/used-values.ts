import type { DimensionName } from '../../flow/index.ts';
import type { Query, QueryAnswer } from '../../query/index.ts';
import type { Clock } from '../../runtime/index.ts';
import type { FlowScope } from '../scopes/index.ts';

const HOUR_MS = 3_600_000;
const FRESH_MS = 60_000;
/** Rights that were taken away count soon. */
const FRESH_FOR_READERS_MS = 10_000;
/** Values of a dimension that are remembered, and dimensions of callers for which they are. */
const MOST_KNOWN = 1_000;
const MOST_REMEMBERED = 128;
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
 * long for somebody who types, so the answer is kept for a minute. Where rights count it is kept for ten
 * seconds, for each caller.
 */
export class UsedValues {
  readonly #clock: Clock;
  readonly #ask: (query: Query, scope: FlowScope) => Promise<QueryAnswer>;
  /** By caller and dimension, the oldest first. */
  readonly #known = new Map<string, Known>();

  constructor(clock: Clock, ask: (query: Query, scope: FlowScope) => Promise<QueryAnswer>) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Those that begin with the prefix, in any case. */
  async find(dimension: DimensionName, prefix: string, scope: FlowScope): Promise<readonly string[]> {
    const sought = prefix.toLowerCase();
    const values = await this.#valuesOf(dimension, scope);
    return values.filter((value) => value.toLowerCase().startsWith(sought)).slice(0, MOST_VALUES);
  }

  #valuesOf(dimension: DimensionName, scope: FlowScope): Promise<readonly string[]> {
    const key = JSON.stringify([scope.key, dimension]);
    const known = this.#known.get(key);
    const sinceMs = this.#clock.monotonic();
    const freshMs = scope.key === undefined ? FRESH_MS : FRESH_FOR_READERS_MS;
    if (known !== undefined && sinceMs - known.sinceMs < freshMs) return known.values;
    const values = this.#read(dimension, scope);
    this.#known.delete(key);
    this.#known.set(key, { sinceMs, values });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_REMEMBERED) break;
      this.#known.delete(oldest);
    }
    values.catch(() => this.#known.delete(key));
    return values;
  }

  async #read(dimension: DimensionName, scope: FlowScope): Promise<readonly string[]> {
    const toMs = Math.floor(this.#clock.now());
    const query: Query = {
      fromMs: toMs - HOUR_MS,
      toMs,
      where: '',
      by: [dimension],
      measures: ['records'],
      top: MOST_KNOWN,
      stepMs: undefined,
      compareMs: undefined,
    };
    const { groups } = await this.#ask(query, scope);
    return groups.flatMap(({ key: [value] }) => (value === undefined || value === null ? [] : [value]));
  }
}
