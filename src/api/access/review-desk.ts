import { createHmac, randomBytes } from 'node:crypto';
import type { Account, Clock, Ledger, Log } from '../../runtime/index.ts';
import { ReviewError, TooManyError } from './caller.ts';
import { FairTurns } from './fair-turns.ts';

/** The two kinds of reviews, as the Kubernetes API calls them. */
export type ReviewKind = keyof typeof apiVersions;

/** What this room asks of a client of the Kubernetes API. */
export interface ReviewApi {
  /** Creates a review. Settles with the status of HTTP and the body; rejects when there is no answer. */
  create(kind: ReviewKind, body: unknown): Promise<ReviewAnswer>;
}

export interface ReviewAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface ReviewDeskParts {
  readonly api: ReviewApi;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/** Maximum questions to the API server at a time, and those that wait. */
const MAX_ASKING = 16;
const MAX_WAITING = 1_024;
/**
 * Maximum of them of one asker: a source that shows tokens, or a caller. What a caller sees needs an answer
 * for each namespace.
 */
const MAX_OF_ONE: Readonly<Record<ReviewKind, number>> = { TokenReview: 8, SubjectAccessReview: 256 };
const ANSWER_MS = 10_000;

/**
 * Asks the API server, a few questions at a time. The account counts questions: a dropped one had no answer.
 */
export class ReviewDesk {
  readonly clock: Clock;
  readonly #api: ReviewApi;
  readonly #log: Log;
  readonly #account: Account;
  readonly #secret = randomBytes(32);
  readonly #turns = new FairTurns({ atOnce: MAX_ASKING, mostWaiting: MAX_WAITING });

  constructor({ api, clock, ledger, log }: ReviewDeskParts) {
    this.#api = api;
    this.clock = clock;
    this.#log = log;
    this.#account = ledger.open('access', 'reviews', () => this.#turns.held, { expectedDrops: [OF_ONE] });
  }

  /** A key for a cache that reveals none of the texts. */
  keyOf(...texts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(JSON.stringify(texts)).digest('base64');
  }

  /**
   * The status of a review.
   * @param asker for whom it is: those who wait get their turns in a circle of askers
   * @throws {ReviewError} when the API server does not answer, or not as expected; {TooManyError} when the
   * asker has too many questions
   */
  async review(kind: ReviewKind, spec: unknown, asker: string): Promise<Record<string, unknown>> {
    this.#account.received++;
    this.#expectRoom(kind, asker);
    await this.#turns.enter(asker);
    try {
      const status = await this.#ask(kind, spec);
      this.#account.sent++;
      return status;
    } catch (error) {
      const reason = error instanceof ReviewError ? error.message : `no answer: ${(error as Error).message}`;
      this.#log.limited('api', 'review failed', `${kind}: ${reason}`);
      this.#account.drop('API server');
      throw error instanceof ReviewError ? error : new ReviewError(reason, { cause: error });
    } finally {
      this.#turns.leave(asker);
    }
  }

  /** Counts a question that is not asked. */
  refuse(asker: string, what: string): never {
    this.#account.received++;
    return this.#refuse(asker, what);
  }

  #expectRoom(kind: ReviewKind, asker: string): void {
    const most = MAX_OF_ONE[kind];
    if (this.#turns.heldOf(asker) >= most) this.#refuse(asker, `${most} questions (${kind}) wait already`);
    if (!this.#turns.isFull) return;
    this.#account.drop('too many');
    throw new ReviewError(`${kind}: ${MAX_WAITING} others wait already`);
  }

  #refuse(asker: string, what: string): never {
    this.#account.drop(OF_ONE);
    this.#log.limited('api', 'too many of one', `${asker}: ${what}`);
    throw new TooManyError(`${asker}: ${what}`);
  }

  async #ask(kind: ReviewKind, spec: unknown): Promise<Record<string, unknown>> {
    const asked = this.#api.create(kind, { apiVersion: apiVersions[kind], kind, spec });
    const { status, body } = await this.#inTime(asked);
    if (status === 401) throw new ReviewError(OWN_CREDENTIALS);
    if (status === 403) throw new ReviewError(OWN_RIGHTS);
    const answer = status < 300 ? statusIn(body) : undefined;
    if (answer === undefined) throw new ReviewError(`the API server answers with status ${status}`);
    return answer;
  }

  #inTime<T>(asked: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const rejectLate = () => reject(new ReviewError(`no answer within ${ANSWER_MS / 1_000} s`));
      const cancel = this.clock.after(ANSWER_MS, rejectLate);
      asked.then(resolve, reject).finally(cancel);
    });
  }
}

/** Why a question of an asker with too many others is dropped. */
const OF_ONE = 'too many of one';

const apiVersions = {
  TokenReview: 'authentication.k8s.io/v1',
  SubjectAccessReview: 'authorization.k8s.io/v1',
} as const;

/** Else every caller would look like a stranger. */
const OWN_CREDENTIALS =
  "the API server refuses this aggregator's own credentials: is the token of its ServiceAccount mounted and valid?";
const OWN_RIGHTS =
  'the API server forbids this aggregator to ask: bind the ClusterRole system:auth-delegator to its ServiceAccount';

function statusIn(body: unknown): Record<string, unknown> | undefined {
  const { status } = (body ?? {}) as { readonly status?: unknown };
  return typeof status === 'object' && status !== null ? (status as Record<string, unknown>) : undefined;
}
