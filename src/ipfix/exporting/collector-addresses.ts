import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** All current addresses of a name. @throws when it has none */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** Maximum remembered addresses: a name may get new ones for ever. */
const MAX_REMEMBERED = 64;

/** Asks the resolver of the host. */
export const lookUpByDns: Lookup = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/**
 * The addresses of a collector, and which to try next: the one that worked last, then the others in the
 * resolver's order. A round is over when each has been tried.
 */
export class CollectorAddresses {
  readonly #host: string;
  readonly #lookup: Lookup;
  #current: readonly string[];
  /** In the order of their last appearance, with those that the name no longer has. */
  readonly #remembered = new Set<string>();
  readonly #tried = new Set<string>();
  #preferred: string | undefined;

  constructor(host: string, find: Lookup = lookUpByDns) {
    this.#host = host;
    this.#lookup = find;
    this.#current = [];
    if (!this.isName) this.#learn([host]);
  }

  /** Whether it can change: a name can; an address or the path of a socket cannot. */
  get isName(): boolean {
    return isIP(this.#host) === 0 && !this.#host.startsWith('/');
  }

  /** Its current and recent addresses. */
  get known(): readonly string[] {
    return [...this.#remembered];
  }

  /** Whether each address has been tried since one last worked. */
  get isRoundOver(): boolean {
    return this.#current.every((address) => this.#tried.has(address));
  }

  /**
   * Looks the name up and returns the address to try. Without an answer it tries the known ones.
   * @throws the resolver's error, while none was ever known
   */
  async next(): Promise<string> {
    await this.#refresh();
    if (this.isRoundOver) this.#tried.clear();
    const untried = this.#current.filter((address) => !this.#tried.has(address));
    const address = untried.find((candidate) => candidate === this.#preferred) ?? untried[0]!;
    this.#tried.add(address);
    return address;
  }

  /** The address works: it is tried first from now on. */
  prefer(address: string): void {
    this.#preferred = address;
    this.#tried.clear();
  }

  /** Looks the name up again: whether it still has the address. Without an answer, it is assumed to. */
  async has(address: string): Promise<boolean> {
    if (!this.isName) return true;
    try {
      this.#learn(await this.#lookup(this.#host));
    } catch {
      return true; // the session continues; its end will report a resolver that does not answer
    }
    return this.#current.includes(address);
  }

  async #refresh(): Promise<void> {
    if (!this.isName) return;
    try {
      this.#learn(await this.#lookup(this.#host));
    } catch (error) {
      if (this.#current.length === 0) throw error;
    }
  }

  #learn(addresses: readonly string[]): void {
    this.#current = [...new Set(addresses)];
    for (const address of addresses) {
      this.#remembered.delete(address);
      this.#remembered.add(address);
    }
    for (const address of this.#remembered) {
      if (this.#remembered.size <= MAX_REMEMBERED) break;
      this.#remembered.delete(address);
    }
  }
}
