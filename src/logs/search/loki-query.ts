import { WeirError } from '../../runtime/index.ts';
import type { LoggedLine } from '../flow-lines/index.ts';

/** A Loki, and what it is told with each question. */
export interface LokiSearchOptions {
  /** Its base: 'http://127.0.0.1:3100'. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Entries asked for at one time; Loki's own limit is 5,000 unless it is set to another. */
  readonly pageLines?: number;
}

export interface LokiSpan {
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
  /** Entries of this time are not in it. */
  readonly endNs: bigint;
}

export type Direction = 'forward' | 'backward';

interface Answer {
  readonly data?: {
    readonly resultType?: string;
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [timeNs: string, line: string])[];
    }[];
  };
}

const DEFAULT_PAGE_LINES = 5_000;
const QUERY_PATH = 'loki/api/v1/query_range';

/** Asks a Loki for entries, one page at a time. */
export class LokiQuery {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  /** Entries that a page has at most. */
  pageLines: number;

  constructor({ url, headers = {}, pageLines = DEFAULT_PAGE_LINES }: LokiSearchOptions) {
    this.#url = new URL(QUERY_PATH, url.endsWith('/') ? url : `${url}/`);
    this.#headers = headers;
    this.pageLines = pageLines;
  }

  /**
   * The first entries of a span in a direction, in that order.
   * @throws {WeirError} WEIR_LOKI_UNREACHABLE, WEIR_LOKI_REFUSED
   */
  async page(query: string, { startNs, endNs }: LokiSpan, direction: Direction): Promise<LoggedLine[]> {
    const url = new URL(this.#url);
    for (const [name, value] of Object.entries({
      query,
      direction,
      start: startNs,
      end: endNs,
      limit: this.pageLines,
    }))
      url.searchParams.set(name, String(value));
    const response = await this.#fetch(url);
    const text = await response.text();
    const lower = response.status === 400 ? lowerLimit(text) : undefined;
    if (lower !== undefined && lower < this.pageLines) {
      this.pageLines = lower;
      return this.page(query, { startNs, endNs }, direction);
    }
    if (!response.ok) throw refusal(this.#url, response.status, text);
    const sign = direction === 'forward' ? 1 : -1;
    return entriesOf(this.#url, text).sort((one, other) => sign * compare(one.timeNs, other.timeNs));
  }

  #fetch(url: URL): Promise<Response> {
    return fetch(url, { headers: this.#headers }).catch((error: Error) => {
      const cause = error.cause as NodeJS.ErrnoException | undefined;
      const reason = cause?.code ?? cause?.message ?? error.message;
      throw new WeirError('WEIR_LOKI_UNREACHABLE', `no answer from Loki at ${url.origin}: ${reason}`, {
        remedy: 'Say where it answers with --server URL, or with WEIR_LOKI in the environment.',
        cause: error,
      });
    });
  }
}

const compare = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);

/** The limit that Loki names when it is asked for more entries than it gives at one time. */
function lowerLimit(text: string): number | undefined {
  const [, limit] = /max entries limit per query exceeded, limit > \S+ \(\d+ > (\d+)\)/.exec(text) ?? [];
  return limit === undefined || limit === '0' ? undefined : Number(limit);
}

function entriesOf(url: URL, text: string): LoggedLine[] {
  let answer: Answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw notLoki(url, text);
  }
  if (answer.data?.resultType !== 'streams') throw notLoki(url, text);
  return answer.data.result.flatMap(({ stream, values }) =>
    values.map(([timeNs, line]) => ({ labels: stream, timeNs: BigInt(timeNs), line })),
  );
}

const MOST_TEXT = 300;

const notLoki = (url: URL, text: string): WeirError =>
  new WeirError(
    'WEIR_LOKI_REFUSED',
    `${url.origin} was expected to answer a query of entries as Loki does, and says: ${text.trim().slice(0, MOST_TEXT)}`,
    { remedy: "Give the URL of Loki, or of the gateway before it, with --server; not Grafana's." },
  );

function refusal(url: URL, status: number, text: string): WeirError {
  const said = text.trim().slice(0, MOST_TEXT);
  return new WeirError('WEIR_LOKI_REFUSED', `Loki at ${url.origin} says ${status}: ${said}`, {
    remedy: remedyOf(status),
  });
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403)
    return 'Name the tenant with --tenant, and give what else it asks for as "name: value" in a file with --headers-file.';
  if (status === 404) return 'Give the URL of Loki, or of the gateway before it, with --server.';
  return 'Ask for a shorter time with --since, or for fewer flows with filters.';
}
