import {
  BatchLayout,
  elementsPerRow,
  FlowBatch,
  type FlowFilter,
  type FlowSink,
  fieldOf,
} from '../flow/index.ts';
import {
  type Account,
  BoundedQueue,
  type Clock,
  describeError,
  type Ledger,
  type Log,
} from '../runtime/index.ts';
import { sinkQueueRecords } from './options.ts';

/** Minimum weight of a batch in the queue, in records: small ones take room, too. */
const LEAST_WEIGHT = 32;
/** Why a lane that is closed gets no other sink. A sink that nobody stops would keep the process alive. */
const STOPS = 'the process stops';
/** A sink that is busy with one batch for longer is not awaited. */
const PATIENCE_MS = 5_000;

/** A sink and its share of records. */
export interface SinkOptions {
  readonly sink: FlowSink;
  /** Maximum records that wait for the sink; default that of `sinkQueueRecords`. */
  readonly queueRecords?: number;
  /** Only these records. */
  readonly filter?: FlowFilter;
}

/** The state of a sink. */
export interface SinkState {
  readonly name: string;
  /** Records that wait for it; a batch counts as at least 32. */
  readonly queueRecords: number;
  /** Maximum that may wait. */
  readonly queueLimit: number;
  /** Whether the last write succeeded (true before the first) and the sink's receiver takes records. */
  readonly isUp: boolean;
  /** As `FlowSink.certificateExpiryMs`. */
  readonly certificateExpiryMs: number | undefined;
}

/**
 * The way to one sink: a bounded queue, from which the sink gets one batch at a time. What does not fit is
 * dropped for this sink only, and counted.
 */
export class SinkLane {
  readonly account: Account;
  #sink: FlowSink;
  #filter: FlowFilter | undefined;
  readonly #queue: BoundedQueue<FlowBatch>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onDone: (batch: FlowBatch) => void;
  /** When the sink got its current batch, in monotonic time. */
  #handedMs = 0;
  /** Records in the queue and with the sink. */
  #held = 0;
  #pumping: Promise<void> | undefined;
  /** While another sink takes the place of the earlier one. */
  #replacing: Promise<unknown> | undefined;
  #isClosed = false;
  #isUp = true;
  #roomy: (() => void)[] = [];

