import type { Clock } from '../runtime/index.ts';
import type { BatchOutlet } from './batch-outlet.ts';
import { RECORDS_A_SLICE } from './expiry.ts';

/** How often a sweep checks for room for its reports, and the longest time that it waits for it. */
const ROOM_PERIOD_MS = 10;
const LONGEST_WAIT_MS = 30_000;

/** The steps of one sweep through the flow table. */
export interface TableSweep {
  begin(): void;
  /** @returns whether the sweep is complete */
  slice(): boolean;
  end(): void;
}

/**
 * Sweeps through the flow table once a period, in slices between which the event loop turns. A slice waits
 * for room for its reports.
 */
export class Sweeper {
  readonly #clock: Clock;
  readonly #outlet: BatchOutlet;
  readonly #sweep: TableSweep;
  #isSweeping = false;
  /** When the current sweep began, in monotonic time. */
  #sinceMs = 0;
  #stopTicking = () => {};
  #stopSlice = () => {};

  constructor(clock: Clock, outlet: BatchOutlet, sweep: TableSweep) {
    this.#clock = clock;
    this.#outlet = outlet;
    this.#sweep = sweep;
  }

  /** Sweeps each period from now on. */
  start(periodMs: number): void {
    this.#stopTicking();
    this.#stopTicking = this.#clock.every(periodMs, () => this.#tick());
  }

  stop(): void {
    this.#stopTicking();
    this.#stopSlice();
  }

  #tick(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#sinceMs = this.#clock.monotonic();
    this.#sweep.begin();
    this.#slice();
  }

  #slice(): void {
    const waitedMs = this.#clock.monotonic() - this.#sinceMs;
    if (!this.#outlet.hasRoomFor(RECORDS_A_SLICE) && waitedMs < LONGEST_WAIT_MS) {
      this.#stopSlice = this.#clock.after(ROOM_PERIOD_MS, () => this.#slice());
    } else if (!this.#sweep.slice()) {
      this.#stopSlice = this.#clock.after(0, () => this.#slice());
    } else {
      this.#sweep.end();
      this.#isSweeping = false;
    }
  }
}
