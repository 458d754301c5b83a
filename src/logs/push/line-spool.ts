import { compress, uncompress } from 'snappy';
import type { Account } from '../../runtime/index.ts';
import { DiskSpool, type Frame, type SpoolOptions } from '../../sinks/index.ts';
import { LineBatch } from './line-batch.ts';
import type { PushDelivery } from './push-delivery.ts';

/** Stores lines on disk and pushes them later. Frames are compressed pushes. */
export class LineSpool {
  readonly #spool: DiskSpool;
  readonly #account: Account;
  readonly #delivery: PushDelivery;
  /** Lines of all frames. */
  #waiting: number;
  /** Lines of the frame that is being pushed. */
  #replaying = 0;
  /** Lines of that frame that could not be pushed and are being written again. */
  #returning = 0;

  private constructor(spool: DiskSpool, account: Account, delivery: PushDelivery) {
    this.#spool = spool;
    this.#account = account;
    this.#delivery = delivery;
    this.#waiting = spool.readings.records;
  }

  /** Counts lines left by earlier processes as received. @throws {WeirError} WEIR_SPOOL_… */
  static async open(
    { directory, maxOctets }: Pick<SpoolOptions, 'directory' | 'maxOctets'>,
    account: Account,
    delivery: PushDelivery,
  ): Promise<LineSpool> {
    let spool: LineSpool | undefined;
    const onLost = ({ reason, records }: { reason: string; records: number }) =>
      spool?.letGo(`spool ${reason}`, records);
    const disk = await DiskSpool.open({ directory, maxOctets, onLost });
    spool = new LineSpool(disk, account, delivery);
    const damaged = disk.recovered.damaged.records;
    account.received += spool.lines + damaged;
    account.note('left by an earlier process', spool.lines + damaged);
    account.drop('spool damaged', damaged);
    return spool;
  }

  get isEmpty(): boolean {
    return this.#spool.readings.frames === 0;
  }

  /** Lines on disk or being pushed from there, neither stored nor dropped. */
  get lines(): number {
    return this.#waiting - this.#replaying + this.#delivery.lines + this.#returning;
  }

  get octets(): number {
    return this.#spool.readings.octets;
  }

  /** @throws {WeirError} when they cannot be written */
  async append(batch: LineBatch): Promise<void> {
    const payload = await compress(batch.encode());
    await this.#spool.append({ payload, records: batch.count, timeMs: batch.sinceMs });
    this.#waiting += batch.count;
  }

  /** Counts lines on disk that are lost. */
  letGo(reason: string, lines: number): void {
    this.#waiting -= lines;
    this.#account.drop(reason, lines);
  }

  /** Pushes the oldest frame. Lines that are not settled when `signal` aborts stay on disk. */
  async replayOne(signal: AbortSignal): Promise<void> {
    const frame = await this.#spool.oldest();
    if (frame === undefined) return;
    const batch = await decodeFrame(frame);
    if (batch === undefined) {
      this.letGo('spool damaged', frame.records);
      await this.#spool.acknowledge(frame);
      return;
    }
    this.#replaying = frame.records;
    await this.#delivery.deliver(batch, signal);
    const left = this.#delivery.takeLeft();
    this.#returning = left.reduce((sum, { count }) => sum + count, 0);
    const settled = frame.records - this.#returning;
    try {
      if (settled > 0) await this.#exchange(frame, left);
    } finally {
      this.#returning = 0;
      this.#replaying = 0;
    }
  }

  /** Acknowledges the frame, except for the lines that are left. */
  async #exchange(frame: Frame, left: readonly LineBatch[]): Promise<void> {
    const appendedBefore = this.#returning;
    try {
      for (const batch of left) {
        await this.append(batch);
        this.#returning -= batch.count;
      }
    } catch (error) {
      const again = frame.records - this.#returning;
      // The frame stays, with lines that have been stored or written again already.
      this.#account.received += again;
      this.#account.note('pushed again', again - (appendedBefore - this.#returning));
      throw error;
    }
    this.#waiting -= frame.records;
    this.#replaying = 0;
    if (await this.#spool.acknowledge(frame)) return;
    // It made room and was counted as dropped while it was being pushed.
    this.#waiting += frame.records;
    this.#account.received += frame.records;
    this.#account.note('pushed, though let go', frame.records);
  }

  close(): Promise<void> {
    return this.#spool.close();
  }
}

/** Undefined when this program did not write the push. */
async function decodeFrame({ payload, records, timeMs }: Frame): Promise<LineBatch | undefined> {
  try {
    const batch = LineBatch.decode((await uncompress(Buffer.from(payload))) as Buffer, timeMs);
    return batch.count === records ? batch : undefined;
  } catch {
    return undefined;
  }
}
