/** What a message's sequence number says about those before it. */
export type SequenceVerdict = 'in order' | 'gap' | 'late' | 'duplicate' | 'restart';

/** Records that have not come: [from, to) in the count that never wraps. */
interface Gap {
  from: number;
  to: number;
  /** Whether the records were in a message that came, but could not be read. */
  readonly isUndecoded: boolean;
}

const MODULUS = 2 ** 32;
/** Farther than this a sequence number has not been lost or delayed: the exporter counts anew. */
const GREATEST_DISTANCE = 2 ** 28;
const MAX_GAPS = 64;
/** No message has more records: each takes an octet at least. */
const MAX_RECORDS = 65_515;
/** Messages that follow each other, all behind what was expected, are no duplicates but a restart. */
const RESTART_RUN = 3;

/**
 * Follows the sequence numbers of one observation domain in one transport session. A number counts the
 * data records sent before its message, modulo 2^32 (RFC 7011 section 3.1), so the distance to the number
 * that was expected is how many records are missing. What comes late and fills a gap takes its loss back.
 */
export class SequenceCheck {
  /** Records that were sent and have not come. */
  lost = 0;
  /** Records that came in messages of which a part could not be read; known when the next message comes. */
  undecoded = 0;
  /** The number expected next, counted on without wrapping. */
  #next: number | undefined;
  #gaps: Gap[] = [];
  #lastExportTimeSeconds = 0;
  #wasWhole = true;
  /** Messages behind the expected number that follow each other. */
  #behindNext = 0;
  #behindRun = 0;

  /**
   * @param records data records read from the message
   * @param isWhole whether these are all that it had
   */
  check(
    sequenceNumber: number,
    exportTimeSeconds: number,
    records: number,
    isWhole: boolean,
  ): SequenceVerdict {
    const distance = this.#next === undefined ? 0 : (sequenceNumber - (this.#next % MODULUS)) | 0;
    const from = (this.#next ?? sequenceNumber) + distance;
    const verdict = distance === 0 ? 'in order' : this.#verdictOf(distance, from, exportTimeSeconds, records);
    if (verdict === 'gap') this.#openBetween(from - distance, from);
    if (verdict === 'late') this.#fill(from, from + records);
    if (verdict === 'restart') {
      this.#gaps = [];
      this.#next = sequenceNumber + records;
    } else if (distance >= 0) {
      this.#next = from + records;
    }
    if (distance >= 0 || verdict === 'restart') {
      this.#wasWhole = isWhole;
      this.#behindRun = 0;
      this.#lastExportTimeSeconds = exportTimeSeconds;
    }
    return verdict;
  }

  /**
   * Records of an earlier message that could be read only now.
   * @param after the number that followed those of its records that were read at once
   */
  recover(after: number, records: number): void {
    const next = this.#next ?? after;
    const from = next + ((after - (next % MODULUS)) | 0);
    if (from === next) {
      this.#next = next + records;
      return;
    }
    const gap = this.#gaps.find(({ isUndecoded, to }) => isUndecoded && to > from);
    if (gap !== undefined) this.#fill(gap.from, Math.min(gap.to, gap.from + records));
  }

  #verdictOf(distance: number, from: number, exportTimeSeconds: number, records: number): SequenceVerdict {
    if (Math.abs(distance) > GREATEST_DISTANCE) return 'restart';
    if (distance > 0) return 'gap';
    if (this.#gaps.some((gap) => gap.from < from + records && from < gap.to)) return 'late';
    if (exportTimeSeconds > this.#lastExportTimeSeconds) return 'restart';
    this.#behindRun = from === this.#behindNext ? this.#behindRun + 1 : 1;
    this.#behindNext = from + records;
    return this.#behindRun >= RESTART_RUN ? 'restart' : 'duplicate';
  }

  /**
   * What is missing after a message that could not be read was in it, as far as it has room; the rest was in
   * others.
   */
  #openBetween(from: number, to: number): void {
    const undecodedTo = this.#wasWhole ? from : Math.min(to, from + MAX_RECORDS);
    if (undecodedTo > from) this.#open({ from, to: undecodedTo, isUndecoded: true });
    if (to > undecodedTo) this.#open({ from: undecodedTo, to, isUndecoded: false });
  }

  #open(gap: Gap): void {
    this.#count(gap, gap.to - gap.from);
    this.#gaps.push(gap);
    if (this.#gaps.length > MAX_GAPS) this.#gaps.shift();
  }

  /** Takes [from, to) out of the gaps. */
  #fill(from: number, to: number): void {
    this.#gaps = this.#gaps.flatMap((gap) => {
      const start = Math.max(from, gap.from);
      const end = Math.min(to, gap.to);
      if (start >= end) return [gap];
      this.#count(gap, start - end);
      const rest = [
        { ...gap, to: start },
        { ...gap, from: end },
      ];
      return rest.filter((part) => part.from < part.to);
    });
  }

  #count({ isUndecoded }: Gap, records: number): void {
    if (isUndecoded) this.undecoded += records;
    else this.lost += records;
  }
}
