import { DirectoryLock, WeirError } from '../../runtime/index.ts';
import { FRAME_HEADER_OCTETS, type Frame } from './frame.ts';
import { type Recovered, recoverSegments } from './recovery.ts';
import {
  MAX_SEGMENT_OCTETS,
  SEGMENT_HEADER_OCTETS,
  Segment,
  type StoredFrame,
  type Tally,
} from './segment.ts';
import { spoolError } from './spool-error.ts';

export interface SpoolOptions {
  /** For this spool only; created when missing. */
  readonly directory: string;
  /** Bound for all files together, headers included. */
  readonly maxOctets: number;
  /** How much a full spool discards at once. Default an eighth of the bound, at most 16 MiB. */
  readonly segmentOctets?: number;
  /** Called at once for lost frames, so that the owner's account closes at any time. */
  readonly onLost?: (lost: Lost) => void;
}

export interface Lost extends Tally {
  /** `full`: the oldest, to make room. `damaged`: its octets on disk are not those that were written. */
  readonly reason: 'full' | 'damaged';
}

export interface Readings {
  /** Not yet acknowledged. */
  readonly frames: number;
  readonly records: number;
  /** On disk, with headers and with acknowledged frames that are not yet deleted. */
  readonly octets: number;
  readonly maxOctets: number;
}

/**
 * Frames on disk, returned in their order, each at least once. Frames and acknowledgements survive the death
 * of this process. A power failure loses what the kernel had not yet written. That is at most the current
 * segment, since each segment is synchronised when it is complete.
 *
 * The directory has segments of frames (segment.ts) in the order of their numbers. A process writes only to
 * its own segments. Only the frame that was read last is in memory.
 */
