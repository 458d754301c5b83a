import { type FileHandle, stat } from 'node:fs/promises';
import type { FlowBatch } from '../flow/index.ts';
import { type Frame, Segment } from '../sinks/index.ts';
import { GatheredRows } from './gathered-rows.ts';
import type { Manifest } from './manifest.ts';
import type { RowMemory } from './row-memory.ts';
import { octetsOfFile } from './synced-file.ts';

/** The end of the log: the segment that batches are appended to. */
export class GrowingSegment {
  readonly segment: Segment;
  /** When it was made. */
  readonly sinceMs: number;
  /** What it has; undefined if an earlier process began it. */
  readonly gathered: GatheredRows | undefined;
  /** When its last record was stored. */
  #lastMs: number;
  #isSynced = false;

  private constructor(segment: Segment, sinceMs: number, lastMs: number, gathered: GatheredRows | undefined) {
    this.segment = segment;
    this.gathered = gathered;
    this.sinceMs = sinceMs;
    this.#lastMs = lastMs;
  }

  /** The first frame makes its file. */
  static begin(directory: string, number: number, nowMs: number, memory: RowMemory): GrowingSegment {
    return new GrowingSegment(new Segment(directory, number), nowMs, nowMs, new GatheredRows(memory));
  }

  /** Goes on with one of an earlier process. */
  static async adopt(segment: Segment, { log }: Manifest): Promise<GrowingSegment> {
    const { birthtimeMs } = await stat(segment.path);
    return new GrowingSegment(segment, birthtimeMs, log.get(segment.number)?.toMs ?? birthtimeMs, undefined);
  }

  get records(): number {
    return this.segment.left.records;
  }

  /** @param batch that the frame has */
  async append(frame: Frame, batch: FlowBatch): Promise<void> {
    await this.segment.append(frame);
    this.gathered?.add(batch, frame.timeMs);
    this.#lastMs = frame.timeMs;
    this.#isSynced = false;
  }

  /** Waits until the disk has all of it. Another frame may follow. */
  async sync(): Promise<void> {
    if (this.#isSynced) return;
    this.#isSynced = true;
    await this.segment.finish();
  }

  /**
   * Lists how much of it the disk has. Without the line, on a full disk, nobody misses what somebody deletes.
   * @param directory has its name
   */
  async list(manifest: Manifest, directory: FileHandle): Promise<void> {
    const { number, octets } = this.segment;
    const listed = manifest.log.get(number);
    if (listed?.octets === octets) return;
    await this.sync();
    await directory.sync();
    const fromMs = listed?.fromMs ?? Math.min(this.sinceMs, this.#lastMs);
    const { records } = this;
    await manifest.addLog({ number, fromMs, toMs: this.#lastMs, records, octets }).catch(() => {});
  }

  /** What somebody has done to its file; undefined for nothing. */
  async fault(): Promise<'missing' | 'damaged' | undefined> {
    const octets = await octetsOfFile(this.segment.path);
    if (octets === undefined) return 'missing';
    return octets < this.segment.octets ? 'damaged' : undefined;
  }
}
