/** A line without its end; of one that is too long, only its begin. */
export interface SplitLine {
  readonly octets: Buffer;
  readonly isTooLong: boolean;
}

/** Of a line that is too long. */
const MAX_BEGIN_OCTETS = 1_024;
const LINE_FEED = 0x0a;

/** Splits chunks of octets into lines of limited length. A character in two chunks stays whole. */
export class LineSplitter {
  readonly #maxOctets: number;
  #pieces: Buffer[] = [];
  #octets = 0;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /** The lines that end in this chunk. */
  split(chunk: Buffer): SplitLine[] {
    const lines: SplitLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
    return lines;
  }

  #add(piece: Buffer): void {
    this.#octets += piece.length;
    if (this.#octets <= this.#maxOctets) this.#pieces.push(piece);
    else if (this.#pieces.length > 0) this.#keepBegin();
  }

  /** Frees the octets of a line that has become too long, except for its begin. */
  #keepBegin(): void {
    const begin = Buffer.concat(this.#pieces).subarray(0, MAX_BEGIN_OCTETS);
    this.#pieces = [Buffer.from(begin)];
  }

  #take(): SplitLine {
    const octets = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    const line = { octets, isTooLong: this.#octets > this.#maxOctets };
    this.#pieces = [];
    this.#octets = 0;
    return line;
  }
}
