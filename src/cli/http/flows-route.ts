import type { ServerResponse } from 'node:http';
import {
  type FilterWord,
  type FilterWords,
  FlowFilter,
  filterWords,
  recordToJson,
} from '../../flow/index.ts';
import { type Account, type Clock, type Ledger, parseSince } from '../../runtime/index.ts';
import { HttpError, type Route } from './http-server.ts';
import type { HeldBatch, RecentFlows } from './recent-flows.ts';

/** Clients that may read flows at one time. */
const MAX_CLIENTS = 64;
/** A client that takes nothing for this long is let go. */
const STALL_MS = 30_000;
/** Rows looked at before others get their turn. */
const ROWS_A_TURN = 256;

interface Query {
  readonly filter: FlowFilter;
  readonly sinceMs: number | undefined;
  readonly last: number | undefined;
  readonly follow: boolean;
}

/**
 * GET /flows: records of the window as newline-delimited JSON, the oldest first; the filter words, `since`
 * (a duration, or a time in RFC 3339), `last` (the newest so many) and `follow=true` as query.
 *
 * A client is a row number that moves through the window. When it reads too slowly the window passes it
 * by; what it missed stands in its account. Accounts of those who left are summed up in one.
 */
export function flowsRoute(flows: RecentFlows, clock: Clock, ledger: Ledger): Route {
  const gone = ledger.open('http', 'records');
  let clients = 0;
  return async (url, response, request) => {
    const query = readQuery(url.searchParams, clock);
    if (clients >= MAX_CLIENTS) throw new HttpError(503, `${MAX_CLIENTS} clients are reading flows already`);
    clients++;
    const { remoteAddress, remotePort } = request.socket;
    const own = ledger.open(`http client ${remoteAddress}:${remotePort}`, 'records');
    const left = new AbortController();
    response.on('close', () => left.abort());
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.flushHeaders();
    try {
      await new FlowsReader(flows, clock, own, query, response, left.signal).run();
      response.end();
    } finally {
      clients--;
      ledger.close(own);
      fold(own, gone);
    }
  };
}

class FlowsReader {
  readonly #flows: RecentFlows;
  readonly #clock: Clock;
  readonly #account: Account;
  readonly #query: Query;
  readonly #response: ServerResponse;
  readonly #left: AbortSignal;

  constructor(
    flows: RecentFlows,
    clock: Clock,
    account: Account,
    query: Query,
    response: ServerResponse,
    left: AbortSignal,
  ) {
    this.#flows = flows;
    this.#clock = clock;
    this.#account = account;
    this.#query = query;
    this.#response = response;
    this.#left = left;
  }

  async run(): Promise<void> {
    const { sinceMs, last, follow } = this.#query;
    let row = sinceMs === undefined ? this.#flows.oldestRow : this.#flows.rowAt(sinceMs);
    if (last !== undefined) row = this.#rowOfLast(last, row);
    const end = follow ? Number.POSITIVE_INFINITY : this.#flows.nextRow;
    while (row < end && !this.#left.aborted) {
      const held = this.#flows.from(row);
      if (held === undefined) {
        if (!follow) return;
        await this.#flows.more(this.#left);
        continue;
      }
      this.#missed(held.firstRow - row);
      row = await this.#send(held, Math.max(row, held.firstRow), end);
    }
  }

  /** Number of the row from which on `last` rows pass the filter. */
  #rowOfLast(last: number, oldest: number): number {
    if (last === 0) return this.#flows.nextRow;
    let left = last;
    for (const { batch, firstRow } of this.#flows.newestFirst()) {
      const passes = this.#query.filter.bind(batch);
      for (let row = batch.length - 1; row >= 0; row--) {
        if (firstRow + row < oldest) return oldest;
        if (passes(row) && --left === 0) return firstRow + row;
      }
    }
    return oldest;
  }

  #missed(rows: number): void {
    if (rows <= 0) return;
    this.#account.received += rows;
    this.#account.drop('read too slowly', rows);
  }

  /** Sends what passes of a batch from a row on. Returns the number of the row after it. */
  async #send({ batch, firstRow }: HeldBatch, from: number, end: number): Promise<number> {
    const passes = this.#query.filter.bind(batch);
    const stop = Math.min(batch.length, end - firstRow);
    for (let row = from - firstRow; row < stop && !this.#left.aborted; row += ROWS_A_TURN) {
      const lines: string[] = [];
      for (let at = row; at < Math.min(row + ROWS_A_TURN, stop); at++) {
        if (passes(at)) lines.push(`${JSON.stringify(recordToJson(batch.at(at)))}\n`);
      }
      if (lines.length > 0) await this.#deliver(lines);
      else await new Promise(setImmediate);
    }
    return firstRow + stop;
  }

  async #deliver(lines: readonly string[]): Promise<void> {
    this.#account.received += lines.length;
    if (await this.#written(lines.join(''))) this.#account.sent += lines.length;
    else this.#account.drop('client left', lines.length);
  }

  /** Whether the client took the text. */
  #written(text: string): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(STALL_MS, () => this.#response.destroy());
      const settle = (taken: boolean) => {
        cancel();
        this.#left.removeEventListener('abort', leave);
        resolve(taken);
      };
      const leave = () => settle(false);
      this.#left.addEventListener('abort', leave, { once: true });
      this.#response.write(text, (error) => settle(!error));
    });
  }
}

function readQuery(parameters: URLSearchParams, clock: Clock): Query {
  const words: { [W in FilterWord]?: string[] } = {};
  for (const [name, value] of parameters) {
    if (name in filterWords) {
      const word = name as FilterWord;
      words[word] = [...(words[word] ?? []), value];
    } else if (!['since', 'last', 'follow'].includes(name)) {
      const known = [...Object.keys(filterWords), 'since', 'last', 'follow'].join(', ');
      throw new HttpError(400, `there is no parameter ${name}; there are ${known}`);
    }
  }
  return {
    filter: filterOf(words),
    sinceMs: sinceOf(parameters.get('since'), clock),
    last: lastOf(parameters.get('last')),
    follow: parameters.get('follow') === 'true',
  };
}

function filterOf(words: FilterWords): FlowFilter {
  try {
    return new FlowFilter(words);
  } catch (error) {
    throw new HttpError(400, (error as Error).message);
  }
}

function sinceOf(text: string | null, clock: Clock): number | undefined {
  if (text === null) return undefined;
  const timeMs = parseSince(text, clock.now());
  if (timeMs === undefined) {
    throw new HttpError(
      400,
      `since: expected a duration such as "10m" or a time in RFC 3339, found "${text}"`,
    );
  }
  return timeMs;
}

function lastOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new HttpError(400, `last: expected a whole number, found "${text}"`);
  return Number(text);
}

function fold(own: Account, into: Account): void {
  into.received += own.received;
  into.sent += own.sent;
  for (const [reason, count] of own.dropped) into.drop(reason, count);
}
