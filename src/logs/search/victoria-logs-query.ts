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
import { nanosecondsOf, timeTextOf } from './nanoseconds.ts';

const server = logServers.victoriaLogs;

/** As many of the newest as VictoriaLogs finds without sorting all entries. */
const MOST_PAGE_LINES = 50_000;

const FIRST_WINDOW_NS = 60_000_000_000n;
const LEAST_WINDOW_NS = 1_000_000n;
/** The factor of the next window after one has been read to its end. */
const WIDER = 4n;

/** Entries, and their octets. */
interface Found {
  readonly lines: LoggedLine[];
  readonly octets: number;
}

/**
 * Queries a VictoriaLogs. It finds the newest entries of a long time as fast as those of a short one, but
 * sorts all entries for the oldest. So those are queried in windows that are about as long as one page.
 */
export class VictoriaLogsQuery implements LogQuery {
  readonly server = server;
  readonly crowdedRemedy = 'Request fewer flows with filters.';
  pageLines: number;
  mostPageLines = MOST_PAGE_LINES;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  #windowNs = FIRST_WINDOW_NS;

  constructor({ url, headers = {}, pageLines = DEFAULT_PAGE_LINES }: LogQueryOptions) {
    this.#url = urlBelow(url, 'select/logsql/query');
    this.#headers = headers;
    this.pageLines = pageLines;
  }

  async page(query: string, span: LogSpan, direction: SearchDirection): Promise<LoggedLine[] | undefined> {
    if (direction === 'forward') return this.#oldest(query, span);
    const sorted = `${query}\n  | sort by (_time desc) limit ${this.pageLines}`;
    const found = await this.#ask(sorted, span, MOST_ANSWER_OCTETS);
    return found && inOrder(found.lines, direction);
  }

  async #oldest(query: string, { startNs, endNs }: LogSpan): Promise<LoggedLine[] | undefined> {
    const page: LoggedLine[][] = [];
    let room = this.pageLines;
    let octets = 0;
    for (let fromNs = startNs; fromNs < endNs; ) {
      const toNs = earlierOf(fromNs + this.#windowNs, endNs);
      const sorted = `${query}\n  | sort by (_time) limit ${room}`;
      const found = await this.#ask(sorted, { startNs: fromNs, endNs: toNs }, MOST_ANSWER_OCTETS - octets);
      if (found === undefined) return undefined;
      page.push(found.lines);
      if (found.lines.length === room) {
        this.#windowNs = laterOf(2n * (latestOf(found.lines) - fromNs), LEAST_WINDOW_NS);
        break;
      }
      this.#windowNs *= WIDER;
      room -= found.lines.length;
      octets += found.octets;
      fromNs = toNs;
    }
    return inOrder(page.flat(), 'forward');
  }

  async #ask(query: string, { startNs, endNs }: LogSpan, mostOctets: number): Promise<Found | undefined> {
    const request = {
      method: 'POST',
      headers: this.#headers,
      body: new URLSearchParams({ query, start: timeTextOf(startNs), end: timeTextOf(endNs) }),
    };
    const answer = await askServer(server, this.#url, request, mostOctets);
    if (answer === undefined) return undefined;
    if (answer.status !== 200) throw refusalError(server, this.#url, answer, remedyOf(answer));
    if (!answer.contentType.includes('json')) throw otherServerError(server, this.#url, answer.text);
    const rows = answer.text.split('\n').filter((row) => row !== '');
    return { lines: rows.map((row) => this.#entryOf(row)), octets: answer.octets };
  }

  /** A row of an answer. Fields with an underscore are VictoriaLogs's own. */
  #entryOf(row: string): LoggedLine {
    let fields: Record<string, string> | null;
    try {
      fields = JSON.parse(row);
    } catch {
      throw otherServerError(server, this.#url, row);
    }
    if (fields === null || Object.values(fields).some((value) => typeof value !== 'string'))
      throw otherServerError(server, this.#url, row);
    const { _time, _msg = '', _stream, _stream_id, ...labels } = fields;
    const timeNs = nanosecondsOf(_time ?? '');
    if (timeNs === undefined) throw otherServerError(server, this.#url, row);
    return { labels, timeNs, line: _msg };
  }
}

const latestOf = (lines: readonly LoggedLine[]): bigint =>
  lines.reduce((latest, { timeNs }) => laterOf(latest, timeNs), 0n);
const earlierOf = (one: bigint, other: bigint): bigint => (one < other ? one : other);
const laterOf = (one: bigint, other: bigint): bigint => (one > other ? one : other);

const otherServer = 'Give the URL of VictoriaLogs, or of the gateway in front of it, with --server.';

function remedyOf({ status, text }: Answer): string {
  if (status === 401 || status === 403)
    return 'Write the required headers as "name: value" into a file for --headers-file, such as "authorization: Bearer TOKEN".';
  if (status === 404 || /unsupported path|missing (route|-http\.pathPrefix)/i.test(text)) return otherServer;
  if (/tenant|AccountID|ProjectID/i.test(text))
    return 'Name the tenant as AccountID or AccountID:ProjectID with --tenant.';
  if (status === 405) return otherServer;
  return 'Request a shorter time with --since, or fewer flows with filters.';
}
