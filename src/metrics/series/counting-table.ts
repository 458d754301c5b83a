import type { Dictionary } from '../../flow/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { Candidates } from './candidates.ts';
import { DeniedExamples } from './denied-examples.ts';
import type { IdExchange, LabelValues } from './label-values.ts';
import type { Exemplar, HistogramColumns, Measure, SeriesTable } from './series-table.ts';
import { TupleIndex } from './tuple-index.ts';

/** Slot for counts that no series shows. */
export const NOWHERE = 0;
/** Slot for the sum of everything without its own series: every label is "other", except the cluster. */
export const OTHER_SERIES = 1;
const FIRST = 2;

/** A reader that holds a table for longer has failed. */
const LONGEST_HOLD_MS = 60_000;
/** Growth counts half after five minutes. */
const HALF_LIFE_MS = 300_000;
/**
 * Maximum octets of labels that a table shows, for each series of its limit. Real labels take less than half.
 */
const LABEL_OCTETS_A_SERIES = 512;
/** A key gets a series when it has grown this many times as much as the smallest series. */
const CLEARLY = 2;

export interface CountingTableOptions {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly measures: readonly Measure[];
  readonly limit: number;
  readonly idleMs: number;
}

/** The series of one table, found by their labels. At its limit it keeps the biggest. */
export class CountingTable implements SeriesTable {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly measures: readonly Measure[];
  readonly limit: number;
  readonly labels: Uint32Array;
  readonly values: readonly Float64Array[];
  readonly histogram?: HistogramColumns;
  readonly exemplar?: (measure: number, slot: number) => Exemplar | undefined;
  /** The latest examples, in a table of denied flows. */
  readonly denied: DeniedExamples | undefined;
  readonly startedAt: Float64Array;
  readonly generations: Uint32Array;
  /** Totals of the series that have expired, by measure. */
  readonly expiredValues: Float64Array;
  /** Number of series that have expired. */
  expired = 0;
  /** How often a key was counted under "other", because the table was full or a bigger key took its place. */
  folded = 0;
  /** Decaying octets by slot: the slots with the most stay. */
  readonly growth: Float32Array;
  readonly candidates: Candidates;
  /** Adds pending growth to the values. */
  settle: () => void = () => {};
  readonly #clock: Clock;
  readonly #values: LabelValues;
  readonly #idleMs: number;
  readonly #width: number;
  readonly #index: TupleIndex;
  /** Classes that count in a slot; in a free slot, the next free one plus one. */
  readonly #classes: Uint32Array;
  /** When the last class left a slot, in seconds since the table was made. */
  readonly #usedAt: Uint32Array;
  readonly #madeAt: number;
  #reviewedAt: number;
  #firstFree = 0;
  #slots = FIRST;
  #live = 0;
  #labelOctets = 0;
  #holds = 0;
  #heldSince = 0;

