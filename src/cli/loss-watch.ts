import type { Account, Clock, Component, Ledger } from '../runtime/index.ts';

/** A time in which a part of the process loses something. */
export interface ProcessLoss {
  /** A component of the ledger. */
  readonly part: string;
  readonly unit: string;
  /** Since it began. */
  readonly lost: number;
  readonly reasons: readonly string[];
  readonly isOver: boolean;
}

export interface LossWatchParts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly tell: (loss: ProcessLoss) => void;
}

const LOOK_MS = 2_000;
/** Without a loss for this long, the time of losses is over. */
const QUIET_MS = 60_000;
/** Parts that are remembered. There are some dozens. */
const MOST_PARTS = 1_000;

/** What a part has lost so far, in all and while it loses. */
interface Tally {
  /** In all, by the ledger. */
  lost: number;
  /** Before the time of losses that goes on; undefined: none goes on. */
  before: number | undefined;
  /** In monotonic time. */
  lastLossMs: number;
}

/** Looks at the ledger, and tells when a part begins to lose something, and when that is over. */
export class LossWatch implements Component {
  readonly name = 'loss watch';
  readonly #parts: LossWatchParts;
  readonly #tallies = new Map<string, Tally>();
  #cancel = () => {};

  constructor(parts: LossWatchParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    this.#cancel = this.#parts.clock.every(LOOK_MS, () => this.#look());
  }

  async stop(): Promise<void> {
    this.#cancel();
    this.#look();
  }

  #look(): void {
    const { ledger } = this.#parts;
    // Accounts of clients come and go; those of former ones are summed up in their component.
    const parts = Map.groupBy(ledger.accounts, ({ component, unit }) => JSON.stringify([component, unit]));
    for (const [key, accounts] of parts) this.#lookAt(key, accounts);
  }

  #lookAt(key: string, accounts: readonly Account[]): void {
    const lost = accounts.reduce((sum, { totalLost }) => sum + totalLost, 0);
    const tally = this.#tallies.get(key) ?? { lost: 0, before: undefined, lastLossMs: 0 };
    if (!this.#tallies.has(key)) {
      if (this.#tallies.size >= MOST_PARTS) return;
      this.#tallies.set(key, tally);
    }
    const nowMs = this.#parts.clock.monotonic();
    if (lost > tally.lost) {
      tally.lastLossMs = nowMs;
      if (tally.before === undefined) {
        tally.before = tally.lost;
        this.#tell(accounts, lost - tally.before, false);
      }
    } else if (tally.before !== undefined && nowMs - tally.lastLossMs >= QUIET_MS) {
      this.#tell(accounts, lost - tally.before, true);
      tally.before = undefined;
    }
    tally.lost = lost;
  }

  #tell(accounts: readonly Account[], lost: number, isOver: boolean): void {
    const [{ component: part, unit }] = accounts as [Account];
    const reasons = new Set(accounts.flatMap(({ lostFor }) => lostFor));
    this.#parts.tell({ part, unit, lost, reasons: [...reasons], isOver });
  }
}
