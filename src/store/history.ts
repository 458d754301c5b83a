import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FlowBatch } from '../flow/index.ts';
import { DirectoryLock, describeError } from '../runtime/index.ts';
import { frameOf, type Segment, segmentName } from '../sinks/index.ts';
import { loadDuckDB } from './engine.ts';
import { damagedName, parquetName } from './file-names.ts';
import { GrowingSegment } from './growing-segment.ts';
import { historyError, tooLargeBatch } from './history-error.ts';
import type { HistoryOptions } from './history-options.ts';
import { recoverHistory } from './history-recovery.ts';
import { FileMaker, type MadeFile, type Maker } from './making/index.ts';
import type { FileFault, Manifest, Removal } from './manifest.ts';
import { damagedOctets } from './recovery.ts';
import { RowMemory } from './row-memory.ts';
import type { SegmentDamage } from './stored-segment.ts';
import { defaultSums, limitsOf } from './sum-bounds.ts';
import { SumFiles } from './sum-files.ts';
import { WaitingSegments, wholeSegment } from './waiting-segments.ts';

/** Some 12 MB of log. More need more memory while the file is made, fewer more room for texts and sums. */
const FILE_RECORDS = 131_072;
/** A segment that is older becomes a file, even a small one: a week has 168 files then. */
const SEGMENT_MS = 3_600_000;
const MOST_SEGMENT_OCTETS = 32 * 1024 * 1024;
/** How long the disk may lack what was acknowledged, if the power fails. */
const SYNC_MS = 1_000;
/** How often old files are looked for, and failed conversions tried again. */
const TEND_MS = 10_000;

/**
 * The flow history of one directory, as its one writer. A batch is first appended to a segment: from then on
 * it survives the death of this process, and a second later a power failure. A full segment becomes an
 * immutable Parquet file: written under a temporary name, synchronised, renamed, and listed in the manifest.
 * Only then the segment is deleted, so after a death at any moment the file is simply made again.
 */
export class History implements AsyncDisposable {
  readonly #options: HistoryOptions;
  readonly #lock: DirectoryLock;
  readonly #manifest: Manifest;
  readonly #waiting: WaitingSegments;
  /** Octets of files that cannot be read, by name. The first to be deleted. */
  readonly #damaged: Map<string, number>;
  readonly #sums: SumFiles;
  readonly #maker: Maker;
  readonly #rowMemory = new RowMemory();
  /** What is left for records. */
  readonly #recordOctets: number;
  #growing: GrowingSegment | undefined;
  #nextNumber: number;
  /** Octets that the file being made may need beside its segment. */
  #reserved = 0;
  #appendTurn: Promise<unknown> = Promise.resolve();
  #convertTurn: Promise<unknown> = Promise.resolve();
  /** Of the oldest segment. */
  #conversion: Promise<unknown> = Promise.resolve();
  #stopTimers: (() => void)[] = [];
  #isClosed = false;

