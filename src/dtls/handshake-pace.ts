/**
 * Time of each second for handshakes. Beyond it, only an address with a small part of that time begins one.
 */
const SHARED_MS = 500;
/** Beyond this, nobody does. */
const MAX_MS = 800;
const SMALL_PART = 1 / 8;
const WINDOW_MS = 1_000;

/**
 * Bounds the processor time for handshakes, so that records continue to be read. Who uses most of the time is
 * refused first.
 */
export class HandshakePace {
  readonly #nowMs: () => number;
  readonly #spentByAddress = new Map<string, number>();
  #spentMs = 0;
  #windowEndsMs = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a client of this address may begin a handshake now. */
  admits(address: string): boolean {
    this.#turnWindow();
    if (this.#spentMs < SHARED_MS) return true;
    const own = this.#spentByAddress.get(address) ?? 0;
    return this.#spentMs < MAX_MS && own < this.#spentMs * SMALL_PART;
  }

  /** Does a step of a handshake and counts its time. */
  spend(address: string, step: () => void): void {
    const startMs = this.#nowMs();
    step();
    this.#turnWindow();
    const spentMs = this.#nowMs() - startMs;
    this.#spentMs += spentMs;
    this.#spentByAddress.set(address, (this.#spentByAddress.get(address) ?? 0) + spentMs);
  }

  #turnWindow(): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#windowEndsMs) return;
    this.#windowEndsMs = nowMs + WINDOW_MS;
    this.#spentMs = 0;
    this.#spentByAddress.clear();
  }
}
