/**
 * A minute's time for compiling, in milliseconds: of one source, and of all together one part in a hundred.
 */
const SOURCE_MS = 100;
const ALL_MS = 600;
const MINUTE_MS = 60_000;

/**
 * How much time may go into compiling readers. Code is made from what others announce, so it has a price that
 * they cannot drive up: who has used up his minute's time waits for the next minute.
 */
export class CompileBudget {
  readonly #nowMs: () => number;
  /** Milliseconds used in the minute at hand. No more sources are in it than may compile in a minute. */
  readonly #used = new Map<string, number>();
  #usedByAll = 0;
  #minuteEndsMs: number;

  /** @param nowMs a clock that tells fractions of a millisecond */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#minuteEndsMs = nowMs() + MINUTE_MS;
  }

  /** Runs `compile` on the source's account. Undefined when its time, or that of all, is used up. */
  spend<T>(source: string, compile: () => T): T | undefined {
    const startMs = this.#nowMs();
    if (startMs >= this.#minuteEndsMs) {
      this.#minuteEndsMs = startMs + MINUTE_MS;
      this.#used.clear();
      this.#usedByAll = 0;
    }
    const used = this.#used.get(source) ?? 0;
    if (used >= SOURCE_MS || this.#usedByAll >= ALL_MS) return undefined;
    const compiled = compile();
    const tookMs = this.#nowMs() - startMs;
    this.#used.set(source, used + tookMs);
    this.#usedByAll += tookMs;
    return compiled;
  }
}
