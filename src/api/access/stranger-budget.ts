import { parseAddress } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';

/** Tokens that nobody holds, of one source: so many at once, and then one more each time this passes. */
const MOST = 20;
const REFILL_MS = 1_000;
/** Maximum sources that are known. The one that was refused longest ago is forgotten. */
const MAX_SOURCES = 1_024;

interface Spent {
  /** Refusals that count still, at `atMs`. */
  readonly count: number;
  /** In monotonic time. */
  readonly atMs: number;
}

/**
 * How many tokens that nobody holds each source may show. Else one that makes tokens up would ask the API
 * server as often as it likes.
 */
export class StrangerBudget {
  readonly #clock: Clock;
  readonly #spent = new Map<string, Spent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the source may show another token that nobody knows. */
  has(source: string): boolean {
    return this.#countOf(source) <= MOST - 1;
  }

  /** Notes that nobody holds a token of the source. */
  spend(source: string): void {
    const count = this.#countOf(source) + 1;
    this.#spent.delete(source);
    if (this.#spent.size >= MAX_SOURCES) this.#spent.delete(this.#spent.keys().next().value!);
    this.#spent.set(source, { count, atMs: this.#clock.monotonic() });
  }

  #countOf(source: string): number {
    const spent = this.#spent.get(source);
    if (spent === undefined) return 0;
    return Math.max(0, spent.count - (this.#clock.monotonic() - spent.atMs) / REFILL_MS);
  }
}

/** The source of a request: its address, or the network of 64 bits that an address of IPv6 belongs to. */
export function sourceOf(address: string | undefined): string {
  if (address === undefined) return 'a socket';
  const words = parseAddress(address.split('%', 1)[0]!);
  if (words === undefined || (words[0] === 0 && words[1] === 0)) return address.replace(/^::ffff:/, '');
  return `${words[0].toString(16)}:${words[1].toString(16)}::/64`;
}
