import type { IncomingMessage } from 'node:http';
import { type Clock, RetryDelay } from '../../runtime/index.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { readBody } from './exchange.ts';
import { isBusy, KubernetesError, type RequestWords, unreachableError } from './kubernetes-error.ts';
import { isKubernetesObject, type KubernetesObject } from './kubernetes-object.ts';
import { pauseFor } from './pause.ts';
import {
  type ApiRequest,
  isReading,
  type KubernetesClientParts,
  RequestSender,
  type RequestVerb,
} from './request-sender.ts';
import { type ResourceAddress, resourceName, resourcePath, resourceScope } from './resource.ts';
import { WatchListSupport } from './watch-list-support.ts';

export interface CallOptions {
  readonly query?: Readonly<Record<string, string>>;
  /** Of the answer, default 4 MiB. */
  readonly maxOctets?: number;
  /** With all repetitions, default 30 s. */
  readonly timeLimitMs?: number;
  readonly signal?: AbortSignal;
}

export interface ServerVersion {
  /** Such as 'v1.34.1'. */
  readonly gitVersion: string;
}

/** How a patch is meant, by media type. An apply patch is JSON here; it needs the query `fieldManager`. */
const patchTypes = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
} as const;

const MAX_ANSWER_OCTETS = 4_194_304;
const TIME_LIMIT_MS = 30_000;
const VERSION_LIMIT_MS = 5_000;
const MAX_ATTEMPTS = 6;
const LEAST_RETRY_MS = 500;
const GREATEST_RETRY_MS = 10_000;

/**
 * Requests to the API server of one cluster. Reads are repeated while the server is away or busy; writes only
 * if the server has surely not done them. Errors are of the class KubernetesError, or
 * WEIR_KUBERNETES_CREDENTIALS.
 */
export class KubernetesClient {
  /** What is known of this server, for all reflectors. */
  readonly watchListSupport: WatchListSupport;
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  readonly #sender: RequestSender;

  constructor(parts: KubernetesClientParts) {
    this.#access = parts.access;
    this.#clock = parts.clock;
    this.#sender = new RequestSender(parts);
    this.watchListSupport = new WatchListSupport(parts.clock, (signal) =>
      this.version({ signal, timeLimitMs: VERSION_LIMIT_MS }).then(
        ({ gitVersion }) => gitVersion,
        () => undefined,
      ),
    );
  }

  /** Scheme, host and port. */
  get server(): string {
    return this.#access.server.origin;
  }

  /** That of this Pod, or of the context. */
  get currentNamespace(): string {
    return this.#access.namespace;
  }

  /** Ends all connections. */
  close(): void {
    this.#sender.close();
  }

  get(address: ResourceAddress, options: CallOptions = {}): Promise<KubernetesObject> {
    return this.#askForObject('get', address, options);
  }

  /** Few objects. Reflectors list many. */
  async list(address: ResourceAddress, options: CallOptions = {}): Promise<KubernetesObject[]> {
    const list = await this.#askForObject('list', address, options);
    return Array.isArray(list.items) ? list.items.filter(isKubernetesObject) : [];
  }

  create(address: ResourceAddress, object: unknown, options: CallOptions = {}): Promise<KubernetesObject> {
    return this.#askForObject('create', address, options, { body: JSON.stringify(object) });
  }

  /**
   * Replaces an object. With `metadata.resourceVersion` the server refuses it if somebody has changed the
   * object since: WEIR_KUBERNETES_CONFLICT.
   */
  update(address: ResourceAddress, object: unknown, options: CallOptions = {}): Promise<KubernetesObject> {
    return this.#askForObject('update', address, options, { body: JSON.stringify(object) });
  }

  patch(
    address: ResourceAddress,
    type: keyof typeof patchTypes,
    patch: unknown,
    options: CallOptions = {},
  ): Promise<KubernetesObject> {
    const content = { body: JSON.stringify(patch), contentType: patchTypes[type] };
    return this.#askForObject('patch', address, options, content);
  }

  /** Asks for the version of the server, which needs no right. */
  async version(options: CallOptions = {}): Promise<ServerVersion> {
    const words = { server: this.server, verb: 'get', resource: '/version', scope: '' };
    const answer = await this.#ask({ verb: 'get', path: '/version', words }, options);
    const { gitVersion } = answer as { gitVersion?: unknown };
    return { gitVersion: typeof gitVersion === 'string' ? gitVersion : 'unknown' };
  }

