import type { Action, Authorizer, Caller } from './caller.ts';
import { ReviewCache } from './review-cache.ts';
import type { ReviewDesk } from './review-desk.ts';

/** Maximum answers of each kind. A caller has one for each namespace in the requested flows. */
const MAX_ANSWERS = 16_384;
/** A right that was taken away remains this long; one that was granted is missed for less. */
const ALLOWED_MS = 60_000;
const DENIED_MS = 10_000;

interface Answer {
  readonly isAllowed: boolean;
  /** An authorizer of the API server failed, so that the answer may be wrong. */
  readonly isDoubtful: boolean;
}

/** Asks the API server who may do what (SubjectAccessReview). */
export class AccessReviewer implements Authorizer {
  readonly #desk: ReviewDesk;
  readonly #answers: ReviewCache<Answer>;

  constructor(desk: ReviewDesk) {
    this.#desk = desk;
    this.#answers = new ReviewCache(desk.clock, {
      limit: MAX_ANSWERS,
      isGrant: ({ isAllowed }) => isAllowed,
      lifetimeMs: ({ isAllowed, isDoubtful }) => (isAllowed ? ALLOWED_MS : isDoubtful ? 0 : DENIED_MS),
    });
  }

  async isAllowed(caller: Caller, action: Action): Promise<boolean> {
    const spec = specOf(caller, action);
    const answer = await this.#answers.answer(this.#desk.keyOf(JSON.stringify(spec)), () =>
      this.#ask(spec, caller.name),
    );
    return answer.isAllowed;
  }

  async #ask(spec: unknown, caller: string): Promise<Answer> {
    const { allowed, denied, evaluationError } = await this.#desk.review('SubjectAccessReview', spec, caller);
    return {
      isAllowed: allowed === true && denied !== true,
      isDoubtful: typeof evaluationError === 'string' && evaluationError !== '',
    };
  }
}

function specOf({ name, uid, groups, extra }: Caller, action: Action): object {
  const who = { user: name, uid, groups, extra };
  if ('path' in action) return { ...who, nonResourceAttributes: action };
  // An empty namespace means all.
  return { ...who, resourceAttributes: { ...action, namespace: action.namespace ?? '' } };
}
