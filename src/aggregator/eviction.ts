import type { ExporterShares } from './exporter-shares.ts';
import type { FlowReporter } from './flow-reporter.ts';
import { type FlowTable, NEVER, PAGE_ROWS, rowAt } from './flow-table.ts';

/**
 * Maximum flows that one search finds, and their part of the exporter's flows: a search scans the whole
 * table.
 */
const MOST_FOUND = 2048;
const FOUND_PART = 1 / 64;
/** Age classes of the inactive timeout. */
const AGES = 1024;

/** Flows of one exporter without a record for long, in the order in which they give way. */
interface Candidates {
  readonly rows: Uint32Array;
  /** When the last record of each arrived, in the table's unit. */
  readonly updated: Uint32Array;
  next: number;
}

/**
 * Makes room in the flow table: removes the flows without a record for longest, one for each new flow. So no
 * record waits for the removal of many.
 */
export class Eviction {
  readonly #table: FlowTable;
  readonly #shares: ExporterShares;
  readonly #reporter: FlowReporter;
  readonly #agesPerTenth: number;
  /** By exporter. */
  readonly #candidates = new Map<number, Candidates>();
  /** The exporter whose flows make room for others. */
  #largest = 0;

  /** @param inactive the inactive timeout, in the table's unit */
  constructor(table: FlowTable, shares: ExporterShares, reporter: FlowReporter, inactive: number) {
    this.#table = table;
    this.#shares = shares;
    this.#reporter = reporter;
    this.#agesPerTenth = AGES / inactive;
  }

  /**
   * Removes one flow of an exporter that has some.
   * @param now milliseconds since 1970
   * @param tenths the same in the table's unit
   */
  evict(exporter: number, now: number, tenths: number): void {
    const row = this.#take(exporter);
    this.#reporter.remove(row >= 0 ? row : this.#search(exporter, tenths), 'lack of resources', now);
  }

  /** Removes one flow of the exporter with the most. */
  evictOfLargest(now: number, tenths: number): void {
    const row = this.#take(this.#largest);
    if (row < 0) this.#largest = this.#shares.largest;
    this.#reporter.remove(row >= 0 ? row : this.#search(this.#largest, tenths), 'lack of resources', now);
  }

  /** The next candidate that has had no record since it was found; -1 when there is none. */
  #take(exporter: number): number {
    const candidates = this.#candidates.get(exporter);
    if (candidates === undefined) return -1;
    const { rows, updated } = candidates;
    while (candidates.next < rows.length) {
      const row = rows[candidates.next]!;
      const page = this.#table.page(row);
      const isSame = page.updated[rowAt(row)] === updated[candidates.next++];
      if (isSame && page.exporters[rowAt(row)] === exporter) return row;
    }
    this.#candidates.delete(exporter);
    return -1;
  }

  /** Finds the exporter's next candidates. @returns the first of them */
  #search(exporter: number, tenths: number): number {
    const wanted = Math.min(MOST_FOUND, Math.ceil(this.#shares.flows[exporter]! * FOUND_PART));
    const oldest = this.#ageOf(exporter, wanted, tenths);
    const rows = new Uint32Array(wanted);
    const times = new Uint32Array(wanted);
    let found = 0;
    for (const [number, { updated, exporters }] of this.#table.pages.entries()) {
      for (let at = 0; at < PAGE_ROWS && found < wanted; at++) {
        if (updated[at] === NEVER || exporters[at] !== exporter) continue;
        if (this.#age(tenths, updated[at]!) < oldest) continue;
        rows[found] = number * PAGE_ROWS + at;
        times[found++] = updated[at]!;
      }
    }
    this.#candidates.set(exporter, { rows, updated: times, next: 1 });
    return rows[0]!;
  }

  /** The age class that this many flows of the exporter have reached. */
  #ageOf(exporter: number, flows: number, tenths: number): number {
    const counts = new Uint32Array(AGES);
    for (const { updated, exporters } of this.#table.pages) {
      for (let at = 0; at < PAGE_ROWS; at++) {
        if (updated[at] === NEVER || exporters[at] !== exporter) continue;
        counts[this.#age(tenths, updated[at]!)]!++;
      }
    }
    let age = AGES - 1;
    for (let sum = counts[age]!; sum < flows && age > 0; sum += counts[age]!) age--;
    return age;
  }

  #age(tenths: number, time: number): number {
    return Math.min(AGES - 1, Math.trunc((tenths - time) * this.#agesPerTenth));
  }
}
