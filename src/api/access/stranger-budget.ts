import { parseAddress } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { Budget } from './budget.ts';

/** Tokens that nobody holds: those of a source that claim one holder, and all of a source. */
const OF_CLAIM = { most: 20, refillMs: 1_000, maxKeys: 8_192 };
const OF_SOURCE = { most: 100, refillMs: 200, maxKeys: 1_024 };
/** Maximum holders that are known. The one whose token was accepted longest ago is forgotten. */
const MAX_HOLDERS = 1_024;

/** Where a token comes from, and whom it claims to belong to. */
export interface Shown {
  readonly source: string;
  readonly claim: string;
}

/**
 * How many tokens that nobody holds each source may show. Else one that makes tokens up would ask the API
 * server as often as it likes. Many people may share a source, so those who guess must not keep the others
 * out. So each claimed holder has a budget of its own, within that of the source. Tokens that claim a holder
 * whom the API server has named before do not use what unknown ones have left.
 */
export class StrangerBudget {
  readonly #ofClaim: Budget;
  readonly #ofSource: Budget;
  readonly #ofKnown: Budget;
  /** Claims of tokens that were accepted. */
  readonly #known = new Set<string>();

  constructor(clock: Clock) {
    this.#ofClaim = new Budget(clock, OF_CLAIM);
    this.#ofSource = new Budget(clock, OF_SOURCE);
    this.#ofKnown = new Budget(clock, OF_SOURCE);
  }

  /** Whether the token may be asked about. */
  has(shown: Shown): boolean {
    return this.#ofClaim.has(keyOf(shown)) && this.#ofAll(shown).has(shown.source);
  }

  /** Notes that nobody holds a token. */
  spend(shown: Shown): void {
    this.#ofClaim.spend(keyOf(shown));
    this.#ofAll(shown).spend(shown.source);
  }

  /** Notes that a token is its holder's. */
  learn({ claim }: Shown): void {
    this.#known.delete(claim);
    if (this.#known.size >= MAX_HOLDERS) this.#known.delete(this.#known.keys().next().value!);
    this.#known.add(claim);
  }

  /** Whether the holder whom a token claims has shown one that was accepted. */
  isKnown({ claim }: Shown): boolean {
    return this.#known.has(claim);
  }

  #ofAll(shown: Shown): Budget {
    return this.isKnown(shown) ? this.#ofKnown : this.#ofSource;
  }
}

const keyOf = ({ source, claim }: Shown): string => `${source} ${claim}`;

/** The source of a request: its address, or the network of 64 bits that an address of IPv6 belongs to. */
export function sourceOf(address: string | undefined): string {
  if (address === undefined) return 'a socket';
  const words = parseAddress(address.split('%', 1)[0]!);
  if (words === undefined || (words[0] === 0 && words[1] === 0)) return address.replace(/^::ffff:/, '');
  return `${words[0].toString(16)}:${words[1].toString(16)}::/64`;
}
