import { isIPv6 } from 'node:net';
import { HttpError } from './http-error.ts';

/** Wrong tokens that a source may show at once, and the time after which it may show one more. */
const TRIES = 30;
const REGAIN_MS = 2_000;
/** Sources that are remembered; the one that failed longest ago is forgotten first. */
const MAX_SOURCES = 1_024;

interface Tries {
  readonly failed: number;
  readonly atMs: number;
}

/** Slows down who guesses the token: each source has some tries, and regains them one by one. */
export class WrongTokens {
  readonly #now: () => number;
  readonly #bySource = new Map<string, Tries>();

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws {HttpError} 429 when the source has no try left */
  expectOneLeft(address: string | undefined): void {
    const failed = this.#failedOf(sourceOf(address));
    if (failed <= TRIES - 1) return;
    const seconds = Math.ceil(((failed - TRIES + 1) * REGAIN_MS) / 1_000);
    throw new HttpError(429, `too many wrong tokens from your address: try again in ${seconds} s`, {
      'retry-after': String(seconds),
    });
  }

  note(address: string | undefined): void {
    const source = sourceOf(address);
    const failed = this.#failedOf(source) + 1;
    this.#bySource.delete(source);
    this.#bySource.set(source, { failed, atMs: this.#now() });
    if (this.#bySource.size > MAX_SOURCES) this.#bySource.delete(this.#bySource.keys().next().value!);
  }

  #failedOf(source: string): number {
    const { failed, atMs } = this.#bySource.get(source) ?? { failed: 0, atMs: 0 };
    return Math.max(0, failed - (this.#now() - atMs) / REGAIN_MS);
  }
}

/** A host of IPv6 has all addresses of a /64. Clients on a Unix socket have none. */
function sourceOf(address = 'socket'): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter(Boolean).length;
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')];
  return all.slice(0, 4).join(':');
}
