import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from './http-error.ts';

/** An admitted request, and the way to answer it: at once, or piece by piece. */
export interface HttpExchange {
  readonly url: URL;
  /** The decoded values of the `:name` parts of the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers one request. When it throws an HttpError, the client gets that. */
export type Route = (exchange: HttpExchange) => void | Promise<void>;

/** Routes by method and path: "/flows" means GET and HEAD; others name the method: "POST /queries/:id". */
export type Routes = Readonly<Record<string, Route>>;

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly pattern: URLPattern;
  readonly route: Route;
}

/** Finds the route of a request. */
export class RouteTable {
  readonly #entries: readonly Entry[];

  constructor(routes: Routes) {
    this.#entries = Object.entries(routes).map(([key, route]) => {
      const [path, method = 'GET'] = key.split(' ').toReversed();
      return { method, path: path!, pattern: new URLPattern({ pathname: path! }), route };
    });
  }

  /**
   * @throws {HttpError} 404 for an unknown path, 405 for another method, 400 for a path that cannot be
   * decoded
   */
  find(method: string, url: URL): Pick<HttpExchange, 'parameters'> & { readonly route: Route } {
    const asked = method === 'HEAD' ? 'GET' : method;
    const here = this.#entries.filter(({ pattern }) => pattern.test(url));
    if (here.length === 0)
      throw new HttpError(404, `unknown path ${url.pathname}; the paths are ${this.#paths()}`);
    const entry = here.find((one) => one.method === asked);
    if (entry === undefined) {
      const methods = here.flatMap((one) => (one.method === 'GET' ? ['GET', 'HEAD'] : [one.method]));
      const text = `${url.pathname} answers ${methods.join(' and ')}, not ${method}`;
      throw new HttpError(405, text, { allow: methods.join(', ') });
    }
    return { route: entry.route, parameters: decodeGroups(entry.pattern.exec(url)!.pathname.groups) };
  }

  #paths(): string {
    return [...new Set(this.#entries.map(({ path }) => path))].join(', ');
  }
}

function decodeGroups(groups: Readonly<Record<string, string | undefined>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value = '']) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new HttpError(400, 'expected a path in which each % begins two hexadecimal digits of UTF-8');
  }
}
