import type { ExporterShares } from './exporter-shares.ts';
import type { FlowReporter } from './flow-reporter.ts';
import { type FlowTable, NEVER, PAGE_ROWS, rowAt } from './flow-table.ts';

/**
 * A search scans the whole table, so it finds enough flows to pay for that: a part of those in question,
 * within these bounds.
 */
const FOUND_PART = 1 / 64;
const LEAST_FOUND = 1024;
const MOST_FOUND = 2048;
/** Age classes of the inactive timeout. */
const AGES = 1024;
/** Others than the exporter with the most flows make room, too, if they have this part of its flows. */
const LARGE_PART = 1 / 2;

/** Flows without a record for long, in the order in which they give way. */
interface Candidates {
  readonly rows: Uint32Array;
  /** When the last record of each arrived, in the table's unit. */
  readonly updated: Uint32Array;
  readonly exporters: Uint16Array;
  next: number;
  /** An exporter with fewer flows makes no more room. */
  readonly leastFlows: number;
}

/**
 * Makes room in the flow table: removes the flows without a record for longest, one for each new flow. So no
 * record waits for the removal of many.
 */
export class Eviction {
  readonly #table: FlowTable;
  readonly #shares: ExporterShares;
  readonly #reporter: FlowReporter;
  /** The inactive timeout, in the table's unit. It may change at any time. */
  inactive: number;
  /** By exporter, those that make room for its own flows. */
  readonly #own = new Map<number, Candidates>();
  /** Those of the exporters with the most flows, which make room for others. */
  #largest: Candidates | undefined;

  /** @param inactive the inactive timeout, in the table's unit */
  constructor(table: FlowTable, shares: ExporterShares, reporter: FlowReporter, inactive: number) {
    this.#table = table;
    this.#shares = shares;
    this.#reporter = reporter;
    this.inactive = inactive;
  }

  /**
   * Removes one flow of an exporter that has some.
   * @param now milliseconds since 1970
   * @param tenths the same in the table's unit
   */
  evict(exporter: number, now: number, tenths: number): void {
    let row = this.#take(this.#own.get(exporter));
    if (row < 0) {
      const found = this.#search((other) => other === exporter, 0, tenths);
      this.#own.set(exporter, found);
      row = this.#take(found);
    }
    this.#reporter.remove(row, 'lack of resources', now);
  }

  /** Removes one flow of the exporters with the most. They may be thousands, each with a few flows. */
  evictOfLargest(now: number, tenths: number): void {
    let row = this.#take(this.#largest);
    if (row < 0) {
      const { flows, largest } = this.#shares;
      const leastFlows = flows[largest]! * LARGE_PART;
      this.#largest = this.#search((exporter) => flows[exporter]! >= leastFlows, leastFlows, tenths);
      row = this.#take(this.#largest);
    }
    this.#reporter.remove(row, 'lack of resources', now);
  }

  /** The next candidate that has had no record since it was found; -1 when there is none. */
  #take(candidates: Candidates | undefined): number {
    if (candidates === undefined) return -1;
    const { rows, updated, exporters, leastFlows } = candidates;
    while (candidates.next < rows.length) {
      const at = candidates.next++;
      const row = rows[at]!;
      const page = this.#table.page(row);
      const exporter = exporters[at]!;
      if (page.updated[rowAt(row)] !== updated[at] || page.exporters[rowAt(row)] !== exporter) continue;
      if (this.#shares.flows[exporter]! >= leastFlows) return row;
    }
    return -1;
  }

  /** Finds the next candidates of some exporters. */
  #search(isOf: (exporter: number) => boolean, leastFlows: number, tenths: number): Candidates {
    const { flows } = this.#shares;
    const isMember = Uint8Array.from(flows, (_, exporter) => Number(isOf(exporter)));
    const total = flows.reduce((sum, count, exporter) => sum + count * isMember[exporter]!, 0);
    const wanted = Math.min(MOST_FOUND, total, Math.max(LEAST_FOUND, Math.ceil(total * FOUND_PART)));
    const rows = this.#oldestOf(isMember, wanted, tenths);
    const updatedOf = (row: number) => this.#table.page(row).updated[rowAt(row)]!;
    rows.sort((a, b) => updatedOf(a) - updatedOf(b));
    return {
      rows,
      updated: rows.map(updatedOf),
      exporters: Uint16Array.from(rows, (row) => this.#table.page(row).exporters[rowAt(row)]!),
      next: 0,
      leastFlows,
    };
  }

  /** @param isMember by exporter, 1 for those in question */
  #oldestOf(isMember: Uint8Array, wanted: number, tenths: number): Uint32Array {
    const oldest = this.#ageOf(isMember, wanted, tenths);
    const rows = new Uint32Array(wanted);
    let found = 0;
    for (const [number, { updated, exporters }] of this.#table.pages.entries()) {
      for (let at = 0; at < PAGE_ROWS && found < wanted; at++) {
        if (updated[at] === NEVER || isMember[exporters[at]!] === 0) continue;
        if (this.#age(tenths, updated[at]!) >= oldest) rows[found++] = number * PAGE_ROWS + at;
      }
    }
    return rows;
  }

  /** The age class that this many flows have reached. */
  #ageOf(isMember: Uint8Array, flows: number, tenths: number): number {
    const counts = new Uint32Array(AGES);
    for (const { updated, exporters } of this.#table.pages) {
      for (let at = 0; at < PAGE_ROWS; at++) {
        if (updated[at] === NEVER || isMember[exporters[at]!] === 0) continue;
        counts[this.#age(tenths, updated[at]!)]!++;
      }
    }
    let age = AGES - 1;
    for (let sum = counts[age]!; sum < flows && age > 0; sum += counts[age]!) age--;
    return age;
  }

  #age(tenths: number, time: number): number {
    return Math.min(AGES - 1, Math.trunc(((tenths - time) * AGES) / this.inactive));
  }
}
