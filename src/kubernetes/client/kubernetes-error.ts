import { type ErrorCode, printableText, WeirError } from '../../runtime/index.ts';

/**
 * What the API server says of a request that it does not fulfil (`Status` of meta/v1), as far as Weir reads
 * it.
 */
export interface ServerStatus {
  /** Of HTTP: 404. */
  readonly code: number;
  /** One word for machines, often empty: 'Expired', 'AlreadyExists'. */
  readonly reason: string;
  readonly message: string;
  /** Further words for machines. */
  readonly causes: readonly string[];
  readonly retryAfterMs: number | undefined;
}

/** A request that the API server did not fulfil. Callers decide by code, status and reason. */
export class KubernetesError extends WeirError {
  /** Undefined when there was no answer. */
  readonly status: ServerStatus | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: string; cause?: unknown; status?: ServerStatus } = {},
  ) {
    super(code, message, options);
    this.name = 'KubernetesError';
    this.status = options.status;
  }
}

/** Of the server's words in messages and logs. */
const MAX_WORDS = 500;
/** The server must not send agents away for longer. */
const MAX_RETRY_AFTER_MS = 300_000;

/** Reads the body of an answer, or the object of an ERROR event. A proxy may answer with something else. */
export function readStatus(code: number, body: unknown, retryAfter?: string): ServerStatus {
  const status = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const details = (status.details ?? {}) as { retryAfterSeconds?: unknown; causes?: unknown };
  const seconds = Number(retryAfter ?? details.retryAfterSeconds);
  const causes = Array.isArray(details.causes)
    ? (details.causes as { reason?: unknown; message?: unknown }[])
    : [];
  const words = typeof body === 'string' ? body : (status.message ?? '');
  return {
    code,
    reason: printableText(String(status.reason ?? '')).slice(0, MAX_WORDS),
    message: printableText(String(words).trim().slice(0, MAX_WORDS)),
    causes: causes
      .slice(0, 10)
      .flatMap((cause) => [String(cause?.reason ?? ''), String(cause?.message ?? '')]),
    retryAfterMs: seconds > 0 ? Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS) : undefined,
  };
}

/** The version that a request named is gone from the server's history. */
export const isExpired = ({ code, reason }: ServerStatus): boolean =>
  code === 410 || reason === 'Expired' || reason === 'Gone';

/** The version that a request named is one that this API server has yet to see: another one has shown it. */
export const isTooNew = ({ message, causes }: ServerStatus): boolean =>
  causes.includes('ResourceVersionTooLarge') ||
  /too large resource version/i.test([message, ...causes].join(' '));

/** How much the server has to do: it may answer later. */
export const isBusy = ({ code }: ServerStatus): boolean => code === 429 || code >= 500;

/** What was asked: 'list', 'endpointslices.discovery.k8s.io', 'in namespace shop'. */
export interface RequestWords {
  readonly server: string;
  readonly verb: string;
  readonly resource: string;
  readonly scope: string;
}

/** The error for an answer that is none. */
export function refusalOf(status: ServerStatus, words: RequestWords, loginRemedy: string): KubernetesError {
  const { verb, resource, scope } = words;
  const said = `${status.code}${status.reason && ` ${status.reason}`}${status.message && `: ${status.message}`}`;
  const what = `${verb} ${resource} ${scope}`;
  const fail = (code: ErrorCode, message: string, remedy?: string) =>
    new KubernetesError(code, message, { status, ...(remedy !== undefined && { remedy }) });
  if (status.code === 401)
    return fail(
      'WEIR_KUBERNETES_UNAUTHENTICATED',
      `the API server ${words.server} does not accept the credentials of this process (${what}; ${said})`,
      loginRemedy,
    );
  if (status.code === 403) {
    const [plural, ...group] = resource.split('.');
    const api = group.length === 0 ? 'the core API group' : `the API group ${group.join('.')}`;
    return fail(
      'WEIR_KUBERNETES_FORBIDDEN',
      `the API server does not allow this process to ${what} (${said})`,
      `Allow the verb "${verb}" on "${plural}" of ${api} in a role of this process.`,
    );
  }
  if (status.code === 404)
    return fail('WEIR_KUBERNETES_NOT_FOUND', `the API server cannot ${what} (${said})`);
  if (status.code === 409) return fail('WEIR_KUBERNETES_CONFLICT', `the API server cannot ${what} (${said})`);
  if (isBusy(status)) return fail('WEIR_KUBERNETES_BUSY', `the API server could not ${what} (${said})`);
  return fail('WEIR_KUBERNETES_REFUSED', `the API server refuses to ${what} (${said})`);
}

/** The error for a connection that failed. */
export function unreachableError(cause: unknown, { server, verb, resource }: RequestWords): KubernetesError {
  const { message, code } = cause as NodeJS.ErrnoException;
  const why = message || code || String(cause);
  const isDistrusted = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code ?? '');
  return new KubernetesError(
    'WEIR_KUBERNETES_UNREACHABLE',
    `no answer of the API server ${server} to ${verb} ${resource}: ${printableText(why).slice(0, MAX_WORDS)}`,
    {
      remedy: isDistrusted
        ? 'Name the authority that signed the certificate of the API server; check the name in it, and the clock.'
        : 'Check that the API server runs, and that a NetworkPolicy or firewall lets this process reach it.',
      cause,
    },
  );
}
