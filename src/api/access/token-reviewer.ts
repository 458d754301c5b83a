import { type Authenticator, type Caller, ReviewError, type TokenRefusal } from './caller.ts';
import { claimedHolder } from './claimed-holder.ts';
import { ReviewCache } from './review-cache.ts';
import type { ReviewDesk } from './review-desk.ts';
import { StrangerBudget } from './stranger-budget.ts';

/** Maximum answers of each kind, and the maximum octets of a caller's identity in them. */
const MAX_ANSWERS = 1_024;
const MAX_CALLER_OCTETS = 32_768;
/** A token that was revoked is accepted this long. */
const ACCEPTED_MS = 60_000;
const REFUSED_MS = 10_000;

/**
 * Asks the API server whom a token belongs to (TokenReview). The token must be for our audience: one for the
 * API server itself would give whoever steals it here the holder's other rights.
 */
export class TokenReviewer implements Authenticator {
  readonly #desk: ReviewDesk;
  readonly #audience: string;
  readonly #answers: ReviewCache<Caller | TokenRefusal>;
  readonly #strangers: StrangerBudget;

  constructor(desk: ReviewDesk, audience: string) {
    this.#desk = desk;
    this.#audience = audience;
    this.#strangers = new StrangerBudget(desk.clock);
    this.#answers = new ReviewCache(desk.clock, {
      limit: MAX_ANSWERS,
      isGrant: (answer) => !('refusal' in answer),
      lifetimeMs: (answer) => ('refusal' in answer ? REFUSED_MS : ACCEPTED_MS),
    });
  }

  async authenticate(token: string, source: string): Promise<Caller | TokenRefusal> {
    const key = this.#desk.keyOf(token, this.#audience);
    return this.#answers.answer(key, async () => {
      const shown = { source, claim: this.#desk.keyOf(claimedHolder(token)) };
      // A token that was accepted earlier is no stranger's, wherever it comes from.
      const isKnown = this.#answers.hasGranted(key);
      if (!isKnown && !this.#strangers.has(shown))
        this.#desk.refuse(source, 'too many tokens that nobody holds');
      // Those who guess take no turns from holders who are known.
      const mayBeKnown = isKnown || this.#strangers.isKnown(shown);
      const answer = await this.#ask(token, mayBeKnown ? `${source}, a known holder` : source);
      if ('refusal' in answer) this.#strangers.spend(shown);
      else this.#strangers.learn(shown);
      return answer;
    });
  }

  async #ask(token: string, asker: string): Promise<Caller | TokenRefusal> {
    const status = await this.#desk.review('TokenReview', { token, audiences: [this.#audience] }, asker);
    if (status.authenticated !== true) {
      return { refusal: `no token for the audience "${this.#audience}", or one that has expired` };
    }
    // An API server that knows no audiences leaves them out; then the token is for itself.
    if (!Array.isArray(status.audiences) || !status.audiences.includes(this.#audience)) {
      return { refusal: `a token for others than the audience "${this.#audience}"` };
    }
    return callerIn(status.user);
  }
}

/** @throws {ReviewError} when the answer names nobody, or says too much of him */
function callerIn(user: unknown): Caller {
  const { username, uid, groups = [], extra } = (user ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof username !== 'string' || username === '' || !isTextList(groups) || !isExtra(extra))
    throw new ReviewError('the API server knows the token, and does not say whose it is');
  const caller = { name: username, groups, extra, uid: typeof uid === 'string' ? uid : undefined };
  if (Buffer.byteLength(JSON.stringify(caller)) > MAX_CALLER_OCTETS)
    throw new ReviewError(`expected at most ${MAX_CALLER_OCTETS} octets about the holder of a token`);
  return caller;
}

const isTextList = (found: unknown): found is string[] =>
  Array.isArray(found) && found.every((text) => typeof text === 'string');

const isExtra = (found: unknown): found is Record<string, string[]> | undefined =>
  found === undefined ||
  (typeof found === 'object' && found !== null && Object.values(found).every(isTextList));
