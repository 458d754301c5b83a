import type { LoggedLine } from '../flow-lines/index.ts';
import { logServers } from '../log-server.ts';
import {
  type Answer,
  askServer,
  MOST_ANSWER_OCTETS,
  otherServerError,
  refusalError,
  urlBelow,
} from './answer.ts';
import {
  DEFAULT_PAGE_LINES,
  inOrder,
  type LogQuery,
  type LogQueryOptions,
  type LogSpan,
  type SearchDirection,
} from './log-query.ts';

interface Streams {
  readonly data?: {
    readonly resultType?: string;
    readonly result: readonly {
      readonly stream: Readonly<Record<string, string>>;
      readonly values: readonly (readonly [timeNs: string, line: string])[];
    }[];
  };
}

const server = logServers.loki;

/** Queries a Loki. It returns no more entries than its limit, and its error names the limit. */
export class LokiQuery implements LogQuery {
  readonly server = server;
  readonly crowdedRemedy =
    'Request fewer flows with filters, or raise max_entries_limit_per_query in limits_config of Loki.';
  pageLines: number;
  mostPageLines: number;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, headers = {}, pageLines = DEFAULT_PAGE_LINES }: LogQueryOptions) {
    this.#url = urlBelow(url, 'loki/api/v1/query_range');
    this.#headers = headers;
    this.pageLines = pageLines;
    this.mostPageLines = pageLines;
  }

  async page(query: string, span: LogSpan, direction: SearchDirection): Promise<LoggedLine[] | undefined> {
    const url = new URL(this.#url);
    for (const [name, value] of Object.entries({
      query,
      direction,
      start: span.startNs,
      end: span.endNs,
      limit: this.pageLines,
    }))
      url.searchParams.set(name, String(value));
    const answer = await askServer(server, url, { headers: this.#headers }, MOST_ANSWER_OCTETS);
    if (answer === undefined) return undefined;
    const lower = lowerLimit(answer);
    if (lower !== undefined && lower < this.pageLines) {
      this.pageLines = lower;
      this.mostPageLines = lower;
      return this.page(query, span, direction);
    }
    if (answer.status !== 200) throw refusalError(server, url, answer, remedyOf(answer.status));
    return inOrder(entriesOf(url, answer.text), direction);
  }
}

/** The limit that Loki names when asked for more entries than it returns. */
function lowerLimit({ status, text }: Answer): number | undefined {
  if (status !== 400) return undefined;
  const [, limit] = /max entries limit per query exceeded, limit > \S+ \(\d+ > (\d+)\)/.exec(text) ?? [];
  return limit === undefined || limit === '0' ? undefined : Number(limit);
}

function entriesOf(url: URL, text: string): LoggedLine[] {
  let answer: Streams;
  try {
    answer = JSON.parse(text);
  } catch {
    throw otherServerError(server, url, text);
  }
  if (answer.data?.resultType !== 'streams') throw otherServerError(server, url, text);
  return answer.data.result.flatMap(({ stream, values }) =>
    values.map(([timeNs, line]) => ({ labels: stream, timeNs: BigInt(timeNs), line })),
  );
}

function remedyOf(status: number): string {
  if (status === 401 || status === 403)
    return 'Name the tenant with --tenant, and write other required headers as "name: value" into a file for --headers-file.';
  if (status === 404 || status === 405)
    return 'Give the URL of Loki, or of the gateway in front of it, with --server.';
  return 'Request a shorter time with --since, or fewer flows with filters.';
}
