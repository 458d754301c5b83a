/** Loki may let go of a stream that has had no lines for so long. */
const QUIET_MS = 300_000;
/** How long a stream that was refused something goes alone. */
const REFUSED_MS = 300_000;

/**
 * Streams that can be pushed together with others. Loki answers for a push of several streams what it answers
 * for the last of them: that it refuses another one, because there is no room for it or because it is too far
 * behind, it does not say. So a stream goes alone until lines of it have been stored, and again when it has
 * been refused something, when it has been quiet, or when Loki may have been started anew.
 */
export class TrustedStreams {
  /** Selectors, by when lines of them were stored last, the least recent first. */
  readonly #storedAt = new Map<string, number>();
  readonly #refusedAt = new Map<string, number>();

  isTrusted(selector: string, nowMs: number): boolean {
    const refusedAt = this.#refusedAt.get(selector);
    if (refusedAt !== undefined && nowMs - refusedAt < REFUSED_MS) return false;
    return nowMs - (this.#storedAt.get(selector) ?? Number.NEGATIVE_INFINITY) < QUIET_MS;
  }

  stored(selector: string, nowMs: number): void {
    this.#storedAt.delete(selector);
    this.#storedAt.set(selector, nowMs);
    for (const [oldest, at] of this.#storedAt) {
      if (nowMs - at < QUIET_MS) break;
      this.#storedAt.delete(oldest);
    }
  }

  refused(selector: string, nowMs: number): void {
    for (const [one, at] of this.#refusedAt) if (nowMs - at >= REFUSED_MS) this.#refusedAt.delete(one);
    this.#refusedAt.set(selector, nowMs);
  }

  /** What was stored may not be there any more. */
  forget(): void {
    this.#storedAt.clear();
  }
}
