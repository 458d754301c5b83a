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

/** What a route asks of requests before it sees them. */
export interface RouteTraits {
  /** Maximum octets of a request's body; default 0. `readRequestBody` reads it. */
  readonly maxBodyOctets?: number;
  /** Whether it asks for the token of a server that otherwise answers everybody. */
  readonly needsToken?: boolean;
  /** A page for people: links on other sites may lead to it, and it asks for the token itself. */
  readonly isPage?: boolean;
}

/** Answers one request. When it throws an HttpError, the client gets that. */
export interface Route extends RouteTraits {
  (exchange: HttpExchange): void | Promise<void>;
}

/** Routes by method and path: "/flows" means GET and HEAD; others name the method: "POST /queries/:id". */
export type Routes = Readonly<Record<string, Route>>;

/** The route with further traits. */
export function routeWith(traits: RouteTraits, route: Route): Route {
  return Object.assign((exchange: HttpExchange) => route(exchange), { ...route }, traits);
}

/** The routes, for those who have the token. */
export const routesForToken = (routes: Routes): Routes =>
  Object.fromEntries(
    Object.entries(routes).map(([key, route]) => [key, routeWith({ needsToken: true }, route)]),
  );

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

  /** What the route of a request asks of it; nothing where there is none. */
  traitsOf(method: string, url: URL): RouteTraits {
    return this.#matching(url).find((one) => one.method === methodOf(method))?.route ?? {};
  }

  /**
   * @throws {HttpError} 404 for an unknown path, 405 for another method, 400 for a path that cannot be
   * decoded
   */
  find(method: string, url: URL): Pick<HttpExchange, 'parameters'> & { readonly route: Route } {
    const here = this.#matching(url);
    if (here.length === 0)
      throw new HttpError(404, `unknown path ${url.pathname}; the paths are ${this.#paths()}`);
    const entry = here.find((one) => one.method === methodOf(method));
    if (entry === undefined) {
      const methods = here.flatMap((one) => (one.method === 'GET' ? ['GET', 'HEAD'] : [one.method]));
      const text = `${url.pathname} answers ${methods.join(' and ')}, not ${method}`;
      throw new HttpError(405, text, { allow: methods.join(', ') });
    }
    return { route: entry.route, parameters: decodeGroups(entry.pattern.exec(url)!.pathname.groups) };
  }

  #matching(url: URL): Entry[] {
    return this.#entries.filter(({ pattern }) => pattern.test(url));
  }

  #paths(): string {
    return [...new Set(this.#entries.map(({ path }) => path))].join(', ');
  }
}

const methodOf = (asked: string): string => (asked === 'HEAD' ? 'GET' : asked);

function decodeGroups(groups: Readonly<Record<string, string | undefined>>): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, value = '']) => [name, decodeURIComponent(value)]),
    );
  } catch {
    throw new HttpError(400, 'expected a path in which each % begins two hexadecimal digits of UTF-8');
  }
}
