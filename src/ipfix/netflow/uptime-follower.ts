import type { MessageHeader } from '../wire/index.ts';

const UPTIME_WRAP_MS = 2 ** 32;
/** Uptime and clock of one exporter agree within this: the time has whole seconds, and clocks are set. */
const TOLERANCE_MS = 10_000;
/** A message whose export is earlier than that of the message before by less than this is late. */
const LATE_SECONDS = 300;

/**
 * Follows the uptime of an exporter of NetFlow or sFlow. After a restart its templates are gone and its
 * sequence numbers begin anew (RFC 3954 section 9).
 */
export class UptimeFollower {
  #uptimeMs = -1;
  #exportTimeSeconds = 0;

  /** What the latest message had, for `resume`. */
  get latest(): { readonly uptimeMs: number; readonly exportTimeSeconds: number } {
    return { uptimeMs: this.#uptimeMs, exportTimeSeconds: this.#exportTimeSeconds };
  }

  /** Goes on from the latest message of an earlier process. */
  resume({ uptimeMs, exportTimeSeconds }: UptimeFollower['latest']): void {
    this.#uptimeMs = uptimeMs;
    this.#exportTimeSeconds = exportTimeSeconds;
  }

  /**
   * Whether the exporter has restarted before this message: its uptime is smaller, and more so than a wrap
   * after 49.7 days explains.
   */
  hasRestarted({ netflow, sflow, exportTimeSeconds }: MessageHeader): boolean {
    const uptimeMs = (netflow ?? sflow)!.uptimeMs;
    const sinceSeconds = exportTimeSeconds - this.#exportTimeSeconds;
    if (this.#uptimeMs >= 0 && sinceSeconds < 0 && sinceSeconds > -LATE_SECONDS) return false;
    const expectedMs = (this.#uptimeMs + sinceSeconds * 1000) % UPTIME_WRAP_MS;
    const isSmaller = uptimeMs < this.#uptimeMs;
    this.#uptimeMs = uptimeMs;
    this.#exportTimeSeconds = exportTimeSeconds;
    const behindMs = expectedMs - uptimeMs;
    return isSmaller && Math.min(Math.abs(behindMs), UPTIME_WRAP_MS - Math.abs(behindMs)) > TOLERANCE_MS;
  }
}