  /** @param onDone called with each batch that it took and no longer needs */
  constructor(
    { sink, queueRecords = sinkQueueRecords.default, filter }: SinkOptions,
    clock: Clock,
    ledger: Ledger,
    log: Log,
    onDone: (batch: FlowBatch) => void,
  ) {
    this.#onDone = onDone;
    this.#sink = sink;
    this.#filter = filter;
    this.#queue = new BoundedQueue(queueRecords);
    this.#clock = clock;
    this.#log = log;
    this.account = ledger.open(`sink ${sink.name}`, 'records', () => this.#held);
  }

  get sink(): FlowSink {
    return this.#sink;
  }

  get reading(): SinkState {
    const { weight, capacity } = this.#queue;
    return {
      name: this.#sink.name,
      queueRecords: weight,
      queueLimit: capacity,
      isUp: this.#isUp && this.#sink.isUp !== false,
      certificateExpiryMs: this.#sink.certificateExpiryMs,
    };
  }

  /** Takes a batch, or drops and counts it. @returns whether it holds the batch itself from now on */
  offer(batch: FlowBatch): boolean {
    const wanted = this.#filter === undefined ? batch : matchingRows(batch, this.#filter);
    const records = wanted.length;
    this.account.note('filtered out', batch.length - records);
    if (records === 0) return false;
    this.account.received += records;
    if (this.#isClosed) {
      this.account.drop('stopped', records);
      return false;
    }
    if (!this.#queue.offer(wanted, Math.max(LEAST_WEIGHT, records))) {
      this.account.drop('queue full', records);
      const text = 'is too slow: its queue is full, and it drops records';
      this.#log.limited(this.#sink.name, 'queue full', text, { sink: this.#sink.name });
      return false;
    }
    this.#held += records;
    if (this.#replacing === undefined) this.#pumping ??= this.#pump();
    return wanted === batch;
  }

  /**
   * Whether this many records fit, or nobody waits for the sink: it does not require it, or is busy with one
   * batch for too long.
   */
  hasRoomFor(records: number): boolean {
    const { weight, capacity } = this.#queue;
    if (this.#sink.isAwaited !== true || weight === 0 || weight + records <= capacity) return true;
    return this.#clock.monotonic() - this.#handedMs > PATIENCE_MS;
  }

  /** Resolves when the queue is at most half full. */
  room(): Promise<void> {
    if (this.#queue.weight * 2 <= this.#queue.capacity) return Promise.resolve();
    return new Promise((resolve) => this.#roomy.push(resolve));
  }

  /** Resolves when the queue is empty and the sink has taken all of it. */
  async drained(): Promise<void> {
    await this.#replacing;
    await this.#pumping;
  }

  /**
   * Another sink takes the place of this one. Meanwhile records wait in the queue.
   * @param makers of the new sink; then of one like the earlier, for when the new one does not start
   * @param stop stops the earlier sink, after its current batch
   * @returns why the new one did not start; undefined when it did
   */
  async replace(
    makers: readonly (() => SinkOptions)[],
    stop: (sink: FlowSink) => Promise<void>,
  ): Promise<string | undefined> {
    const replacing = this.#change(makers, stop);
    this.#replacing = replacing;
    const fault = await replacing;
    this.#replacing = undefined;
    if (!this.#isClosed && this.#queue.length > 0) this.#pumping ??= this.#pump();
    return fault;
  }

  async #change(
    makers: readonly (() => SinkOptions)[],
    stop: (sink: FlowSink) => Promise<void>,
  ): Promise<string | undefined> {
    await this.#pumping;
    await stop(this.#sink);
    if (this.#isClosed) return STOPS;
    let fault: string | undefined;
    for (const make of makers) {
      try {
        const { sink, filter, queueRecords = sinkQueueRecords.default } = make();
        await sink.start();
        if (this.#isClosed) {
          await stop(sink);
          return STOPS;
        }
        this.#sink = sink;
        this.#filter = filter;
        this.#queue.capacity = queueRecords;
        return fault;
      } catch (error) {
        fault ??= describeError(error);
      }
    }
    return fault;
  }

  /** From now on records are dropped, including those that wait. */
  close(): void {
    this.#isClosed = true;
    this.account.drop('not delivered in time', this.#held);
    this.#held = 0;
  }

  async #pump(): Promise<void> {
    for (let batch = this.#queue.take(); batch !== undefined; batch = this.#queue.take()) {
      this.#handedMs = this.#clock.monotonic();
      const failure = await this.#hand(batch);
      this.#isUp = failure === undefined;
      if (this.#isClosed) return;
      this.#held -= batch.length;
      if (failure === undefined) this.account.sent += batch.length;
      else {
        this.account.drop('sink failed', batch.length);
        const fields = { sink: this.#sink.name, lostRecords: batch.length };
        this.#log.limited(this.#sink.name, 'sink failed', `${batch.length} records lost: ${failure}`, fields);
      }
      this.#onDone(batch);
      if (this.#roomy.length > 0 && this.#queue.weight * 2 <= this.#queue.capacity) {
        for (const settle of this.#roomy.splice(0)) settle();
      }
      if (this.#replacing !== undefined) break;
    }
    this.#pumping = undefined;
  }

  /** @returns why it failed; undefined when it did not */
  async #hand(batch: FlowBatch): Promise<string | undefined> {
    try {
      await this.#sink.write(batch);
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  }
}

/** The batch itself when all its records pass, otherwise a batch of those that do. */
function matchingRows(batch: FlowBatch, filter: FlowFilter): FlowBatch {
  const passes = filter.bind(batch);
  const rows: number[] = [];
  for (let row = 0; row < batch.length; row++) if (passes(row)) rows.push(row);
  if (rows.length === batch.length) return batch;
  const layout = new BatchLayout(batch.layout.fields, Math.max(1, rows.length));
  const chosen = new FlowBatch(layout, batch.dictionary, batch.origin);
  for (const name of layout.fields) {
    const width = elementsPerRow(fieldOf(name).storage);
    const [from, into] = [batch.columns[name], chosen.columns[name]];
    for (const [i, row] of rows.entries()) {
      for (let word = 0; word < width; word++) into[i * width + word] = from[row * width + word]!;
    }
  }
  chosen.length = rows.length;
  return chosen;
}
