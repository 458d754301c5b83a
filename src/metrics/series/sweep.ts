import type { Clock } from '../../runtime/index.ts';
import type { CountingTable } from './counting-table.ts';
import { Fact } from './fact.ts';
import type { FlowClasses } from './flow-classes.ts';
import type { FlowFacts } from './flow-facts.ts';
import type { LabelValues } from './label-values.ts';
import type { SeriesPlaces } from './series-places.ts';

/** Classes looked at between two turns of the event loop: a few milliseconds. */
const CLASSES_AT_ONCE = 32_768;

export interface SweepParts {
  readonly clock: Clock;
  readonly classes: FlowClasses;
  readonly series: SeriesPlaces;
  readonly tables: readonly CountingTable[];
  readonly values: LabelValues;
  readonly facts: FlowFacts;
}

/**
 * Keeps the tables in order: classes without flows go, what is too small or idle is let go for what has grown
 * bigger, and the dictionary is exchanged when most of it is out of use. A table that is read meanwhile waits for the next sweep.
 */
export class Sweep {
  readonly #parts: SweepParts;
  #next = -1;
  #stopSlice = () => {};

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  /** Begins a sweep, unless one is under way. */
  begin(): void {
    if (this.#next >= 0) return;
    this.#next = 0;
    this.#parts.series.settle();
    this.#slice();
  }

  stop(): void {
    this.#stopSlice();
    this.#next = -1;
  }

  #slice(): void {
    const { classes, series, clock } = this.#parts;
    const end = Math.min(classes.used, this.#next + CLASSES_AT_ONCE);
    for (; this.#next < end; this.#next++) {
      if (!classes.isLive(this.#next)) continue;
      if (classes.hasStayedIdle(this.#next)) series.close(this.#next);
      else series.review(this.#next);
    }
    if (this.#next < classes.used) {
      this.#stopSlice = clock.after(0, () => this.#slice());
      return;
    }
    this.#next = -1;
    this.#review();
    this.#renewNames();
  }

  #review(): void {
    const { series } = this.#parts;
    series.settle();
    const tables = this.#parts.tables.filter((table) => !table.isHeld);
    let hasEvicted = false;
    for (const table of tables) if (table.review()) hasEvicted = true;
    if (hasEvicted) series.leaveFreeSlots();
    for (const table of tables) table.promote();
  }

  #renewNames(): void {
    const { classes, tables, values, facts } = this.#parts;
    if (!values.hasGrown || tables.some((table) => table.isHeld)) return;
    const exchange = values.renew();
    for (const table of tables) table.exchange(exchange);
    classes.exchange(exchange, (word) => facts.needed[word]! < Fact.filters);
    facts.renew();
    values.renewed();
  }
}