export class DiskSpool implements AsyncDisposable {
  readonly recovered: Recovered;
  readonly #options: SpoolOptions;
  readonly #segmentOctets: number;
  readonly #lock: DirectoryLock;
  /** Oldest first. */
  readonly #segments: Segment[];
  #nextNumber: number;
  /** The last segment, while frames are added to it. */
  #writing: Segment | undefined;
  /** The frame that `oldest` returned, until it is acknowledged or lost. */
  #reading: (StoredFrame & { readonly segment: Segment }) | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    options: SpoolOptions,
    lock: DirectoryLock,
    { segments, nextNumber, recovered }: Awaited<ReturnType<typeof recoverSegments>>,
  ) {
    const { maxOctets, segmentOctets = Math.min(16 * 1024 * 1024, Math.floor(maxOctets / 8)) } = options;
    this.#options = options;
    this.#segmentOctets = Math.min(segmentOctets, maxOctets, MAX_SEGMENT_OCTETS);
    this.#lock = lock;
    this.#segments = segments;
    this.#nextNumber = nextNumber;
    this.recovered = recovered;
  }

  /** Recovers the frames of earlier processes. Throws when another process uses the directory. */
  static async open(options: SpoolOptions): Promise<DiskSpool> {
    const { directory } = options;
    const lock = await DirectoryLock.take({
      path: directory,
      what: 'spool',
      inUse: 'WEIR_SPOOL_IN_USE',
    }).catch((error: unknown) => {
      throw spoolError('take the directory of', directory, error);
    });
    try {
      return new DiskSpool(options, lock, await recoverSegments(directory));
    } catch (error) {
      await lock.release();
      throw spoolError('recover', directory, error);
    }
  }

  get readings(): Readings {
    const left = this.#segments.map((segment) => segment.left);
    return {
      frames: sumOf(left.map(({ frames }) => frames)),
      records: sumOf(left.map(({ records }) => records)),
      octets: this.#octets,
      maxOctets: this.#options.maxOctets,
    };
  }

  get #octets(): number {
    return sumOf(this.#segments.map(({ octets }) => octets));
  }

  /**
   * Resolves when the kernel has the frame; its payload must not change before. A full spool discards its
   * oldest segments and calls `onLost`. A refused frame, because it exceeds the bound or the disk is full,
   * changes nothing else.
   */
  append(frame: Frame): Promise<void> {
    return this.#inTurn('append to', async () => {
      const { directory, maxOctets } = this.#options;
      const octets = FRAME_HEADER_OCTETS + frame.payload.length;
      const bound = Math.min(maxOctets, MAX_SEGMENT_OCTETS);
      if (SEGMENT_HEADER_OCTETS + octets > bound) {
        throw new WeirError(
          'WEIR_SPOOL_FRAME_TOO_LARGE',
          `a frame of ${SEGMENT_HEADER_OCTETS + octets} octets with its headers does not fit into the spool ${directory} of ${bound}`,
          { remedy: 'Give the spool a higher limit, or send smaller batches.' },
        );
      }
      if (this.#writing !== undefined && this.#writing.octets + octets > this.#segmentOctets) {
        await this.#finishWriting();
      }
      const needed = octets + (this.#writing === undefined ? SEGMENT_HEADER_OCTETS : 0);
      while (this.#octets + needed > maxOctets) await this.#letGo(this.#segments[0]!);
      await this.#write(frame);
    });
  }

  /**
   * Reads the oldest frame, and the same one again until it is acknowledged or lost. Undefined for an empty
   * spool.
   */
  oldest(): Promise<Frame | undefined> {
    return this.#inTurn('read', async () => {
      for (const segment of [...this.#segments]) {
        if (this.#reading !== undefined) break;
        const stored = await segment.read((lost) => this.#options.onLost?.({ reason: 'damaged', ...lost }));
        if (stored !== undefined) this.#reading = { segment, ...stored };
        else await this.#remove(segment);
      }
      return this.#reading?.frame;
    });
  }

  /**
   * Acknowledges the frame that `oldest` returned. False when the spool has discarded it meanwhile to make
   * room, and called `onLost`. When this rejects, the frame is acknowledged, but may come again after a
   * restart.
   */
  acknowledge(frame: Frame): Promise<boolean> {
    return this.#inTurn('acknowledge a frame of', async () => {
      const reading = this.#reading;
      if (reading === undefined || reading.frame !== frame) return false;
      this.#reading = undefined;
      await reading.segment.acknowledge(reading);
      if (reading.segment.left.frames === 0) await this.#remove(reading.segment);
      return true;
    });
  }

  /** Waits for operations in progress. The frames stay for the next process. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const closed = this.#inTurn('close', async () => {
      try {
        await this.#finishWriting();
      } finally {
        for (const segment of this.#segments) await segment.close();
        await this.#lock.release();
      }
    });
    this.#isClosed = true;
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs operations one after another, each to its end. */
  #inTurn<T>(attempt: string, work: () => Promise<T>): Promise<T> {
    const { directory } = this.#options;
    if (this.#isClosed) {
      return Promise.reject(new WeirError('WEIR_SPOOL_CLOSED', `the spool ${directory} is closed`));
    }
    const done = this.#turn.then(work).catch((error: unknown) => {
      throw error instanceof RangeError ? error : spoolError(attempt, directory, error);
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  async #write(frame: Frame): Promise<void> {
    const segment = this.#writing ?? new Segment(this.#options.directory, this.#nextNumber++);
    await segment.append(frame);
    if (this.#writing === undefined) this.#segments.push(segment);
    this.#writing = segment;
  }

  async #finishWriting(): Promise<void> {
    const segment = this.#writing;
    this.#writing = undefined;
    if (segment === undefined) return;
    await segment.finish();
    await this.#lock.directory.sync(); // its name, too
  }

  async #letGo(segment: Segment): Promise<void> {
    const { left } = segment;
    await this.#remove(segment);
    if (left.frames > 0) this.#options.onLost?.({ reason: 'full', ...left });
  }

  async #remove(segment: Segment): Promise<void> {
    await segment.remove();
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    if (this.#reading?.segment === segment) this.#reading = undefined;
    if (this.#writing === segment) this.#writing = undefined;
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