  constructor(
    { name, labelNames, measures, limit, idleMs }: CountingTableOptions,
    values: LabelValues,
    clock: Clock,
  ) {
    const rows = FIRST + limit;
    this.name = name;
    this.labelNames = labelNames;
    this.measures = measures;
    this.limit = limit;
    this.#clock = clock;
    this.#values = values;
    this.#idleMs = idleMs;
    this.#width = labelNames.length;
    this.labels = new Uint32Array(rows * this.#width);
    this.values = measures.map(() => new Float64Array(rows));
    const bounds = measures[0]?.type === 'histogram' ? (measures[0].buckets ?? []) : undefined;
    if (bounds !== undefined) {
      this.histogram = {
        bounds,
        counts: new Float64Array(rows * (bounds.length + 1)),
        sums: new Float64Array(rows),
      };
    }
    const deniedMeasure = measures.findIndex((measure) => measure.otelName.endsWith('.denied.flows'));
    if (deniedMeasure >= 0) {
      const denied = new DeniedExamples();
      this.denied = denied;
      this.exemplar = (measure, slot) => (measure === deniedMeasure ? denied.get(slot) : undefined);
    }
    this.startedAt = new Float64Array(rows);
    this.generations = new Uint32Array(rows);
    this.expiredValues = new Float64Array(measures.length);
    this.candidates = new Candidates(this.#width, Math.min(4096, Math.max(64, limit >>> 2)));
    this.#index = new TupleIndex(this.#width, rows);
    this.#classes = new Uint32Array(rows);
    this.growth = new Float32Array(rows);
    this.#usedAt = new Uint32Array(rows);
    this.#madeAt = clock.monotonic();
    this.#reviewedAt = this.#madeAt;
    this.#nameOther();
  }

  get dictionary(): Dictionary {
    return this.#values.dictionary;
  }

  get slots(): number {
    return this.#slots;
  }

  /** Live series, without "other". */
  get live(): number {
    return this.#live;
  }

  /** Whether a new key may get no series of its own. */
  get isFull(): boolean {
    return this.#live >= this.limit || this.#labelOctets >= this.limit * LABEL_OCTETS_A_SERIES;
  }

  get isHeld(): boolean {
    return this.#holds > 0 && this.#clock.monotonic() - this.#heldSince < LONGEST_HOLD_MS;
  }

  isLive(slot: number): boolean {
    return this.startedAt[slot] !== 0;
  }

  hold(): void {
    this.settle();
    if (!this.isHeld) this.#holds = 0;
    if (this.#holds++ === 0) this.#heldSince = this.#clock.monotonic();
  }

  release(): void {
    if (this.#holds > 0) this.#holds--;
  }

  /** The slot of the series with the labels `words[0…]`; -1 when there is none. */
  find(words: Uint32Array): number {
    return this.#index.find(this.labels, words, 0);
  }

  /** Adds a class with these labels, and returns the slot in which it counts. */
  enter(words: Uint32Array): number {
    let slot = this.find(words);
    if (slot < 0) {
      if (this.isFull) {
        this.folded++;
        slot = OTHER_SERIES;
      } else slot = this.#open(words, 0);
    }
    if (slot === OTHER_SERIES && !this.isLive(OTHER_SERIES)) this.#begin(OTHER_SERIES);
    this.#classes[slot]!++;
    return slot;
  }

  /** A class that counted under "other" now counts in a series of its own. */
  join(slot: number): number {
    this.#classes[slot]!++;
    return slot;
  }

  /** A class stops counting in the slot. */
  leave(slot: number): void {
    if (slot < FIRST) return;
    this.#classes[slot]!--;
    this.#usedAt[slot] = this.#seconds();
  }

  /**
   * Reviews growth: closes idle series, and closes the smallest for keys that have outgrown them.
   * @returns whether classes may still count in slots that are free now
   */
  review(): boolean {
    const factor = 0.5 ** ((this.#clock.monotonic() - this.#reviewedAt) / HALF_LIFE_MS);
    this.#reviewedAt = this.#clock.monotonic();
    this.candidates.decay(factor);
    const now = this.#seconds();
    const idleSeconds = this.#idleMs / 1000;
    for (let slot = FIRST; slot < this.#slots; slot++) {
      if (!this.isLive(slot)) continue;
      this.growth[slot]! *= factor;
      const isIdle = this.#classes[slot] === 0 && now - this.#usedAt[slot]! >= idleSeconds;
      if (isIdle) this.#close(slot);
    }
    return this.#evict();
  }

  /** Gives the free room to the greatest candidates. Call it once no class counts in a free slot. */
  promote(): void {
    const { candidates } = this;
    for (const row of candidates.ranking()) {
      if (this.isFull) break;
      const words = this.#candidate(row);
      if (this.find(words) < 0) this.#open(words, candidates.weights[row]!);
    }
    this.#forgetPromoted();
  }

  exchange(exchange: IdExchange): void {
    this.#index.clear();
    for (let slot = FIRST; slot < this.#slots; slot++) {
      if (!this.isLive(slot)) continue;
      exchange(this.labels, slot * this.#width, (slot + 1) * this.#width);
      this.#index.add(this.labels, slot);
    }
    this.candidates.exchange(exchange);
    this.#nameOther();
  }

  #nameOther(): void {
    const other = this.dictionary.internText('other');
    for (const [k, name] of this.labelNames.entries()) {
      this.labels[OTHER_SERIES * this.#width + k] = name === 'cluster' ? 0 : other;
    }
    this.#index.add(this.labels, OTHER_SERIES);
  }

  #open(words: Uint32Array, growth: number): number {
    let slot = this.#firstFree;
    if (slot === 0) slot = this.#slots++;
    else this.#firstFree = this.#classes[slot]! - 1;
    for (let k = 0; k < this.#width; k++) this.labels[slot * this.#width + k] = words[k]!;
    this.#index.add(this.labels, slot);
    this.#labelOctets += this.#labelOctetsOf(slot);
    this.#classes[slot] = 0;
    this.growth[slot] = growth;
    this.#usedAt[slot] = this.#seconds();
    this.#live++;
    this.#begin(slot);
    return slot;
  }

  #begin(slot: number): void {
    this.startedAt[slot] = this.#clock.now();
    this.generations[slot]!++;
  }

  /** Adds the totals of the series to the expired ones and frees its slot. */
  #close(slot: number): void {
    this.#index.remove(this.labels, slot);
    this.#labelOctets -= this.#labelOctetsOf(slot);
    for (const [m, column] of this.values.entries()) {
      this.expiredValues[m]! += column[slot]!;
      column[slot] = 0;
    }
    if (this.histogram !== undefined) {
      const buckets = this.histogram.bounds.length + 1;
      this.histogram.counts.fill(0, slot * buckets, (slot + 1) * buckets);
      this.histogram.sums[slot] = 0;
    }
    this.denied?.delete(slot);
    this.startedAt[slot] = 0;
    this.#classes[slot] = this.#firstFree + 1;
    this.#firstFree = slot;
    this.#live--;
    this.expired++;
  }

  /** Closes the smallest series that candidates have clearly outgrown. */
  #evict(): boolean {
    const { candidates } = this;
    this.#forgetPromoted();
    const room = this.isFull ? 0 : this.limit - this.#live;
    if (candidates.size <= room) return false;
    const biggest = candidates.ranking().slice(room);
    const smallest = this.#smallest(biggest.length);
    let evicted = 0;
    for (const [i, slot] of smallest.entries()) {
      if (candidates.weights[biggest[i]!]! <= CLEARLY * this.growth[slot]!) break;
      this.#close(slot);
      evicted++;
    }
    if (evicted > 0 && !this.isLive(OTHER_SERIES)) this.#begin(OTHER_SERIES);
    this.folded += evicted;
    return evicted > 0;
  }

  #forgetPromoted(): void {
    this.candidates.removeIf((row) => this.find(this.#candidate(row)) >= 0);
  }

  #candidate(row: number): Uint32Array {
    return this.candidates.tuples.subarray(row * this.#width, (row + 1) * this.#width);
  }

  /** The `count` series that have grown least, the least first. */
  #smallest(count: number): number[] {
    const growth = new Float32Array(this.#live);
    let n = 0;
    for (let slot = FIRST; slot < this.#slots; slot++)
      if (this.isLive(slot)) growth[n++] = this.growth[slot]!;
    if (n === 0) return [];
    const bound = growth.sort()[Math.min(count, n) - 1]!;
    const slots: number[] = [];
    for (let slot = FIRST; slot < this.#slots; slot++) {
      if (this.isLive(slot) && this.growth[slot]! <= bound) slots.push(slot);
    }
    slots.sort((one, other) => this.growth[one]! - this.growth[other]!);
    return slots.slice(0, count);
  }

  #labelOctetsOf(slot: number): number {
    const { lengths } = this.dictionary;
    let octets = 0;
    for (let k = 0; k < this.#width; k++) octets += lengths[this.labels[slot * this.#width + k]!]!;
    return octets;
  }

  #seconds(): number {
    return Math.floor((this.#clock.monotonic() - this.#madeAt) / 1000);
  }
}