  /**
   * The answer of a list or a watch as a stream, without repetition.
   * @throws {KubernetesError} when there is no answer, or a refusal
   */
  open(
    verb: 'list' | 'watch',
    address: ResourceAddress,
    options: Pick<ApiRequest, 'query' | 'accept' | 'answerMs' | 'signal'>,
  ): Promise<IncomingMessage> {
    const words = this.#wordsOf(verb, address);
    return this.#sender.send({ ...options, verb, path: resourcePath(address), words });
  }

  async #askForObject(
    verb: RequestVerb,
    address: ResourceAddress,
    options: CallOptions,
    content: Pick<ApiRequest, 'body' | 'contentType'> = {},
  ): Promise<KubernetesObject> {
    const words = this.#wordsOf(verb, address);
    const answer = await this.#ask({ verb, path: pathOf(verb, address), words, ...content }, options);
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer))
      throw answerError(words, 'an object');
    return { metadata: {}, ...answer }; // Reviews need none.
  }

  #wordsOf(verb: RequestVerb, address: ResourceAddress): RequestWords {
    return { server: this.server, verb, resource: resourceName(address), scope: resourceScope(address) };
  }

  /** Asks within the time limit, and until the caller's signal. */
  async #ask(request: Omit<ApiRequest, 'signal' | 'answerMs'>, options: CallOptions): Promise<unknown> {
    const { timeLimitMs = TIME_LIMIT_MS, signal } = options;
    const end = new AbortController();
    const endAsCaller = () => end.abort(signal?.reason);
    if (signal?.aborted) endAsCaller();
    signal?.addEventListener('abort', endAsCaller);
    const cancelLimit = this.#clock.after(timeLimitMs, () =>
      end.abort(new Error(`no answer within ${Math.round(timeLimitMs / 1_000)} s`)),
    );
    try {
      const { query = {} } = options;
      return await this.#askRepeatedly(
        { ...request, query, answerMs: timeLimitMs, signal: end.signal },
        options,
      );
    } finally {
      cancelLimit();
      signal?.removeEventListener('abort', endAsCaller);
    }
  }

  async #askRepeatedly(
    request: ApiRequest,
    { maxOctets = MAX_ANSWER_OCTETS }: CallOptions,
  ): Promise<unknown> {
    const endMs = this.#clock.monotonic() + request.answerMs;
    const delay = new RetryDelay(LEAST_RETRY_MS, GREATEST_RETRY_MS);
    for (let attempt = 1; ; attempt++) {
      try {
        return await readAnswer(await this.#sender.send(request), request.words, maxOctets);
      } catch (error) {
        const leastMs = leastWaitMs(error, request.verb);
        if (leastMs === undefined || attempt === MAX_ATTEMPTS || request.signal.aborted) throw error;
        const waitMs = Math.max(leastMs, delay.next());
        if (this.#clock.monotonic() + waitMs >= endMs) throw error;
        this.#sender.note('repeated');
        await pauseFor(this.#clock, waitMs, request.signal);
      }
    }
  }
}

/** Objects are created in their collection, where they have no name yet. */
function pathOf(verb: RequestVerb, address: ResourceAddress): string {
  if (verb !== 'create' || address.subresource !== undefined) return resourcePath(address);
  const { name: _, ...collection } = address;
  return resourcePath(collection);
}

async function readAnswer(
  response: IncomingMessage,
  words: RequestWords,
  maxOctets: number,
): Promise<unknown> {
  const text = await readBody(response, maxOctets).catch((error: unknown) => {
    if (error instanceof RangeError) throw answerError(words, `${maxOctets} octets at most`);
    throw unreachableError(error, words);
  });
  try {
    return JSON.parse(text);
  } catch {
    throw answerError(words, 'JSON');
  }
}

const answerError = ({ server, verb, resource }: RequestWords, expected: string): KubernetesError =>
  new KubernetesError(
    'WEIR_KUBERNETES_ANSWER',
    `expected ${expected} from the API server ${server} for ${verb} ${resource}, found something else`,
    { remedy: 'Check that the address is that of an API server.' },
  );

/**
 * Milliseconds until another attempt at least; undefined if there should be none. A write whose answer is
 * lost may have been done. It has not if nothing listens, or if the server says when to come back.
 */
function leastWaitMs(error: unknown, verb: RequestVerb): number | undefined {
  if (!(error instanceof KubernetesError)) return undefined;
  const { status } = error;
  if (status === undefined) {
    const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
    const isRepeatable = isReading(verb) || code === 'ECONNREFUSED';
    return error.code === 'WEIR_KUBERNETES_UNREACHABLE' && isRepeatable ? 0 : undefined;
  }
  if (!isBusy(status)) return undefined;
  if (status.retryAfterMs !== undefined) return status.retryAfterMs * (1 + Math.random() / 4);
  return isReading(verb) || status.code === 429 ? 0 : undefined;
}
