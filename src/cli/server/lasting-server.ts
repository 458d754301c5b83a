import type { Clock } from '../../runtime/index.ts';
import type { NamedServer } from './server-address.ts';

/** Half of the life of a token that a cluster gives. */
const FRESH_MS = 1_800_000;

/**
 * The server of a command that runs for long. It is found again before its token expires, and when a request
 * shows that it is no longer where it was.
 */
export class LastingServer {
  readonly #find: () => Promise<NamedServer>;
  readonly #clock: Clock;
  #found: { readonly server: Promise<NamedServer>; readonly sinceMs: number } | undefined;

  constructor(find: () => Promise<NamedServer>, clock: Clock) {
    this.#find = find;
    this.#clock = clock;
  }

  /** @throws as `namedServer` does */
  async named(): Promise<NamedServer> {
    const nowMs = this.#clock.monotonic();
    if (this.#found === undefined || nowMs - this.#found.sinceMs >= FRESH_MS) {
      const found = { server: this.#find(), sinceMs: nowMs };
      this.#found = found;
      found.server.catch(() => {
        if (this.#found === found) this.#found = undefined;
      });
    }
    return this.#found.server;
  }

  /** Finds it anew the next time, unless somebody else has noticed already that this one is gone. */
  async forget(server: NamedServer): Promise<void> {
    const found = this.#found;
    if (found !== undefined && (await found.server) === server && this.#found === found)
      this.#found = undefined;
  }
}
