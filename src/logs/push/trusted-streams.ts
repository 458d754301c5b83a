/** Loki may forget a stream without lines after this time. */
const QUIET_MS = 300_000;
/** How long a stream is pushed alone after a refusal. */
const REFUSED_MS = 300_000;

/**
 * Streams that can be pushed together with others. Loki's answer to a push of several streams is about the
 * last of them. It does not report that it refuses another one, for lack of room or because lines are too
 * old. So a stream is pushed alone until Loki has stored lines of it. That begins again after a refusal, a
 * quiet time, or a possible restart of Loki.
 */
export class TrustedStreams {
  /** Selectors with the time of their last stored lines, the least recent first. */
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

  /** Stored streams may be gone. */
  forget(): void {
    this.#storedAt.clear();
  }
}
