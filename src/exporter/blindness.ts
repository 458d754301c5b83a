import type { Log } from '../runtime/index.ts';

/**
 * Why the agent may miss flows on its host.
 *
 *     namespace gone      no network namespace exists at the path to watch
 *     tracking gone       Weir's own nftables table cannot be made again
 *     kernel silent       IP packets pass, and connection tracking shows none of them
 *     tracking bypassed   an eBPF datapath forwards most octets below IP
 *     no accounting       the kernel counts neither packets nor octets
 *     no events           the kernel reports no connection that begins or ends
 *     reader ended        a thread that reads the kernel has ended and is not yet replaced
 */
export const blindReasons = [
  'namespace gone',
  'tracking gone',
  'kernel silent',
  'tracking bypassed',
  'no accounting',
  'no events',
  'reader ended',
] as const;
export type BlindReason = (typeof blindReasons)[number];

export interface BlindReading {
  readonly reason: BlindReason;
  readonly isBlind: boolean;
}

/** The reasons why the agent is blind now. Logs each when it begins, with a remedy, and when it ends. */
export class Blindness {
  readonly #name: string;
  readonly #log: Log;
  readonly #problems = new Map<BlindReason, string>();

  constructor(name: string, log: Log) {
    this.#name = name;
    this.#log = log;
  }

  /** @param problem what was found and, after a line end and two spaces, the remedy */
  begin(reason: BlindReason, problem: string): void {
    if (!this.#problems.has(reason)) this.#log.limited(this.#name, reason, `${reason}: ${problem}`);
    this.#problems.set(reason, problem);
  }

  end(reason: BlindReason): void {
    if (this.#problems.delete(reason)) this.#log.info(this.#name, `no longer holds: ${reason}`);
  }

  /** The problem of each reason that holds; empty when the agent sees all. */
  get problems(): string[] {
    return [...this.#problems].map(([reason, problem]) => `${reason}: ${problem.replaceAll('\n  ', '. ')}`);
  }

  get readings(): BlindReading[] {
    return blindReasons.map((reason) => ({ reason, isBlind: this.#problems.has(reason) }));
  }
}
