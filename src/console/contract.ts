/*
 * What the console's server and its app agree on. Pure: a browser uses it as it is.
 *
 * The app is at PREFIX/console/ and asks for everything by relative URLs ('../query', '../flows?follow=true',
 * 'views'), since only the browser knows PREFIX. Its state stands in the query string, never in the path.
 * The cookie of the page goes with each request by itself. A 401 means that the token has changed: the app
 * loads its page again, whose answer says where the link is.
 *
 * A browser opens six connections to a host, counted over all its tabs (HTTP/1.1). With a stream for each tab
 * the seventh tab would wait for ever. So the app follows flows by one stream for all tabs. The tab that has
 * the lock of `navigator.locks.request` reads it, and a BroadcastChannel hands it on. A SharedWorker would
 * need a policy for Trusted Types.
 */

/** Where the saved views are, seen from the page: GET gives `SavedViews`, PUT replaces them. */
export const VIEWS_PATH = 'views';

/** Where the page learns what cannot be asked here: GET gives `Lacks`. */
export const LACKS_PATH = 'lacks';

/** What the page asks of a process, by its path, and flows as they come. */
export type ProcessSubject = 'ledger' | 'exporters' | 'metrics' | 'readyz' | 'live';

/** What the server behind the console does not answer, and why. The page does not ask for it. */
export type Lacks = Readonly<Partial<Record<ProcessSubject, string>>>;

/** Maximum views that are saved, and maximum octets of each as JSON. */
export const MAX_VIEWS = 200;
export const MAX_VIEW_OCTETS = 65_536;
/** Maximum characters of a view's name. */
export const MAX_VIEW_NAME = 200;

/** A view of the console that somebody has saved, for all who use this server. */
export interface SavedView {
  /** No two are the same. */
  readonly name: string;
  /** The query string of the page: '?view=explore&from=1h'. */
  readonly search: string;
}

/**
 * All saved views. The answer has their version in the header `etag`. A PUT sends it back in `if-match`; the
 * answer 412 means that somebody else has saved meanwhile.
 */
export interface SavedViews {
  readonly views: readonly SavedView[];
}
