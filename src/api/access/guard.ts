import type { IncomingMessage } from 'node:http';
import { HttpError, type Route, routeWith } from '../../http/index.ts';
import type { Log } from '../../runtime/index.ts';
import { type FlowVerb, type NamespaceRights, NamespaceScope, type ScopeOf } from '../scopes/index.ts';
import {
  type Action,
  type Authenticator,
  type Authorizer,
  type Caller,
  ReviewError,
  TooManyError,
} from './caller.ts';
import { FLOWS, IDENTITY } from './flow-rights.ts';
import { sourceOf } from './stranger-budget.ts';

/** Maximum octets of a token. One of a ServiceAccount has 1 KB. */
const MAX_TOKEN = 16_384;

export interface GuardParts {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly log: Log;
}

/**
 * Lets those in who may. Only the bearer token says who asks: other headers, such as X-Remote-User, come from
 * whoever wrote the request.
 */
export class Guard {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** The route for those who may use its path. */
  protect(route: Route): Route {
    const answerChecked: Route = async (exchange) => {
      const { request, url } = exchange;
      const verb = request.method === 'HEAD' ? 'get' : request.method!.toLowerCase();
      const caller = await this.#callerOf(request);
      if (!(await this.#isAllowed(caller, { verb, path: url.pathname })))
        throw this.#forbidden(caller, `${verb} ${url.pathname}`, `nonResourceURLs ["${url.pathname}"]`);
      await route(exchange);
    };
    // The server itself has no token: the guard asks for that of the caller.
    return routeWith({ ...route, needsToken: false }, answerChecked);
  }

  /** The scope of a request, by the rights of its caller. */
  readonly scopeOf: ScopeOf = async (request, verb) => {
    const caller = await this.#callerOf(request);
    const rights = this.#rightsOf(caller, verb);
    const named = namespacesIn(request);
    if (named.length > 0 && !(await mayKnowAny(rights, named))) {
      const what = `${verb} flows of namespace ${named.join(', ')}`;
      throw this.#forbidden(caller, what, `the resource ${FLOWS.resource}.${FLOWS.group} there`);
    }
    return new NamespaceScope(rights, caller.name, JSON.stringify([verb, caller]));
  };

  #rightsOf(caller: Caller, verb: FlowVerb): NamespaceRights {
    const flows = { ...FLOWS, verb };
    return {
      mayRead: (namespace) => this.#isAllowed(caller, { ...flows, namespace }),
      mayIdentify: (namespace) => this.#isAllowed(caller, { ...flows, namespace, subresource: IDENTITY }),
    };
  }

  async #callerOf({ headers: { authorization = '' }, socket }: IncomingMessage): Promise<Caller> {
    const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    if (token === undefined) throw unauthorizedError(NO_TOKEN);
    if (token.length > MAX_TOKEN) throw unauthorizedError(`expected a token of at most ${MAX_TOKEN} octets`);
    const caller = await answerOf(
      this.#parts.authenticator.authenticate(token, sourceOf(socket.remoteAddress)),
    );
    if ('refusal' in caller) throw unauthorizedError(`found ${caller.refusal}`);
    return caller;
  }

  #isAllowed(caller: Caller, action: Action): Promise<boolean> {
    return answerOf(this.#parts.authorizer.isAllowed(caller, action));
  }

  #forbidden({ name }: Caller, what: string, right: string): HttpError {
    this.#parts.log.limited('api', 'forbidden', () => `${name} may not ${what}`);
    return new HttpError(403, `${name} may not ${what}; a role must allow it for ${right}`);
  }
}

/**
 * Whether somebody may read or identify an end in one of the namespaces. Asks about one after the other: a
 * query of hundreds would crowd out the questions of others.
 */
async function mayKnowAny(rights: NamespaceRights, named: readonly string[]): Promise<boolean> {
  if (await rights.mayRead(undefined)) return true;
  for (const name of new Set(named)) {
    if ((await Promise.all([rights.mayRead(name), rights.mayIdentify(name)])).includes(true)) return true;
  }
  return rights.mayIdentify(undefined);
}

const NO_TOKEN =
  'expected "authorization: Bearer TOKEN"; the API server\'s Service proxy removes it, so ask this port directly or by a port-forward';

const unauthorizedError = (text: string): HttpError =>
  new HttpError(401, text, { 'www-authenticate': 'Bearer' });

/** Whom the API server cannot name now is neither let in nor told that he may not come. */
async function answerOf<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ReviewError)) throw error;
    if (error instanceof TooManyError) throw new HttpError(429, error.message, { 'retry-after': '5' });
    throw new HttpError(503, `who asks, and what he may do, cannot be checked now: ${error.message}`, {
      'retry-after': '5',
    });
  }
}

/** The namespaces that a query wants, without those that it does not want. */
function namespacesIn({ url = '' }: IncomingMessage): string[] {
  const query = new URLSearchParams(url.split('?')[1] ?? '');
  return query.getAll('namespace').filter((name) => !name.startsWith('!'));
}
