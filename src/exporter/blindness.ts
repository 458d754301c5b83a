import type { Log } from '../runtime/index.ts';

/**
 * Why the agent may miss what happens on its host.
 *
 *     namespace gone   there is no network namespace at the path that is to be watched
 *     tracking gone    Weir's own nftables table cannot be made again
 *     kernel silent    IP packets pass, and connection tracking shows none of them
 *     no accounting    the kernel counts neither packets nor octets
 *     no events        the kernel tells of no connection that begins or ends
 *     reader ended     a thread that reads the kernel has ended, and there is no new one yet
 */
export const blindReasons = [
  'namespace gone',
  'tracking gone',
  'kernel silent',
  'no accounting',
  'no events',
  'reader ended',
] as const;
export type BlindReason = (typeof blindReasons)[number];

export interface BlindReading {
  readonly reason: BlindReason;
  readonly isBlind: boolean;
}

/**
 * For which reasons the agent is blind now. Says each when it begins, with what to do, and when it is over.
 */
export class Blindness {
  readonly #name: string;
  readonly #log: Log;
  readonly #problems = new Map<BlindReason, string>();

  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  /** @param problem what was found and, after a line end and two spaces, what to do */
  begin(reason: BlindReason, problem: string): void {
    if (!this.#problems.has(reason)) this.#log.limited(this.#name, reason, `${reason}: ${problem}`);
    this.#problems.set(reason, problem);
  }

  end(reason: BlindReason): void {
    if (this.#problems.delete(reason)) this.#log.info(this.#name, `no longer holds: ${reason}`);
  }

  /** What was said of each reason that holds; empty when the agent sees. */
  get problems(): string[] {
    return [...this.#problems].map(([reason, problem]) => `${reason}: ${problem.replaceAll('\n  ', '. ')}`);
  }

  get readings(): BlindReading[] {
    return blindReasons.map((reason) => ({ reason, isBlind: this.#problems.has(reason) }));
  }
}
