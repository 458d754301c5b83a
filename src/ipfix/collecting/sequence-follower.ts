import { SequenceCheck, type SequenceVerdict } from './sequence-check.ts';
import {
  type CountingWay,
  MessageCounts,
  messagesWay,
  otherWaysThan,
  standardWay,
  steadyWay,
} from './sequence-counting.ts';

/**
 * Consecutive messages for which another way must be right, and the standard wrong, before it is believed.
 */
const RIGHT_TO_BELIEVE = 3;
const WRONG_TO_DOUBT = 2;
/** A steady step may be a loss of every other message, so it needs more messages. */
const STEADY_TO_BELIEVE = 6;
const MAX_STEP = 3;

/**
 * Follows the sequence numbers of one observation domain, by its exporter's way of counting. It learns the
 * way from the messages. While another way explains all numbers that the standard does not, the loss by the
 * standard is withheld. It counts once no other way explains it.
 */
export class SequenceFollower {
  #check = new SequenceCheck();
  readonly #standard: CountingWay;
  readonly #others: readonly CountingWay[];
  #way: CountingWay;
  /** From checks by earlier ways. */
  #lostBefore = 0;
  #undecodedBefore = 0;
  #withheld = 0;
  /** Other ways that were right each time the standard was. */
  #unrefuted: readonly CountingWay[];
  /** Ways that explain all numbers so far, and how often they and the standard were right. */
  #possible: readonly CountingWay[];
  #right = 0;
  #wrong = 0;
  /** Whether the standard has been right where others were not. */
  #isStandard = false;
  /** The previous message, if all of it could be read. */
  #hasBefore = false;
  #sequenceNumberBefore = 0;
  /** The growth to the previous message, if that one repeated its own predecessor; else NaN. */
  #repeatedGrowth = Number.NaN;
  readonly #before = new MessageCounts();
  /**
   * The growth to the next message that shows nothing new: the previous messages were in order, and as long.
   * Else NaN.
   */
  #steadyGrowth = Number.NaN;

  /** @param standard what the protocol requires its exporters to count; default that of IPFIX */
  constructor(standard: CountingWay = standardWay) {
    this.#standard = standard;
    this.#others = otherWaysThan(standard);
    this.#way = standard;
    this.#unrefuted = this.#others;
    this.#possible = this.#others;
  }

  /** Records that were sent and have not arrived; when messages are counted, at least one for each. */
  get lost(): number {
    return this.#lostBefore + this.#check.lost - this.#withheld;
  }

  /** Records of messages that were read in part; known when the next message arrives. */
  get undecoded(): number {
    return this.#undecodedBefore + this.#check.undecoded;
  }

  /** What the exporter counts. */
  get counting(): string {
    return this.#way.name;
  }

  /** Whether each of `lost` is a message, of an unknown number of records. */
  get countsMessages(): boolean {
    return this.#way === messagesWay;
  }

  /** The exporter has restarted: its next number is no gap, and it may count otherwise. */
  restart(): void {
    this.#follow(this.#standard);
    this.#isStandard = false;
    this.#hasBefore = false;
  }

