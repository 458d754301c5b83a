/** What a message's sequence number shows about earlier messages. */
export type SequenceVerdict = 'in order' | 'gap' | 'late' | 'duplicate' | 'restart';

/** Missing records: [from, to) in a count that never wraps. */
interface Gap {
  from: number;
  to: number;
  /** Whether the records were in a message that arrived but could not be read. */
  readonly isUndecoded: boolean;
}

/** A sequence number that differs by more shows a restarted count, not loss or delay. */
const GREATEST_DISTANCE = 2 ** 28;
const MAX_GAPS = 64;
/** No message has more records: each takes an octet at least. */
const MAX_RECORDS = 65_515;
/** This many consecutive messages behind the expected number are not duplicates but a restart. */
const RESTART_RUN = 3;

/**
 * Follows the sequence numbers of one observation domain in one transport session. A number counts the data
 * records sent before its message, modulo 2^32 (RFC 7011 section 3.1). So its distance from the expected
 * number is the number of missing records. A late message that fills a gap reduces the loss.
 */
export class SequenceCheck {
  /** Records that were sent and have not arrived. */
  lost = 0;
  /** Records of messages that were read in part; known when the next message arrives. */
  undecoded = 0;
  /** The expected next number, counted without wrapping. */
  #next: number | undefined;
  #gaps: Gap[] = [];
  #lastExportTimeSeconds = 0;
  #wasWhole = true;
  /** Consecutive messages behind the expected number. */
  #behindNext = 0;
  #behindRun = 0;

  /**
   * @param records data records read from the message
   * @param isWhole whether these are all records of the message
   */
  check(
    sequenceNumber: number,
    exportTimeSeconds: number,
    records: number,
    isWhole: boolean,
  ): SequenceVerdict {
    // Modulo 2^32, as `| 0` reads any whole number.
    const distance = this.#next === undefined ? 0 : (sequenceNumber - this.#next) | 0;
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

  /** As `check`, for a whole message that has the expected number after one that had it, too. */
  takeNext(exportTimeSeconds: number, records: number): void {
    this.#next! += records;
    this.#lastExportTimeSeconds = exportTimeSeconds;
  }

  /**
   * Records of an earlier message that could be read only now.
   * @param after the number after those of its records that were read at once
   */
  recover(after: number, records: number): void {
    const next = this.#next ?? after;
    const from = next + ((after - next) | 0);
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
   * Records that are missing after an unreadable message were in it, up to its maximum; the rest were in
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

  /** Removes [from, to) from the gaps. */
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
