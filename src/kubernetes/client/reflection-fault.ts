import { describeError, WeirError } from '../../runtime/index.ts';
import { isBusy, isExpired, isTooNew, KubernetesError, type ServerStatus } from './kubernetes-error.ts';

/**
 * Why a reflector starts another list or watch, and with which version. `always` and `thrice` go on from the
 * last version that it has seen, the second at most three times in a row. `never` lists again.
 */
export const restarts = {
  ended: { keepsVersion: 'always', waits: false },
  silent: { keepsVersion: 'always', waits: false },
  'ended at once': { keepsVersion: 'always', waits: true },
  'connection lost': { keepsVersion: 'always', waits: true },
  unreachable: { keepsVersion: 'always', waits: true },
  busy: { keepsVersion: 'always', waits: true },
  forbidden: { keepsVersion: 'always', waits: true },
  'no credentials': { keepsVersion: 'always', waits: true },
  'server error': { keepsVersion: 'thrice', waits: true },
  'version too new': { keepsVersion: 'thrice', waits: true },
  unreadable: { keepsVersion: 'thrice', waits: true },
  expired: { keepsVersion: 'never', waits: true },
  'no end of the initial events': { keepsVersion: 'never', waits: true },
  refused: { keepsVersion: 'never', waits: true },
  'handler failed': { keepsVersion: 'never', waits: true },
} as const satisfies Record<string, { keepsVersion: 'always' | 'thrice' | 'never'; waits: boolean }>;

export type RestartReason = keyof typeof restarts;

/** The end of a list or a watch. */
export class ReflectionFault extends Error {
  readonly reason: RestartReason;
  /** What the server asks for. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: RestartReason,
    message: string,
    options: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ReflectionFault';
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What is thrown by requests, as the end of a list or a watch. */
export function faultOf(error: unknown): ReflectionFault {
  if (error instanceof ReflectionFault) return error;
  const reason = reasonOf(error);
  const retryAfterMs = error instanceof KubernetesError ? error.status?.retryAfterMs : undefined;
  return new ReflectionFault(reason, describeError(error), { retryAfterMs, cause: error });
}

/** The object of an ERROR event. */
export const eventFault = (status: ServerStatus): ReflectionFault =>
  new ReflectionFault(
    reasonOfStatus(status),
    `the API server ends the watch: ${status.code} ${status.reason}${status.message && `: ${status.message}`}`,
    { retryAfterMs: status.retryAfterMs },
  );

function reasonOf(error: unknown): RestartReason {
  if (error instanceof KubernetesError && error.status !== undefined) return reasonOfStatus(error.status);
  if (error instanceof KubernetesError) return 'unreachable';
  return error instanceof WeirError ? 'no credentials' : 'connection lost';
}

function reasonOfStatus(status: ServerStatus): RestartReason {
  if (isExpired(status)) return 'expired';
  if (isTooNew(status)) return 'version too new';
  if (status.code === 429) return 'busy';
  if (isBusy(status)) return 'server error';
  if (status.code === 401) return 'no credentials';
  return status.code === 403 ? 'forbidden' : 'refused';
}
