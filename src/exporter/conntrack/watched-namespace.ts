import { statSync } from 'node:fs';
import { enterNetworkNamespace } from '../netlink/index.ts';

/** What the path leads to now: the namespace of the thread, a newer one, or none. */
export type NamespacePlace = 'same' | 'replaced' | 'gone';

/**
 * The network namespace that a thread watches, by its path. A path such as /run/netns/blue outlives its
 * namespace: `ip netns del` and `add` put another one there, while the thread stays in the first.
 */
export class WatchedNamespace {
  readonly #path: string | undefined;
  #entered = '';

  /** @param path undefined: the namespace of the process */
  constructor(path: string | undefined) {
    this.#path = path;
  }

  /** Moves the calling thread there, for good. @throws NetlinkError WEIR_NETLINK_NO_NAMESPACE, … */
  enter(): this {
    if (this.#path !== undefined) enterNetworkNamespace(this.#path);
    this.#entered = identityOf('/proc/thread-self/ns/net') ?? '';
    return this;
  }

  /** For the thread that entered. */
  get place(): NamespacePlace {
    if (this.#path === undefined) return 'same';
    const found = identityOf(this.#path);
    if (found === undefined) return 'gone';
    return found === this.#entered ? 'same' : 'replaced';
  }
}

/** Device and inode identify a namespace while anybody holds it; undefined when the path leads nowhere. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}
