import type { LoggedLine } from '../flow-lines/index.ts';
import type { LogServer } from '../log-server.ts';

/** A server's address, and what is sent with each query. */
export interface LogQueryOptions {
  /** Its base: 'http://127.0.0.1:3100'. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Entries of one request. Default 5,000, which is also Loki's default limit. */
  readonly pageLines?: number;
}

export const DEFAULT_PAGE_LINES = 5_000;

export interface LogSpan {
  /** Nanoseconds since 1970. */
  readonly startNs: bigint;
  /** Exclusive. */
  readonly endNs: bigint;
}

export type SearchDirection = 'forward' | 'backward';

/** Queries one server for entries, one page at a time. */
export interface LogQuery {
  readonly server: LogServer;
  /** Maximum entries of a page. The server may reduce it. */
  pageLines: number;
  /**
   * How far `pageLines` may be raised for entries that cannot be split into pages. The server may reduce
   * that, too.
   */
  mostPageLines: number;
  /** The remedy when that is not enough. */
  readonly crowdedRemedy: string;
  /**
   * The first entries of a span in a direction, in that order; those of one time in any. Undefined when they
   * have too many octets together.
   * @throws {WeirError} WEIR_LOKI_UNREACHABLE, WEIR_LOKI_REFUSED, and the same for VICTORIALOGS
   */
  page(query: string, span: LogSpan, direction: SearchDirection): Promise<LoggedLine[] | undefined>;
}

/** Sorts entries by their times. */
export function inOrder(entries: LoggedLine[], direction: SearchDirection): LoggedLine[] {
  const sign = direction === 'forward' ? 1 : -1;
  return entries.sort((one, other) => sign * compareNumbers(one.timeNs, other.timeNs));
}

const compareNumbers = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);
