import type { FlowBatch, FlowSink } from '../flow/index.ts';
import { type Account, type Clock, describeError, type Ledger, type Log } from '../runtime/index.ts';
import { batchOfFrame, frameOf } from './batch-frame.ts';
import { DiskSpool, type Frame, type Lost, type SpoolOptions } from './spool/index.ts';

/** How often the sink checks whether the receiver is back. */
const LOOK_MS = 100;
/** How often the sink checks whether a replayed batch has left. */
const SENT_LOOK_MS = 10;
/** Records that the inner sink may hold before more go to disk: its receiver is slow. */
const MOST_HELD = 16_384;

/** A sink that knows whether its receiver is reachable. */
export interface SpoolableSink extends FlowSink {
  readonly isUp: boolean;
  /** Records that it has accepted, and neither sent nor dropped. */
  readonly held?: number;
  /** Sends an incomplete message at once. */
  flush?(): void;
}

export type SpoolingOptions = Pick<SpoolOptions, 'directory' | 'maxOctets'>;

interface Parts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
}

/**
 * Stores records on disk while a sink's receiver cannot accept them. When the receiver is back, the sink gets
 * them in their order. Records on disk survive this process, and the next process sends them. A batch leaves
 * the disk when the sink has sent it, so the next process sends it again if this one dies in between.
 *
 * Its account counts records that went to disk; `sent` are those that the sink has sent afterwards.
 */
export class SpoolingSink implements FlowSink {
  readonly name: string;
  readonly account: Account;
  readonly #sink: SpoolableSink;
  readonly #options: SpoolingOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  #spool: DiskSpool | undefined;
  /** Records on disk. */
  #held = 0;
  #replaying: Promise<void> | undefined;
  #stopLooking = () => {};
  #stopping: Promise<void> | undefined;
  /** By the monotonic clock: the deadline for a replayed batch to leave during a stop. */
  #replayUntilMs = Number.POSITIVE_INFINITY;

  constructor(sink: SpoolableSink, options: SpoolingOptions, { clock, ledger, log }: Parts) {
    this.name = sink.name;
    this.#sink = sink;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.account = ledger.open(`${sink.name} spool`, 'records', () => this.#held);
  }

  get isUp(): boolean {
    return this.#sink.isUp;
  }

  get certificateExpiryMs(): number | undefined {
    return this.#sink.certificateExpiryMs;
  }

  /** @throws {WeirError} WEIR_SPOOL_…, or what keeps the sink from starting */
  async start(): Promise<void> {
    const onLost = (lost: Lost) => this.#lose(`spool ${lost.reason}`, lost.records);
    const spool = await DiskSpool.open({ ...this.#options, onLost });
    this.#takeOver(spool);
    try {
      await this.#sink.start();
    } catch (error) {
      await spool.close();
      throw error;
    }
    this.#spool = spool;
    this.#stopLooking = this.#clock.every(LOOK_MS, () => this.#look());
  }

  async write(batch: FlowBatch): Promise<void> {
    if (this.#spool === undefined || this.#stopping !== undefined)
      throw new Error(`${this.name} is not started`);
    if (batch.length === 0) return;
    const isNext = this.#held === 0 && this.#replaying === undefined;
    const isRoomy = this.#sink.isUp && (this.#sink.held ?? 0) < MOST_HELD;
    if ((isNext && isRoomy) || !(await this.#append(batch))) await this.#sink.write(batch);
  }

  stop(deadlineMs: number): Promise<void> {
    this.#stopping ??= this.#stop(deadlineMs);
    return this.#stopping;
  }

  async #stop(deadlineMs: number): Promise<void> {
    const start = this.#clock.monotonic();
    this.#replayUntilMs = start + deadlineMs / 2;
    this.#stopLooking();
    await this.#replaying;
    await this.#sink.stop(Math.max(0, start + deadlineMs - this.#clock.monotonic()));
    await this.#spool?.close();
  }

  /** Counts records left by earlier processes as received. */
  #takeOver({ readings, recovered }: DiskSpool): void {
    const damaged = recovered.damaged.records;
    this.#held = readings.records;
    this.account.received += readings.records + damaged;
    this.account.note('left by an earlier process', readings.records + damaged);
    this.account.drop('spool damaged', damaged);
  }

  /** @returns whether the batch is on disk */
  async #append(batch: FlowBatch): Promise<boolean> {
    try {
      await this.#spool!.append(frameOf(batch, this.#clock.now()));
    } catch (error) {
      this.account.note('spool not written', batch.length);
      this.#log.limited(this.name, 'spool', `records cannot wait on disk: ${describeError(error)}`);
      return false;
    }
    this.account.received += batch.length;
    this.#held += batch.length;
    return true;
  }

  #lose(reason: string, records: number): void {
    this.#held -= records;
    this.account.drop(reason, records);
    this.#log.limited(this.name, reason, `${records} records on disk are lost: ${reason}`);
  }

  #look(): void {
    if (this.#canReplay) this.#replaying ??= this.#replayAll();
  }

  get #canReplay(): boolean {
    return this.#held > 0 && this.#sink.isUp && this.#stopping === undefined;
  }

  async #replayAll(): Promise<void> {
    try {
      while (this.#canReplay && (await this.#replayOne()));
    } catch (error) {
      this.#log.limited(this.name, 'spool', `the spool on disk cannot be read now: ${describeError(error)}`);
    }
    this.#replaying = undefined;
  }

  /** @returns whether there was a batch, and it is dealt with */
  async #replayOne(): Promise<boolean> {
    const frame = await this.#spool!.oldest();
    if (frame === undefined) return false;
    const batch = batchOfFrame(frame);
    if (batch === undefined) {
      if (await this.#spool!.acknowledge(frame)) this.#lose('spool unreadable', frame.records);
      return true;
    }
    try {
      await this.#sink.write(batch);
    } catch (error) {
      if (await this.#spool!.acknowledge(frame)) this.#lose('sink failed', frame.records);
      this.#log.limited(this.name, 'replay', `${frame.records} records lost: ${describeError(error)}`);
      return true;
    }
    this.#sink.flush?.();
    if (!(await this.#hasLeft())) return false;
    await this.#countSent(frame);
    return true;
  }

  /** Whether the sink has sent everything it held; false when the stop comes first. */
  async #hasLeft(): Promise<boolean> {
    while ((this.#sink.held ?? 0) > 0) {
      if (this.#clock.monotonic() >= this.#replayUntilMs) return false;
      if (this.#stopping !== undefined && !this.#sink.isUp) return false;
      await new Promise<void>((resolve) => this.#clock.after(SENT_LOOK_MS, resolve));
    }
    return true;
  }

  async #countSent(frame: Frame): Promise<void> {
    const wasThere = await this.#spool!.acknowledge(frame).catch((error: unknown) => {
      this.#log.limited(this.name, 'spool', `records may be sent again: ${describeError(error)}`);
      return true;
    });
    this.account.sent += frame.records;
    if (wasThere) this.#held -= frame.records;
    else {
      // It made room and was counted as dropped while it was being sent.
      this.account.received += frame.records;
      this.account.note('sent, though let go', frame.records);
    }
  }
}
