/** Records that left within this time share a slot. */
const SLOT_MS = 10;
/** Older records count as delivered: 80 s of a session that never pauses. */
const MAX_SLOTS = 8_192;

interface Slot {
  readonly startMs: number;
  /** Octets that the session had sent with the slot's last message. */
  endOctets: number;
  records: number;
}

/**
 * When and where in a session's stream of octets its last records left. At the session's end it counts how
 * many may be lost.
 */
export class UnconfirmedRecords {
  readonly #slots: Slot[] = [];

  /** @param endOctets that the session has sent, with this message */
  add(nowMs: number, endOctets: number, records: number): void {
    const last = this.#slots.at(-1);
    if (last !== undefined && nowMs - last.startMs < SLOT_MS) {
      last.endOctets = endOctets;
      last.records += records;
      return;
    }
    this.#slots.push({ startMs: nowMs, endOctets, records });
    if (this.#slots.length > MAX_SLOTS) this.#slots.shift();
  }

  /** Removes the records up to this place in the stream: they have arrived. */
  confirm(octets: number): void {
    while (this.#slots.length > 0 && this.#slots[0]!.endOctets <= octets) this.#slots.shift();
  }

  /** Removes the records that left before this time. */
  forgetBefore(timeMs: number): void {
    while (this.#slots.length > 0 && this.#slots[0]!.startMs + SLOT_MS <= timeMs) this.#slots.shift();
  }

  /** Counts the records beyond this place in the stream, or since this time. */
  count(beyondOctets: number, sinceMs: number): number {
    let records = 0;
    for (const slot of this.#slots) {
      if (slot.endOctets > beyondOctets || slot.startMs + SLOT_MS > sinceMs) records += slot.records;
    }
    return records;
  }
}
