/*
 * What the console's server and its app agree on. Pure: a browser uses it as it is.
 *
 * The app is at PREFIX/console/ and asks for everything by relative URLs ('../query', '../flows?follow=true',
 * 'views'), since only the browser knows PREFIX. Its state stands in the query string, never in the path.
 * A browser opens six connections to a host, counted over all its tabs (HTTP/1.1). So the app follows flows
 * by one stream for all tabs: one tab or a SharedWorker reads it, and a BroadcastChannel hands it on.
 */

/** Where the app is, relative to the address of the server. */
export const CONSOLE_PATH = 'console/';