  private constructor(
    options: HistoryOptions,
    lock: DirectoryLock,
    manifest: Manifest,
    segments: Segment[],
    damaged: Map<string, number>,
  ) {
    this.#options = options;
    this.#lock = lock;
    this.#manifest = manifest;
    this.#waiting = new WaitingSegments(segments);
    this.#damaged = damaged;
    const { clock, directory, maxOctets, onSumsRemoval, onTrouble = () => {}, sums = defaultSums } = options;
    this.#maker = options.maker ?? new FileMaker(directory);
    const limits = limitsOf(sums, maxOctets);
    this.#recordOctets = maxOctets - Object.values(limits).reduce((sum, limit) => sum + limit.maxOctets, 0);
    this.#sums = new SumFiles({
      directory,
      manifest,
      clock,
      limits,
      syncDirectory: () => lock.directory.sync(),
      inTurn: this.#inTurn.bind(this),
      onTrouble,
      onRemoval: onSumsRemoval,
    });
    this.#nextNumber = Math.max(manifest.next, (this.#waiting.newest?.number ?? 0) + 1);
  }

  /**
   * Opens with all that was acknowledged.
   * @throws {WeirError} WEIR_HISTORY_…
   */
  static async open(options: HistoryOptions): Promise<History> {
    const { directory, onTrouble = () => {} } = options;
    await loadDuckDB();
    const lock = await DirectoryLock.take({
      path: directory,
      what: 'history',
      inUse: 'WEIR_HISTORY_IN_USE',
    }).catch((error: unknown) => {
      throw historyError('take the directory of', directory, error);
    });
    try {
      const { manifest, segments } = await recoverHistory(options);
      // It may be long for what it says. A full disk has no room for another.
      await manifest.rewrite().catch((error: unknown) => onTrouble('manifest', describeError(error)));
      await lock.directory.sync();
      const history = new History(options, lock, manifest, segments, await damagedOctets(directory));
      await history.#continue();
      return history;
    } catch (error) {
      await lock.release();
      throw historyError('open', directory, error);
    }
  }

  get octets(): number {
    return this.#octetsOfRecords + this.#sums.octets;
  }

  get #octetsOfRecords(): number {
    let sum = this.#waiting.octets + (this.#growing?.segment.octets ?? 0);
    for (const { octets } of this.#manifest.files.values()) sum += octets;
    for (const octets of this.#damaged.values()) sum += octets;
    return sum;
  }

  /** Resolves when the records survive the death of this process. They may change afterwards. */
  async append(batch: FlowBatch): Promise<void> {
    const { clock, directory } = this.#options;
    if (this.#isClosed) throw new Error(`the history ${directory} is closed`);
    const frame = frameOf(batch, clock.now());
    if (this.#waiting.areMany && this.#isOver(frame.payload.length)) await this.#conversion.catch(() => {});
    await this.#inTurn('append to', async () => {
      const octets = frame.payload.length;
      if (octets > this.#mostSegmentOctets) throw tooLargeBatch(octets, this.#mostSegmentOctets);
      if (this.#isOver(octets)) await this.#endSegment();
      await this.#makeRoom(octets);
      const growing =
        this.#growing ?? GrowingSegment.begin(directory, this.#nextNumber++, clock.now(), this.#rowMemory);
      await growing.append(frame, batch);
      this.#growing = growing;
    });
  }

  /** Makes files of all that is in the log. */
  async flush(): Promise<void> {
    await this.#inTurn('synchronise', () => this.#endSegment());
    await this.#convertAll();
  }

  /** Deletes files whose records were all stored before this time. Returns how many records they had. */
  prune(beforeMs: number): Promise<{ files: number; records: number }> {
    return this.#inTurn('prune', async () => {
      const old = [...this.#manifest.files.values()].filter(({ toMs }) => toMs < beforeMs);
      for (const { number } of old) await this.#removeFile(number, 'pruned');
      await this.#sums.prune(beforeMs);
      return { files: old.length, records: old.reduce((sum, { records }) => sum + records, 0) };
    });
  }

  /** The log stays as it is, and DuckDB is interrupted: the next process continues both. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    for (const stop of this.#stopTimers) stop();
    this.#isClosed = true;
    this.#maker.interrupt();
    await this.#convertTurn;
    await this.#maker.close();
    await this.#inTurn('close', async () => {
      try {
        await this.#growing?.list(this.#manifest, this.#lock.directory);
        await this.#growing?.segment.finish();
      } finally {
        await this.#lock.release();
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Goes on with the newest segment, so that each restart does not make a small file. */
  async #continue(): Promise<void> {
    const { clock } = this.#options;
    const { newest } = this.#waiting;
    if (newest !== undefined && newest.number + 1 === this.#nextNumber) {
      this.#growing = await GrowingSegment.adopt(newest, this.#manifest);
      this.#waiting.remove(newest);
    }
    this.#stopTimers = [
      clock.every(SYNC_MS, () => this.#attempt('synchronise', () => this.#sync())),
      clock.every(TEND_MS, () => this.#attempt('tend', () => this.#tend())),
    ];
    this.#attempt('tend', () => this.#tend());
  }

  #inTurn<T>(attempt: string, work: () => Promise<T>): Promise<T> {
    const done = this.#appendTurn.then(work).catch((error: unknown) => {
      throw historyError(attempt, this.#options.directory, error);
    });
    this.#appendTurn = done.catch(() => {});
    return done;
  }

  /** Work of a timer: it says what goes wrong, and is done again. */
  #attempt(what: string, work: () => Promise<void>): void {
    if (this.#isClosed) return;
    void this.#inTurn(what, work).catch((error: unknown) => this.#trouble(what, error));
  }

  #trouble(kind: string, error: unknown): void {
    if (!this.#isClosed || kind !== 'convert') this.#options.onTrouble?.(kind, describeError(error));
  }

  async #sync(): Promise<void> {
    const growing = this.#growing;
    if (growing === undefined) return;
    await growing.sync();
    const fault = await growing.fault();
    if (fault !== undefined) await this.#loseGrowing(growing, fault);
    else if (!this.#manifest.log.has(growing.segment.number))
      await growing.list(this.#manifest, this.#lock.directory);
  }

  /** Somebody has deleted the end of the log, or cut it. The log goes on with another segment. */
  async #loseGrowing(growing: GrowingSegment, fault: FileFault): Promise<void> {
    const { segment } = growing;
    await growing.list(this.#manifest, this.#lock.directory);
    this.#growing = undefined;
    this.#waiting.add(segment);
    if (fault === 'missing') await this.#removeSegment(segment, 'missing');
    else void this.#convertAll(); // it finds out what is left
  }

  async #tend(): Promise<void> {
    const { clock, maxAgeMs } = this.#options;
    const growing = this.#growing;
    // The clock may have been set back.
    if (growing !== undefined && Math.abs(clock.now() - growing.sinceMs) >= SEGMENT_MS)
      await this.#endSegment();
    else await growing?.list(this.#manifest, this.#lock.directory);
    const oldestMs = clock.now() - maxAgeMs;
    for (const { number, toMs } of [...this.#manifest.files.values()])
      if (toMs < oldestMs) await this.#removeFile(number, 'age');
    await this.#makeRoom(0);
    await this.#sums.retain();
    this.#rowMemory.shrink();
    void this.#convertAll();
  }

  get #mostSegmentOctets(): number {
    return Math.min(MOST_SEGMENT_OCTETS, this.#recordOctets / 8);
  }

  #isOver(more: number): boolean {
    const growing = this.#growing;
    if (growing === undefined) return false;
    const { fileRecords = FILE_RECORDS } = this.#options;
    return growing.records >= fileRecords || growing.segment.octets + more > this.#mostSegmentOctets;
  }

  async #endSegment(): Promise<void> {
    const growing = this.#growing;
    if (growing === undefined) return;
    await growing.list(this.#manifest, this.#lock.directory);
    this.#growing = undefined;
    const { gathered, segment } = growing;
    this.#waiting.add(segment, gathered);
    void this.#convertAll();
  }

  /** Deletes the oldest until there is room for so many octets more. */
  async #makeRoom(more: number): Promise<void> {
    while (this.#octetsOfRecords + this.#reserved + more > this.#recordOctets) {
      const [damaged] = this.#damaged.keys();
      const file = Math.min(...this.#manifest.files.keys());
      const segment = this.#waiting.oldest;
      if (damaged !== undefined) {
        await rm(join(this.#options.directory, damaged), { force: true });
        this.#damaged.delete(damaged);
      } else if (file < (segment?.number ?? Number.POSITIVE_INFINITY)) await this.#removeFile(file, 'octets');
      else if (segment !== undefined) await this.#removeSegment(segment, 'octets');
      else return; // only what is being appended to is left
    }
  }

  async #removeFile(number: number, why: Removal): Promise<void> {
    await this.#depart(number, why, this.#manifest.files.get(number)!.records);
    await rm(join(this.#options.directory, parquetName(number)), { force: true });
  }

  async #removeSegment(segment: Segment, why: Removal): Promise<void> {
    const { records } = segment.left;
    await this.#depart(segment.number, why, records);
    this.#waiting.remove(segment);
    await segment.remove();
    if (why !== 'missing') return;
    this.#options.onTrouble?.(why, `the part ${segment.path} of the log is missing: ${records} records lost`);
  }

  async #depart(number: number, why: Removal, records: number): Promise<void> {
    await this.#manifest.remove(number, why, records);
    this.#options.onRemoval?.(why, records);
  }

  /**
   * Makes a file of each complete segment, one after another, and then the sums that are missing. What fails
   * is tried again later.
   */
  #convertAll(): Promise<void> {
    const { directory } = this.#options;
    const done = this.#convertTurn.then(async () => {
      const nextSegment = () => (this.#isClosed ? undefined : this.#waiting.oldest);
      for (let segment = nextSegment(); segment !== undefined; segment = nextSegment()) {
        this.#conversion = this.#convert(segment).finally(() => this.#waiting.release(segment));
        await this.#conversion;
      }
      await this.#sums.complete(this.#maker, () => this.#isClosed || this.#waiting.oldest !== undefined);
    });
    this.#convertTurn = done
      .catch((error: unknown) => this.#trouble('convert', historyError('write a file of', directory, error)))
      .finally(() => {
        this.#reserved = 0;
        this.#maker.rest();
      });
    return this.#convertTurn as Promise<void>;
  }

  async #convert(segment: Segment): Promise<void> {
    await this.#reserve(segment.octets);
    if (!this.#waiting.has(segment)) return; // it made room for itself
    const whole = wholeSegment(segment, this.#manifest.log, this.#options.clock.now());
    const content = await this.#maker.makeFile(whole, this.#waiting.gatheredOf(segment));
    if (content === undefined)
      return await this.#inTurn('give up a part of', () => this.#removeSegment(segment, 'missing'));
    const { made, damage } = content;
    try {
      // A small file is larger than its segment.
      if (made !== undefined && made.file.octets > segment.octets) await this.#reserve(made.file.octets);
      await this.#inTurn('add a file to', () => this.#replace(segment, made, damage));
    } finally {
      if (made !== undefined) {
        await rm(made.path, { force: true }).catch(() => {});
        await this.#sums.discard(made.sums);
      }
    }
  }

  /** In one turn, so that the records are never there twice or not at all. */
  async #replace(
    segment: Segment,
    made: MadeFile | undefined,
    damage: SegmentDamage | undefined,
  ): Promise<void> {
    if (!this.#waiting.has(segment)) return;
    if (made !== undefined) {
      const { file, path } = made;
      await rename(path, join(this.#options.directory, parquetName(file.number)));
      const sums = await this.#sums.admit(made.sums);
      await this.#lock.directory.sync();
      await this.#manifest.add(file, sums);
    }
    if (damage !== undefined) {
      const { number } = segment;
      await this.#setAside(segment);
      if (made === undefined) await this.#depart(number, 'damaged', damage.records);
      else {
        await this.#manifest.loseFrom({ ...damage, number, fault: 'damaged' });
        this.#options.onRemoval?.('damaged', damage.records);
      }
    } else await segment.remove();
    this.#waiting.remove(segment);
    this.#reserved = 0;
  }

  /** Keeps so many octets free for the file that is being made. */
  #reserve(octets: number): Promise<void> {
    return this.#inTurn('make room in', async () => {
      this.#reserved = 0;
      await this.#makeRoom(octets);
      this.#reserved = octets;
    });
  }

  async #setAside(segment: Segment): Promise<void> {
    const name = damagedName(segmentName(segment.number));
    await segment.close();
    await rename(segment.path, join(this.#options.directory, name));
    this.#damaged.set(name, segment.octets);
    this.#options.onTrouble?.(
      'damaged',
      `a part of the log of ${this.#options.directory} cannot be read. It is set aside as ${name}`,
    );
  }
}
