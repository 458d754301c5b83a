/** Milliseconds of compiling in a minute: for one source, and for all together one percent. */
const SOURCE_MS = 100;
const ALL_MS = 600;
const MINUTE_MS = 60_000;

/**
 * Bounds the time for compiling readers. Senders announce the templates, so they must not control that cost:
 * a source that has used up its minute's time waits for the next minute.
 */
export class CompileBudget {
  readonly #nowMs: () => number;
  /**
   * Milliseconds used in the current minute. Only sources that compiled in it are here, so the map is
   * bounded.
   */
  readonly #used = new Map<string, number>();
  #usedByAll = 0;
  #minuteEndsMs: number;

  /** @param nowMs a clock with fractions of a millisecond */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#minuteEndsMs = nowMs() + MINUTE_MS;
  }

  /** Runs `compile` at the source's expense. Undefined when its time, or that of all, is used up. */
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
