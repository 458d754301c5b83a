/** At most this many packets in this time may be such as the kernel never counts for a connection. */
const FEW_PACKETS = 20;
const LONG_MS = 60_000;
/** Minimum age of the last sign. An event on its way arrives within a tenth of this. */
const LEAST_MS = 1_000;
/** A shorter silence is none: its packets are usual on this host. */
const SHORT_MS = 10_000;
/** How many times the usual number of uncounted packets must pass without a sign. */
const UNUSUAL = 4;

/** The readings at one time. */
export interface SilenceReading {
  /** Any number that changes with each sign. */
  readonly signs: number;
  /** IP packets that the host has carried, and those that connections have counted. */
  readonly carried: number;
  readonly counted: number;
  readonly nowMs: number;
}

/**
 * Detects that connection tracking is silent while IP packets pass. Either no rule asks for tracking any
 * more, or rules exempt all packets (`notrack`), or its events and counters do not arrive.
 *
 * A sign is any activity that tracking shows: an event, a new connection, or a counter that has grown.
 * Connections that filters leave out give signs, too. Packets after the last sign raise a suspicion, and so
 * do packets that no connection in a dump has counted. A later dump without a sign confirms it. When rules
 * exempt some packets from tracking, the usual number of them raises no suspicion for a minute.
 */
export class KernelSilence {
  #signs = Number.NaN;
  /** When the last sign arrived. */
  #signMs = 0;
  /** Since when, and since how many carried packets, connections have not counted any. */
  #since = { carried: 0, ms: 0 };
  #dump = { uncounted: 0, ms: 0 };
  /** Uncounted packets while tracking was not silent, up to the last dump that `#learn` used. */
  #usual = { packets: 0, ms: 0 };
  #learned = { uncounted: 0, ms: 0 };
  #wasSilent = false;
  #isSilent = false;
  #packets = 0;

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Packets carried during the silence. */
  get packets(): number {
    return this.#packets;
  }

  /** Whether a dump should run at once. */
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

  /** Tracking has shown a sign since the dump before: what was uncounted until then is usual. */
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
