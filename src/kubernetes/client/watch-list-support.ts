import type { Clock } from '../../runtime/index.ts';

const FORGET_MS = 86_400_000;

/**
 * Whether the API server can begin a watch with all that exists. Its version does not tell: the feature was
 * on in 1.32, off in 1.33 and on again in 1.34. So a refusal is remembered, for a day or until the version
 * changes.
 */
export class WatchListSupport {
  readonly #clock: Clock;
  readonly #askVersion: (signal: AbortSignal) => Promise<string | undefined>;
  #refusal: { readonly atMs: number; readonly version: string | undefined } | undefined;

  /** @param askVersion answers with undefined while the server is away */
  constructor(clock: Clock, askVersion: (signal: AbortSignal) => Promise<string | undefined>) {
    this.#clock = clock;
    this.#askVersion = askVersion;
  }

  /** Whether it is worth asking. */
  async isPossible(signal: AbortSignal): Promise<boolean> {
    if (this.#refusal === undefined) return true;
    const { atMs, version } = this.#refusal;
    const isOld = this.#clock.monotonic() - atMs >= FORGET_MS;
    if (isOld || (await this.#askVersion(signal)) !== version) this.#refusal = undefined;
    return this.#refusal === undefined;
  }

  async refuse(signal: AbortSignal): Promise<void> {
    this.#refusal = { atMs: this.#clock.monotonic(), version: await this.#askVersion(signal) };
  }
}