  /**
   * Takes the session's next message if it is in order and shows nothing new, as nearly all do.
   * @param counts of the whole message
   * @returns whether it was such a message; otherwise `check` it
   */
  takeNext(sequenceNumber: number, exportTimeSeconds: number, counts: MessageCounts): boolean {
    const growth = sequenceNumber - this.#sequenceNumberBefore;
    if (growth !== this.#steadyGrowth || !counts.repeats(this.#before)) return false;
    this.#check.takeNext(exportTimeSeconds, counts.records);
    if (this.#possible.length > 0) this.#right++;
    this.#sequenceNumberBefore = sequenceNumber;
    this.#before.sessionRecords = counts.sessionRecords;
    this.#before.sessionMessages = counts.sessionMessages;
    return true;
  }

  /** @param isWhole whether `counts` covers the whole message */
  check(
    sequenceNumber: number,
    exportTimeSeconds: number,
    counts: MessageCounts,
    isWhole: boolean,
  ): SequenceVerdict {
    const { lost } = this.#check;
    const isExplained = this.#learn(sequenceNumber, counts);
    const start = this.#way.start(sequenceNumber, counts) >>> 0;
    // A message that has arrived is whole, whatever could be read of it.
    const isCounted = isWhole || this.countsMessages;
    const verdict = this.#check.check(start, exportTimeSeconds, this.#way.units(counts), isCounted);
    this.#hasBefore = isWhole;
    this.#sequenceNumberBefore = sequenceNumber;
    this.#before.copy(counts);
    const isSteady = isWhole && verdict === 'in order' && this.#wrong === 0 && this.#way === standardWay;
    const isKnown = this.#repeatedGrowth === counts.records && counts.records > 0;
    this.#steadyGrowth = isSteady && isKnown ? counts.records : Number.NaN;
    if (!isExplained) return verdict;
    this.#withheld += this.#check.lost - lost;
    return verdict === 'duplicate' ? verdict : 'in order';
  }

  /** As `SequenceCheck.recover`. */
  recover(after: number, records: number): void {
    if (this.#way === standardWay) this.#check.recover(after, records);
  }

  /** Compares the ways of counting. @returns whether another way explains what the standard does not */
  #learn(sequenceNumber: number, counts: MessageCounts): boolean {
    const before = this.#before;
    const growth = (sequenceNumber - this.#sequenceNumberBefore) >>> 0;
    const repeats = this.#hasBefore && counts.repeats(before);
    // The same step once more refutes no further way. Nearly all messages are such.
    const isKnown = repeats && growth === this.#repeatedGrowth;
    this.#repeatedGrowth = repeats ? growth : Number.NaN;
    if (!this.#hasBefore) return false;
    const standardGrowth = this.#standard.growth(before, counts);
    if (growth === standardGrowth && !isKnown)
      this.#unrefuted = this.#rightOf(this.#unrefuted, growth, counts);
    // A message of templates refutes ways, and proves none: some exporters number it otherwise.
    if (counts.records === 0) return false;
    if (growth === standardGrowth && (growth === 0 || this.#possible.length === 0)) return false;
    if (this.#way !== this.#standard) {
      const isWrong = growth === standardGrowth && this.#way.growth(before, counts) !== growth;
      this.#reconsider(isWrong);
      return false;
    }
    if (growth === standardGrowth) return this.#confirm(growth, counts, isKnown);
    return this.#doubt(growth, counts);
  }

  /** Those of the ways that explain a growth: the same list if all do. */
  #rightOf(ways: readonly CountingWay[], growth: number, counts: MessageCounts): readonly CountingWay[] {
    const before = this.#before;
    for (const way of ways)
      if (way.growth(before, counts) !== growth)
        return ways.filter((each) => each.growth(before, counts) === growth);
    return ways;
  }

  /**
   * The standard was right, which excludes ways that were not.
   * @param isKnown whether it has excluded them already
   * @returns whether it is still in doubt
   */
  #confirm(growth: number, counts: MessageCounts, isKnown: boolean): boolean {
    const { length } = this.#possible;
    if (!isKnown) this.#possible = this.#rightOf(this.#possible, growth, counts);
    this.#right++;
    if (this.#possible.length < length) this.#isStandard = true;
    if (this.#possible.length > 0) return this.#wrong > 0;
    this.#withheld = 0;
    this.#right = 0;
    this.#wrong = 0;
    return false;
  }

  #doubt(growth: number, counts: MessageCounts): boolean {
    // The first numbers may begin a steady step; a longer step is more likely a loss.
    if (!this.#isStandard && this.#wrong === 0 && growth <= MAX_STEP) {
      this.#possible = [...this.#possible, steadyWay(growth)];
    }
    this.#possible = this.#rightOf(this.#possible, growth, counts);
    if (this.#possible.length === 0) {
      this.#possible = this.#unrefuted;
      this.#isStandard = true;
      this.#withheld = 0;
      this.#right = 0;
      this.#wrong = 0;
      return false;
    }
    this.#right++;
    this.#wrong++;
    const [likeliest] = this.#possible;
    const enough = this.#others.includes(likeliest!) ? RIGHT_TO_BELIEVE : STEADY_TO_BELIEVE;
    if (this.#wrong >= WRONG_TO_DOUBT && this.#right >= enough) this.#follow(likeliest!);
    return this.#way === this.#standard;
  }

  /** The learned way is wrong when the standard is right: the exporter may have changed its counting. */
  #reconsider(isWrong: boolean): void {
    this.#wrong = isWrong ? this.#wrong + 1 : 0;
    if (this.#wrong >= RIGHT_TO_BELIEVE) this.#follow(this.#standard);
  }

  #follow(way: CountingWay): void {
    this.#lostBefore = this.lost;
    this.#undecodedBefore = this.undecoded;
    this.#check = new SequenceCheck();
    this.#way = way;
    this.#repeatedGrowth = Number.NaN;
    this.#steadyGrowth = Number.NaN;
    this.#withheld = 0;
    this.#unrefuted = this.#others;
    this.#possible = this.#others;
    this.#right = 0;
    this.#wrong = 0;
  }
}
