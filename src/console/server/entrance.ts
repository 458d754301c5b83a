import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpExchange, TokenProof } from '../../http/index.ts';

/** The parameter of a link that has the token. */
const TOKEN = 'token';

/**
 * Lets a browser in. A link has the token once: it is exchanged for a cookie, and the browser goes on to the
 * same address without the token. So neither its history nor its address bar keeps it.
 * @returns whether the browser is in; if not, it has its answer
 */
export async function letIn(exchange: HttpExchange, proof: TokenProof): Promise<boolean> {
  const { url, request, response } = exchange;
  const given = url.searchParams.get(TOKEN);
  const cookie = given === null ? undefined : await proof.exchange(given, request);
  if (cookie !== undefined) {
    response.writeHead(303, { location: withoutToken(url), 'set-cookie': cookie, ...neverKept }).end();
    return false;
  }
  if (given === null && (await proof.isShownBy(request))) return true;
  if (given === null && isFromOtherSite(request)) sendAgain(response);
  else sendRefusal(response, proof.place);
  return false;
}

/** Relative, so that it holds behind any proxy and leads nowhere else. */
function withoutToken({ searchParams }: URL): string {
  const rest = new URLSearchParams(searchParams);
  rest.delete(TOKEN);
  return rest.size === 0 ? './' : `./?${rest}`;
}

/** The cookie does not come with links of other sites, but does when the page itself asks again. */
const isFromOtherSite = ({ headers }: IncomingMessage): boolean =>
  headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] === 'navigate';

const neverKept = { 'cache-control': 'no-store' };
const html = { 'content-type': 'text/html; charset=utf-8', ...neverKept };

function sendAgain(response: ServerResponse): void {
  response.writeHead(200, html);
  response.end('<!doctype html><meta http-equiv="refresh" content="0"><title>Weir</title>\n');
}

function sendRefusal(response: ServerResponse, place: string): void {
  response.writeHead(401, { ...html, 'www-authenticate': 'Bearer' });
  response.end(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Weir: open the link</title>
<h1>Open the link of this console</h1>
<p>The console is for those who have its link, http://…/console/?token=TOKEN.
<p>"weir up" shows the link on its screen. The token is also in ${escapeHtml(place)}.
<p>If you came by a link, the token in it is not the one that counts now.
</html>
`);
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
