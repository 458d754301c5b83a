import type { IncomingMessage } from 'node:http';
import { type Account, type Clock, type Ledger, type Log, WeirError } from '../../runtime/index.ts';
import type { ClusterAccess, ClusterCredentials } from './cluster-access.ts';
import { Complaints } from './complaints.ts';
import { openExchange, readBody } from './exchange.ts';
import {
  type KubernetesError,
  type RequestWords,
  readStatus,
  refusalOf,
  unreachableError,
} from './kubernetes-error.ts';
import { ServerAgent } from './server-agent.ts';

export interface KubernetesClientParts {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
}

/** As RBAC calls them. */
export type RequestVerb = keyof typeof methods;

const methods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
} as const;

export const isReading = (verb: RequestVerb): boolean => methods[verb] === 'GET';

export interface ApiRequest {
  readonly verb: RequestVerb;
  readonly path: string;
  readonly words: RequestWords;
  readonly query?: Readonly<Record<string, string>>;
  /** Media types of the answer, default JSON. */
  readonly accept?: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Until the head of the answer. */
  readonly answerMs: number;
  /** Ends the request and its answer. */
  readonly signal: AbortSignal;
}

const MAX_REFUSAL_OCTETS = 65_536;

/** Sends requests with the credentials of now, counts them, and makes errors of refusals. */
export class RequestSender {
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  readonly #agent: ServerAgent;
  readonly #complaints: Complaints;
  readonly #account: Account;
  #inFlight = 0;
  /** As it was last shown. */
  #authorization: string | undefined;
  #renewal: Promise<ClusterCredentials> | undefined;

  constructor({ access, clock, log, ledger }: KubernetesClientParts) {
    this.#access = access;
    this.#clock = clock;
    this.#agent = new ServerAgent(access.server);
    this.#complaints = new Complaints(log);
    this.#account = ledger.open('kubernetes requests', 'requests', () => this.#inFlight);
  }

  /** Events of requests. */
  note(event: string): void {
    this.#account.note(event);
  }

  /** Ends all connections. */
  close(): void {
    this.#agent.close();
  }

  /**
   * Settles with the head of a successful answer.
   * @throws {KubernetesError} when there is no answer, or a refusal
   * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS
   */
  async send(request: ApiRequest): Promise<IncomingMessage> {
    this.#account.received++;
    this.#inFlight++;
    try {
      const response = await this.#sendWithFreshCredentials(request);
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) throw await this.#refusal(response, request.words);
      this.#complaints.allowed(request.words);
      return response;
    } catch (error) {
      if (error instanceof WeirError) this.note(error.code.replace('WEIR_KUBERNETES_', '').toLowerCase());
      throw error;
    } finally {
      this.#inFlight--;
      this.#account.sent++;
    }
  }

  /** The server may know before this process that a token has expired: it is read once more then. */
  async #sendWithFreshCredentials(request: ApiRequest): Promise<IncomingMessage> {
    const credentials = await this.#credentials();
    const response = await this.#exchange(request, credentials);
    if (response.statusCode !== 401) return response;
    response.resume();
    this.note('credentials read again');
    return this.#exchange(request, await this.#renewedCredentials(credentials));
  }

  /** Requests that are refused at one time wait for the same new credentials. */
  #renewedCredentials({ headers: refused }: ClusterCredentials): Promise<ClusterCredentials> {
    if (this.#renewal === undefined && refused.authorization === this.#authorization) {
      this.#access.forget();
      this.#renewal = this.#credentials().finally(() => {
        this.#renewal = undefined;
      });
    }
    return this.#renewal ?? this.#credentials();
  }

  async #credentials(): Promise<ClusterCredentials> {
    const credentials = await this.#access.credentials();
    this.#authorization = credentials.headers.authorization;
    return credentials;
  }

  async #exchange(request: ApiRequest, credentials: ClusterCredentials): Promise<IncomingMessage> {
    const { verb, path, words, query = {}, accept = 'application/json', body, contentType } = request;
    const { server } = this.#access;
    const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
    url.search = new URLSearchParams(query).toString();
    const content = body !== undefined && {
      'content-type': contentType ?? 'application/json',
      'content-length': `${Buffer.byteLength(body)}`,
    };
    try {
      return await openExchange(url, {
        method: methods[verb],
        headers: { ...credentials.headers, accept, 'user-agent': 'weir', ...content },
        body,
        agent: this.#agent.agentFor(credentials),
        clock: this.#clock,
        answerMs: request.answerMs,
        signal: request.signal,
      });
    } catch (error) {
      throw unreachableError(request.signal.aborted ? request.signal.reason : error, words);
    }
  }

  async #refusal(response: IncomingMessage, words: RequestWords): Promise<KubernetesError> {
    const { statusCode = 0, headers } = response;
    const text = await readBody(response, MAX_REFUSAL_OCTETS).catch(() => '');
    const status = readStatus(statusCode, parsedOrText(text), headers['retry-after']);
    const error = refusalOf(status, words, this.#access.remedy);
    this.#complaints.refused(error, words);
    return error;
  }
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
