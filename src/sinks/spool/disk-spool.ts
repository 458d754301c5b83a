import { WeirError } from '../../runtime/index.ts';
import { DirectoryLock } from './directory-lock.ts';
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
  /** Of this spool alone; made where it is missing. */
  readonly directory: string;
  /** Bound of all files together, headers included. */
  readonly maxOctets: number;
  /** What is let go at once when the spool is full. Default an eighth of the bound, at most 16 MiB. */
  readonly segmentOctets?: number;
  /** Told at once of frames that nobody will get, so that the books of the owner close at any time. */
  readonly onLost?: (lost: Lost) => void;
}

export interface Lost extends Tally {
  /** `full`: the oldest, to make room. `damaged`: its octets on disk are not those that were written. */
  readonly reason: 'full' | 'damaged';
}

export interface Readings {
  /** Not yet done. */
  readonly frames: number;
  readonly records: number;
  /** On disk, with headers and with what is done and not yet deleted. */
  readonly octets: number;
  readonly maxOctets: number;
}

/**
 * Frames on disk, given back in their order. What was appended is given back at least once: it survives the
 * death of this process however it dies, and so does what was acknowledged. When the power fails, that is
 * lost which the kernel had not yet written: at most the segment that was being written, since each is
 * synchronised when it is finished.
 *
 * The directory has segments of frames (segment.ts) in the order of their numbers. A process writes to
 * segments of its own only. Of the frames themselves the one that was read is in memory, no other.
 */
export class DiskSpool implements AsyncDisposable {
  readonly recovered: Recovered;
  readonly #options: SpoolOptions;
  readonly #segmentOctets: number;
  readonly #lock: DirectoryLock;
  /** Oldest first. */
  readonly #segments: Segment[];
  #nextNumber: number;
  /** The last of the segments, while frames are added to it. */
  #writing: Segment | undefined;
  /** What `oldest` gave and is neither done nor lost. */
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

  /** Finds what earlier processes have left. Throws when another process uses the directory. */
  static async open(options: SpoolOptions): Promise<DiskSpool> {
    const lock = await DirectoryLock.take(options.directory);
    try {
      return new DiskSpool(options, lock, await recoverSegments(options.directory));
    } catch (error) {
      await lock.release();
      throw spoolError('recover', options.directory, error);
    }
  }

  get readings(): Readings {
    const left = this.#segments.map((segment) => segment.left);
    return {
      frames: sum(left.map(({ frames }) => frames)),
      records: sum(left.map(({ records }) => records)),
      octets: this.#octets,
      maxOctets: this.#options.maxOctets,
    };
  }

  get #octets(): number {
    return sum(this.#segments.map(({ octets }) => octets));
  }

  /**
   * Resolves when the kernel has the frame, before which its payload must not be changed. When the spool is
   * full the oldest segments go and `onLost` hears of it. A frame that is refused, because it outweighs the
   * bound or the disk is full, leaves the spool as it was but for those.
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
          { remedy: 'Give the spool a greater bound, or send smaller batches.' },
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
   * Reads the oldest frame, the same again until it is acknowledged or lost; undefined when there is none.
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
   * The frame that `oldest` gave is done. False when it was no longer there: it had been let go to make room
   * meanwhile and `onLost` has heard of it. When this rejects the frame is done all the same, but may come
   * again after a restart.
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

  /** Waits for what is under way. What is in the spool stays for the next process. */
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

  /** One thing after the other, each to its end. */
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
