/** So few packets in so long a time may be such as the kernel never counts for a connection. */
const FEW_PACKETS = 20;
const LONG_MS = 60_000;
/** How old the last sign must be. An event that is under way comes within a tenth of this. */
const LEAST_MS = 1_000;
/** A silence that is over so soon was none: then what passed in it is usual on this host. */
const SHORT_MS = 10_000;
/** How many times more uncounted packets than are usual on this host must pass without a sign. */
const UNUSUAL = 4;

/** What is known at one time. */
export interface SilenceReading {
  /** Any number that changes with each sign. */
  readonly signs: number;
  /** IP packets that the host has carried, and those that connections have counted. */
  readonly carried: number;
  readonly counted: number;
  readonly nowMs: number;
}

/**
 * Whether connection tracking is silent while IP packets pass: no rule asks for it any more, rules take all
 * packets out of it (`notrack`), or its events and counters do not reach us.
 *
 * A sign is anything that tracking shows: an event, a new connection, a counter that has grown. What filters
 * leave out is among them. Packets that passed after the last sign, or that a dump shows no connection has
 * counted, are a suspicion. A dump that began after them and brings no sign either makes it certain. Where
 * rules take some packets out of tracking, as many of them as usual are no suspicion, for a minute.
 */
export class KernelSilence {
  #signs = Number.NaN;
  /** When the last sign came. */
  #signMs = 0;
  /** From when on, and from how many carried packets on, connections have not counted them. */
  #since = { carried: 0, ms: 0 };
  #dump = { uncounted: 0, ms: 0 };
  /**
   * Uncounted packets in the time in which tracking was not silent, up to the dump that was last learned
   * from.
   */
  #usual = { packets: 0, ms: 0 };
  #learned = { uncounted: 0, ms: 0 };
  #wasSilent = false;
  #isSilent = false;
  #packets = 0;

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Packets carried in the silence. */
  get packets(): number {
    return this.#packets;
  }

  /** Whether a dump should look at once. */
  isSuspicious({ signs, carried, nowMs }: SilenceReading): boolean {
    if (signs !== this.#signs) this.#hear(signs, carried, nowMs);
    this.#packets = carried - this.#since.carried;
    const forMs = nowMs - this.#since.ms;
    const few = FEW_PACKETS * Math.max(1, forMs / LONG_MS);
    if (forMs >= LONG_MS && this.#packets < few && !this.#isSilent) this.#since = { carried, ms: nowMs };
    if (nowMs - this.#signMs < LEAST_MS) return false;
    const usual = this.#usual.packets / Math.max(1, this.#usual.ms);
    const expected = nowMs - this.#signMs >= LONG_MS ? 0 : UNUSUAL * usual * forMs;
    return this.#packets >= few + expected;
  }

  /** @param reading `carried` from before a dump began, the rest from after it ended */
  dumped(reading: SilenceReading): void {
    const { carried, counted, nowMs } = reading;
    if (this.isSuspicious(reading)) this.#isSilent = true;
    const before = this.#dump;
    const uncounted = Math.max(0, carried - counted);
    const more = before.ms > 0 ? uncounted - before.uncounted : 0;
    if (more > 0 && carried - more < this.#since.carried) {
      this.#since = { carried: carried - more, ms: before.ms };
    }
    this.#dump = { uncounted, ms: nowMs };
    if (this.#signMs > before.ms) this.#learn(before);
  }

  /** What was uncounted up to the dump before, after which tracking has shown something, is usual. */
  #learn(before: { uncounted: number; ms: number }): void {
    if (!this.#wasSilent && this.#learned.ms > 0) {
      this.#usual.packets += Math.max(0, before.uncounted - this.#learned.uncounted);
      this.#usual.ms += before.ms - this.#learned.ms;
    }
    this.#learned = this.#wasSilent ? this.#dump : before;
    this.#wasSilent = false;
  }

  #hear(signs: number, carried: number, nowMs: number): void {
    this.#wasSilent ||= this.#isSilent && nowMs - this.#since.ms >= SHORT_MS;
    this.#signs = signs;
    this.#signMs = nowMs;
    this.#since = { carried, ms: nowMs };
    this.#isSilent = false;
  }
}
