import type { Segment } from '../sinks/index.ts';
import type { GatheredRows } from './gathered-rows.ts';
import type { WholeSegment } from './making/index.ts';
import type { LogPart } from './manifest.ts';

/** Segments whose rows stay in memory. Those of more are read again: each takes some 50 MB. */
const MOST_GATHERED = 1;
/** With so many, no other segment ends before one of them is a file. */
const MOST_WAITING = 4;

/** The complete segments of a history, which are no files yet. */
export class WaitingSegments {
  /** The oldest first. */
  readonly #segments: Segment[];
  /** The rows of those that waited for no other. */
  readonly #gathered = new WeakMap<Segment, GatheredRows>();

  constructor(segments: Segment[]) {
    this.#segments = segments;
  }

  get oldest(): Segment | undefined {
    return this.#segments[0];
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  get areMany(): boolean {
    return this.#segments.length >= MOST_WAITING;
  }

  get octets(): number {
    return this.#segments.reduce((sum, { octets }) => sum + octets, 0);
  }

  has(segment: Segment): boolean {
    return this.#segments.includes(segment);
  }

  add(segment: Segment, gathered?: GatheredRows): void {
    if (this.#segments.length < MOST_GATHERED && gathered !== undefined)
      this.#gathered.set(segment, gathered);
    this.#segments.push(segment);
  }

  remove(segment: Segment): void {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  gatheredOf(segment: Segment): GatheredRows | undefined {
    return this.#gathered.get(segment);
  }

  /** Its rows are read no more, unless its file must be made again. */
  release(segment: Segment): void {
    if (!this.has(segment)) this.#gathered.get(segment)?.release();
  }
}

/** What a segment must have. */
export function wholeSegment(
  { number, path, octets, left: { records } }: Segment,
  listed: ReadonlyMap<number, LogPart>,
  nowMs: number,
): WholeSegment {
  const { fromMs, toMs } = listed.get(number) ?? { fromMs: nowMs, toMs: nowMs };
  return { number, path, octets, records, storedAt: { fromMs, toMs } };
}
