import type { Dictionary, FlowBatch, FlowSink } from '../../flow/index.ts';
import type { Account, Clock, Ledger } from '../../runtime/index.ts';
import { ToldColumns } from '../../sinks/index.ts';

/** A batch in the window. Rows are numbered from 0 in order of arrival, for ever. */
export interface HeldBatch {
  readonly batch: FlowBatch;
  readonly firstRow: number;
  /** In monotonic time. */
  readonly receivedMs: number;
}

export interface RecentFlowsOptions {
  /** How long a record is kept. */
  readonly windowMs: number;
  /** Maximum memory of columns and names; the oldest give way. */
  readonly maxOctets: number;
}

/**
 * The records of the last minutes, for clients of HTTP. A reader holds only the number of its current row, so
 * a slow one costs nothing. Rows that it did not read in time are gone.
 *
 * The account counts a record as sent when it was kept for its time, as dropped when it had to give way.
 */
export class RecentFlows implements FlowSink {
  readonly name = 'recent flows';
  readonly #account: Account;
  readonly #clock: Clock;
  readonly #options: RecentFlowsOptions;
  readonly #told = new ToldColumns();
  #batches: HeldBatch[] = [];
  readonly #dictionaries = new Map<Dictionary, number>();
  #columnOctets = 0;
  #nextRow = 0;
  #isStopped = false;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock, ledger: Ledger, options: RecentFlowsOptions) {
    this.#clock = clock;
    this.#account = ledger.open(this.name, 'records', () => this.heldRows, {
      expectedDrops: ['window full'],
    });
    this.#options = options;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopped = true;
    while (this.#batches.length > 0) this.#account.sent += this.#forgetOldest();
    this.#wakeReaders();
  }

  /** Number of the next row. */
  get nextRow(): number {
    return this.#nextRow;
  }

  /** Number of the oldest row still held. */
  get oldestRow(): number {
    return this.#batches[0]?.firstRow ?? this.#nextRow;
  }

  get heldRows(): number {
    return this.#nextRow - this.oldestRow;
  }

  /** Octets of the held columns and names. */
  get octets(): number {
    let names = 0;
    for (const dictionary of this.#dictionaries.keys()) names += dictionary.octets;
    return this.#columnOctets + names;
  }

  write(batch: FlowBatch): void {
    if (batch.length === 0) return;
    if (this.#isStopped) throw new Error(`${this.name} are stopped`);
    const kept = this.#told.copyOf(batch);
    this.#batches.push({ batch: kept, firstRow: this.#nextRow, receivedMs: this.#clock.monotonic() });
    this.#nextRow += kept.length;
    this.#account.received += kept.length;
    this.#columnOctets += kept.layout.octets;
    this.#dictionaries.set(kept.dictionary, (this.#dictionaries.get(kept.dictionary) ?? 0) + 1);
    this.#forgetOld();
    while (this.octets > this.#options.maxOctets && this.#batches.length > 1) {
      this.#account.drop('window full', this.#forgetOldest());
    }
    this.#wakeReaders();
  }

  /** The oldest batch with a row of this number or a later one. */
  from(row: number): HeldBatch | undefined {
    this.#forgetOld();
    return this.#batches.find(({ batch, firstRow }) => firstRow + batch.length > row);
  }

  /**
   * From when on the window has all records, in milliseconds since 1970: when its oldest row arrived, or now
   * if it is empty.
   */
  get reachMs(): number {
    this.#forgetOld();
    return this.#clock.wallAt(this.#batches[0]?.receivedMs ?? this.#clock.monotonic());
  }

  /** Number of the first row that arrived at this time or later, in milliseconds since 1970. */
  rowAt(timeMs: number): number {
    const since = timeMs - this.#clock.wallAt(0);
    return this.#batches.find(({ receivedMs }) => receivedMs >= since)?.firstRow ?? this.#nextRow;
  }

  /** All batches, the newest first. */
  *newestFirst(): Generator<HeldBatch> {
    this.#forgetOld();
    yield* [...this.#batches].reverse();
  }

  /** Resolves when more rows have arrived, or when the signal aborts. */
  more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  #wakeReaders(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.monotonic() - this.#options.windowMs;
    while (this.#batches.length > 0 && this.#batches[0]!.receivedMs < oldestMs) {
      this.#account.sent += this.#forgetOldest();
    }
  }

  /** Returns the number of removed rows. */
  #forgetOldest(): number {
    const { batch } = this.#batches.shift()!;
    this.#columnOctets -= batch.layout.octets;
    const users = this.#dictionaries.get(batch.dictionary)! - 1;
    if (users === 0) this.#dictionaries.delete(batch.dictionary);
    else this.#dictionaries.set(batch.dictionary, users);
    return batch.length;
  }
}
