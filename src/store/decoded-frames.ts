import { Dictionary, type FieldName, type FlowBatch } from '../flow/index.ts';
import { batchOfFrame, type Frame } from '../sinks/index.ts';

/** Octets of names that batches share. */
const MOST_SHARED_OCTETS = 1024 * 1024;
/** A name is kept as octets, in a table, and as text. */
const COPIES_OF_NAME = 4;
/** The objects of a batch. */
const OBJECT_OCTETS = 4_096;

interface DecodedFrame {
  readonly batch: FlowBatch;
  readonly fields: ReadonlySet<FieldName>;
  readonly octets: number;
  /** The number of the reading that wanted it last. */
  reading: number;
}

/** Decodes the frames of a segment. Batches that follow each other share names. */
export class FrameDecoder {
  #dictionary = new Dictionary();

  /** @param fields that the batch has, if the frame tells them; default all */
  batchOf(frame: Frame, fields?: ReadonlySet<FieldName>): FlowBatch | undefined {
    if (this.#dictionary.octets > MOST_SHARED_OCTETS) this.#dictionary = new Dictionary();
    return batchOfFrame(frame, this.#dictionary, fields);
  }

  get octets(): number {
    return this.#dictionary.octets;
  }
}

/**
 * Keeps decoded frames for the next reading: a question may read the log twice, and a console asks again and
 * again. It knows a frame by its header, which has the checksum of its octets. So what changes in a file
 * is decoded anew.
 */
export class DecodedFrames {
  readonly #mostOctets: number;
  readonly #decoder = new FrameDecoder();
  /** By the header. The one that was read least recently is the first. */
  readonly #frames = new Map<string, DecodedFrame>();
  #octets = 0;
  #reading = 0;

  constructor(mostOctets: number) {
    this.#mostOctets = mostOctets;
  }

  /** Those that are kept. */
  get octets(): number {
    return this.#octets;
  }

  /** From now on frames that only earlier readings wanted give way to new ones. */
  beginReading(): void {
    this.#reading++;
  }

  /**
   * The batch of a frame whose octets are whole; undefined when this version of Weir cannot read it. Nobody
   * may write to it.
   * @param fields that it has at least, if the frame tells them
   */
  batchOf(header: Uint8Array, frame: Frame, fields: ReadonlySet<FieldName>): FlowBatch | undefined {
    const key = Buffer.from(header).toString('latin1');
    const known = this.#frames.get(key);
    if (known !== undefined) {
      this.#frames.delete(key);
      if ([...fields].every((name) => known.fields.has(name))) {
        known.reading = this.#reading;
        this.#frames.set(key, known);
        return known.batch;
      }
      this.#octets -= known.octets;
    }
    const wanted = known === undefined ? fields : new Set([...fields, ...known.fields]);
    const before = this.#decoder.octets;
    const batch = this.#decoder.batchOf(frame, wanted);
    if (batch === undefined) return undefined;
    const names = Math.max(0, this.#decoder.octets - before);
    const octets = OBJECT_OCTETS + batch.layout.octets + names * COPIES_OF_NAME;
    this.#keep(key, { batch, fields: wanted, octets, reading: this.#reading });
    return batch;
  }

  /** Of a log that does not fit it keeps the beginning: else each frame would push out the next one. */
  #keep(key: string, frame: DecodedFrame): void {
    for (const [oldKey, { reading, octets }] of this.#frames) {
      if (this.#octets + frame.octets <= this.#mostOctets || reading === this.#reading) break;
      this.#frames.delete(oldKey);
      this.#octets -= octets;
    }
    if (this.#octets + frame.octets > this.#mostOctets) return;
    this.#frames.set(key, frame);
    this.#octets += frame.octets;
  }
}
