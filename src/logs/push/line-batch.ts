import { lengthKey, type Stream, type StreamPart, selectorOf, varintOctets } from '../flow-lines/index.ts';
import { joinedPieces, ProtobufReader } from './protobuf-reader.ts';
import { labelsOf } from './selector-labels.ts';

/*
 * PushRequest of Loki's push.proto:
 *
 *   streams (1) | length | labels (1) | length | octets
 *                        | entries (2) | length | timestamp, line, structuredMetadata …
 */
const STREAMS = lengthKey(1);
const LABELS = lengthKey(1);
const ENTRIES = lengthKey(2);

/** Lines that are pushed together. */
export class LineBatch {
  readonly parts: readonly StreamPart[];
  /** Number of lines. */
  readonly count: number;
  /** Uncompressed octets of the entries. */
  readonly octets: number;
  /** When the first line came, in milliseconds since 1970. */
  readonly sinceMs: number;

  readonly #request: Uint8Array | undefined;

  /** @param request the encoded parts, when they exist already */
  constructor(parts: readonly StreamPart[], sinceMs: number, request?: Uint8Array) {
    this.parts = parts;
    this.sinceMs = sinceMs;
    this.#request = request;
    this.count = parts.reduce((sum, { count }) => sum + count, 0);
    this.octets = parts.reduce((sum, { entries }) => sum + entries.length, 0);
  }

  /**
   * Takes all waiting entries out of streams. They are copied once, into the request.
   */
  static take(streams: readonly Stream[], sinceMs: number): LineBatch {
    const waiting = streams.map((stream) => stream.waiting);
    const pieces = waiting.map(piecesOf);
    const request = joinedPieces(pieces.flat());
    let end = 0;
    const parts = waiting.map((part, i) => {
      end += pieces[i]!.reduce((sum, { length }) => sum + length, 0);
      return { ...part, entries: request.subarray(end - part.entries.length, end) };
    });
    for (const stream of streams) stream.clear();
    return new LineBatch(parts, sinceMs, request);
  }

  /** Encodes the batch as a PushRequest. */
  encode(): Uint8Array {
    return this.#request ?? joinedPieces(this.parts.flatMap(piecesOf));
  }

  /** @throws {RangeError} when `encode` did not write the request */
  static decode(request: Uint8Array, sinceMs: number): LineBatch {
    const parts: StreamPart[] = [];
    for (const stream of new ProtobufReader(request).fields()) {
      let selector = '';
      let start = 0;
      let count = 0;
      for (const field of new ProtobufReader(stream.content).fields()) {
        if (field.key === LABELS) selector = decoder.decode(field.content);
        else if (field.key === ENTRIES && count++ === 0) start = field.start;
      }
      parts.push({ selector, count, entries: stream.content.subarray(start) });
    }
    return new LineBatch(parts, sinceMs);
  }

  /** The same lines in other streams. */
  map(change: (part: StreamPart) => StreamPart): LineBatch {
    return new LineBatch(this.parts.map(change), this.sinceMs);
  }

  /** One batch for each stream. */
  byStream(): LineBatch[] {
    return this.parts.map((part) => new LineBatch([part], this.sinceMs));
  }

  /** Two batches with half of the lines each; undefined for a single line. */
  halves(): [LineBatch, LineBatch] | undefined {
    if (this.count < 2) return undefined;
    const half = Math.floor(this.count / 2);
    const [first, second]: [StreamPart[], StreamPart[]] = [[], []];
    let taken = 0;
    for (const part of this.parts) {
      const wanted = Math.min(part.count, Math.max(0, half - taken));
      taken += wanted;
      const at = endOfEntries(part.entries, wanted);
      if (wanted > 0) first.push({ ...part, entries: part.entries.subarray(0, at), count: wanted });
      if (wanted < part.count) {
        second.push({ ...part, entries: part.entries.subarray(at), count: part.count - wanted });
      }
    }
    return [new LineBatch(first, this.sinceMs), new LineBatch(second, this.sinceMs)];
  }

  /** The lines of a time range, undefined for none, and the numbers of lines before and after it. */
  between(startMs: number, endMs: number): { inside: LineBatch | undefined; before: number; after: number } {
    let [before, after] = [0, 0];
    const parts = this.parts.flatMap(({ selector, entries }) => {
      const pieces: Uint8Array[] = [];
      const reader = new ProtobufReader(entries);
      for (const { start, content } of reader.fields()) {
        const timeMs = entryTimeMs(content);
        if (timeMs < startMs) before++;
        else if (timeMs > endMs) after++;
        else pieces.push(entries.subarray(start, reader.at));
      }
      return pieces.length === 0 ? [] : [{ selector, entries: joinedPieces(pieces), count: pieces.length }];
    });
    const inside = parts.length === 0 ? undefined : new LineBatch(parts, this.sinceMs);
    return { inside, before, after };
  }

  /** The same lines in streams with an additional label. */
  withLabel(name: string, value: string): LineBatch {
    return this.map((part) => ({
      ...part,
      selector: selectorOf({ ...labelsOf(part.selector), [name]: value }),
    }));
  }
}

/** Encodes a part as a field of the request; it ends with the entries. */
function piecesOf({ selector, entries }: StreamPart): Uint8Array[] {
  const labels = encoder.encode(selector);
  const head = [LABELS, ...varintOctets(labels.length)];
  const length = head.length + labels.length + entries.length;
  return [Uint8Array.from([STREAMS, ...varintOctets(length), ...head]), labels, entries];
}

/** Milliseconds since 1970 of an entry. */
function entryTimeMs(content: Uint8Array): number {
  const [timestamp] = new ProtobufReader(content).fields();
  const [seconds, nanoseconds] = new ProtobufReader(timestamp!.content).fields();
  return seconds!.value * 1000 + (nanoseconds?.value ?? 0) / 1_000_000;
}

function endOfEntries(entries: Uint8Array, count: number): number {
  const reader = new ProtobufReader(entries);
  for (let i = 0; i < count; i++) reader.skip();
  return reader.at;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
