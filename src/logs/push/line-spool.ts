import { compress, uncompress } from 'snappy';
import { type Account, DiskSpool, type SpoolOptions } from '../../runtime/index.ts';
import type { Delivery } from './delivery.ts';
import { LineBatch } from './line-batch.ts';

export interface LineSpoolOptions extends Pick<SpoolOptions, 'directory' | 'maxOctets'> {
  readonly replayApartMs: number;
}

/** Lines that wait on disk, and their way back. Frames are pushes in their compressed form. */
export class LineSpool {
  readonly #spool: DiskSpool;
  readonly #account: Account;
  readonly #delivery: Delivery;
  readonly #replayApartMs: number;
  /** Lines of the frame that is being pushed. */
  #replaying = 0;

  private constructor(spool: DiskSpool, account: Account, delivery: Delivery, replayApartMs: number) {
    this.#spool = spool;
    this.#account = account;
    this.#delivery = delivery;
    this.#replayApartMs = replayApartMs;
  }

  /** Counts what earlier processes have left as received. @throws {WeirError} WEIR_SPOOL_… */
  static async open(
    { directory, maxOctets, replayApartMs }: LineSpoolOptions,
    account: Account,
    delivery: Delivery,
  ): Promise<LineSpool> {
    const onLost = ({ reason, records }: { reason: string; records: number }) =>
      account.drop(`spool ${reason}`, records);
    const spool = await DiskSpool.open({ directory, maxOctets, onLost });
    const { records, damaged } = spool.recovered;
    account.received += records + damaged.records;
    account.note('left by an earlier process', records + damaged.records);
    account.drop('spool damaged', damaged.records);
    return new LineSpool(spool, account, delivery, replayApartMs);
  }

  get isEmpty(): boolean {
    return this.#spool.readings.frames === 0;
  }

  /** Lines that are on disk or on their way back, and neither stored nor dropped. */
  get lines(): number {
    return this.#spool.readings.records - this.#replaying + this.#delivery.lines;
  }

  get octets(): number {
    return this.#spool.readings.octets;
  }

  /** @throws {WeirError} when they cannot be written */
  async append(batch: LineBatch, nowMs: number): Promise<void> {
    const payload = await compress(batch.encode());
    await this.#spool.append({ payload, records: batch.count, timeMs: nowMs });
  }

  /**
   * Pushes the oldest frame. What has waited for long goes to streams of its own: in those of the present Loki would refuse it as too far behind.
   */
  async replayOne(nowMs: number, signal: AbortSignal): Promise<void> {
    const frame = await this.#spool.oldest();
    if (frame === undefined) return;
    const batch = LineBatch.decode((await uncompress(Buffer.from(frame.payload))) as Buffer);
    const isOld = nowMs - frame.timeMs > this.#replayApartMs;
    this.#replaying = frame.records;
    const left = await this.#delivery.deliver(isOld ? batch.withLabel('replayed', 'true') : batch, signal);
    for (const rest of left) await this.append(rest, frame.timeMs);
    this.#replaying = 0;
    if (await this.#spool.acknowledge(frame)) return;
    // It has been let go, and counted as dropped, while it was pushed.
    this.#account.received += frame.records;
    this.#account.note('pushed, though let go', frame.records);
  }

  close(): Promise<void> {
    return this.#spool.close();
  }
}
