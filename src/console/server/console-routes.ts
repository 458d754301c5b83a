import {
  HttpError,
  type HttpExchange,
  type Route,
  type Routes,
  readRequestBody,
  routesForToken,
  routeWith,
  sendJson,
  type TokenProof,
} from '../../http/index.ts';
import { LACKS_PATH, type Lacks } from '../contract.ts';
import { type ConsoleApp, PAGE } from './console-app.ts';
import { letIn } from './entrance.ts';
import { MAX_VIEWS_OCTETS, readViews } from './read-views.ts';
import type { KeptViews, SavedViewsFile } from './saved-views-file.ts';
import { sendFile } from './sent-file.ts';

export interface ConsoleParts {
  readonly app: ConsoleApp;
  readonly views: SavedViewsFile;
  /** Whether a browser may see it. */
  readonly proof: TokenProof;
  /** What the server behind it does not answer to who looks at it; default it answers all. */
  readonly lacks?: (() => Promise<Lacks>) | undefined;
}

/** GET / and /console/, which people open. For those with the token: what the page loads, and saved views. */
export function consoleRoutes({ app, views, proof, lacks = async () => ({}) }: ConsoleParts): Routes {
  const answerPage: Route = async (exchange) => {
    if (await letIn(exchange, proof)) sendFile(exchange, await app.file(PAGE));
  };
  return {
    '/': routeWith({ isPage: true }, leadTo('console/')),
    '/console': routeWith({ isPage: true }, leadTo('console/')),
    '/console/': routeWith({ isPage: true }, answerPage),
    ...routesForToken({
      '/console/views': async ({ response }) => sendViews(await views.read(), response),
      'PUT /console/views': routeWith({ maxBodyOctets: MAX_VIEWS_OCTETS }, (exchange) =>
        replaceViews(exchange, views),
      ),
      [`/console/${LACKS_PATH}`]: async ({ response }) => sendJson(response, await lacks()),
      '/console/:file': async (exchange) => sendFile(exchange, await app.file(exchange.parameters.file!)),
    }),
  };
}

/** Relative to the path as the client asked for it, which may have a prefix without a slash at its end. */
const leadTo =
  (path: string): Route =>
  ({ request, response }) => {
    const [asked = '/'] = request.url!.split('?');
    const last = asked.slice(asked.lastIndexOf('/') + 1);
    const isConsole = last === 'console';
    response.writeHead(302, { location: last === '' || isConsole ? `./${path}` : `./${last}/${path}` }).end();
  };

async function replaceViews({ request, response }: HttpExchange, views: SavedViewsFile): Promise<void> {
  const match = /^"(\d{1,15})"$/.exec(request.headers['if-match'] ?? '')?.[1];
  if (match === undefined) {
    throw new HttpError(428, 'expected the header if-match with the etag of the views that you have read');
  }
  const text = (await readRequestBody(request, MAX_VIEWS_OCTETS)).toString('utf8');
  sendViews(await views.replace(readViews(parseJson(text)), Number(match)), response);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, `expected JSON: ${(error as Error).message}`);
  }
}

const sendViews = ({ version, views }: KeptViews, response: HttpExchange['response']): void =>
  sendJson(response, { views }, 200, { etag: `"${version}"` });
