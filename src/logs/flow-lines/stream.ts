import { ByteBuffer } from '../../flow/index.ts';
import { closeLength, LENGTH_OCTETS, lengthKey, openLength, writeVarint5 } from './protobuf.ts';

/*
 * EntryAdapter of Loki's push.proto, as an element of StreamAdapter.entries:
 *
 *     entries (2) | length | timestamp (1) | 12 | seconds (1) | varint | nanoseconds (2) | varint
 *                          | line (2) | length | octets
 *                          | structuredMetadata (3) | length | pair …
 */
const ENTRIES = lengthKey(2);
const TIMESTAMP = lengthKey(1);
const SECONDS = 0x08;
const NANOSECONDS = 0x10;
const LINE = lengthKey(2);
const TIMESTAMP_OCTETS = 12;
/** Octets of an entry besides its line and its metadata. */
const HEAD_OCTETS = 2 * (1 + LENGTH_OCTETS) + 2 + TIMESTAMP_OCTETS;

const LEAST_OCTETS = 1024;

/** Entries of one stream, encoded one after another as in a StreamAdapter. */
export interface StreamPart {
  readonly selector: string;
  readonly entries: Uint8Array;
  readonly count: number;
}

/** A stream, and its encoded entries that wait to be pushed. */
export class Stream {
  /** Its number in the table. */
  readonly number: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The selector in Loki's form: {a="b", c="d"}. */
  readonly selector: string;
  entries = new ByteBuffer(LEAST_OCTETS);
  count = 0;
  #lastMs = 0;
  #inSameMs = 0;
  #entryAt = 0;
  #lineAt = 0;

  constructor(number: number, labels: Readonly<Record<string, string>>) {
    this.number = number;
    this.labels = labels;
    this.selector = selectorOf(labels);
  }

  /**
   * Begins an entry: write its line next, to the returned buffer.
   * @param nanosecond within the millisecond
   */
  open(timeMs: number, nanosecond: number = this.#nanosecond(timeMs)): ByteBuffer {
    const { entries } = this;
    entries.reserve(HEAD_OCTETS);
    const seconds = Math.floor(timeMs / 1000);
    entries.bytes[entries.length++] = ENTRIES;
    this.#entryAt = openLength(entries);
    entries.bytes[entries.length++] = TIMESTAMP;
    entries.bytes[entries.length++] = TIMESTAMP_OCTETS;
    entries.bytes[entries.length++] = SECONDS;
    writeVarint5(entries, seconds);
    entries.bytes[entries.length++] = NANOSECONDS;
    writeVarint5(entries, (timeMs - seconds * 1000) * 1_000_000 + nanosecond);
    entries.bytes[entries.length++] = LINE;
    this.#lineAt = openLength(entries);
    return entries;
  }

  /** The line is written; the structured metadata follows. */
  closeLine(): void {
    closeLength(this.entries, this.#lineAt);
  }

  close(): void {
    closeLength(this.entries, this.#entryAt);
    this.count++;
  }

  /** Removes the last entry: the entries then have this many octets. */
  takeBack(octets: number): void {
    this.entries.length = octets;
    this.count--;
  }

  /** The entries that wait, until `clear`. */
  get waiting(): StreamPart {
    return { selector: this.selector, entries: this.entries.written, count: this.count };
  }

  clear(): void {
    const { entries } = this;
    // A burst should not keep its memory for ever.
    const isRoomy = entries.bytes.length > 4 * Math.max(entries.length, LEAST_OCTETS);
    if (isRoomy) this.entries = new ByteBuffer(LEAST_OCTETS);
    this.entries.length = 0;
    this.count = 0;
  }

  /**
   * Consecutive entries of one millisecond get different nanoseconds. Polling agents report the same end for
   * thousands of flows, and Loki compares an entry with all others of its nanosecond.
   */
  #nanosecond(timeMs: number): number {
    this.#inSameMs = timeMs === this.#lastMs ? (this.#inSameMs + 1) % 1_000_000 : 0;
    this.#lastMs = timeMs;
    return this.#inSameMs;
  }
}

/** A question mark replaces U+FFFD, for which Loki would refuse the whole push. */
export function selectorOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}=${JSON.stringify(value.toWellFormed().replaceAll('\ufffd', '?'))}`,
  );
  return `{${pairs.sort().join(', ')}}`;
}
