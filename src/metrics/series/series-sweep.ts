import type { Clock } from '../../runtime/index.ts';
import type { CountingTable } from './counting-table.ts';
import { Fact } from './fact.ts';
import type { FlowClasses } from './flow-classes.ts';
import type { FlowFacts } from './flow-facts.ts';
import type { LabelValues } from './label-values.ts';
import type { SeriesPlaces } from './series-places.ts';

/** Classes reviewed between two turns of the event loop: a few milliseconds. */
const CLASSES_AT_ONCE = 4096;

export interface SeriesSweepParts {
  readonly clock: Clock;
  readonly classes: FlowClasses;
  readonly series: SeriesPlaces;
  readonly tables: readonly CountingTable[];
  readonly values: LabelValues;
  readonly facts: FlowFacts;
}

/**
 * Maintains the tables. It closes classes without flows, replaces small or idle series by bigger candidates,
 * and renews the dictionary when most of it is unused. A table that is being read waits for the next sweep.
 */
export class SeriesSweep {
  readonly #parts: SeriesSweepParts;
  #isUnderWay = false;
  #stopSlice = () => {};

  constructor(parts: SeriesSweepParts) {
    this.#parts = parts;
  }

  /** Starts a sweep, unless one is running. */
  begin(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#parts.series.settle();
    this.#slice(this.#steps());
  }

  stop(): void {
    this.#stopSlice();
    this.#isUnderWay = false;
  }

  /** The work of a sweep; other work runs at each `yield`. */
  *#steps(): Generator<void> {
    const { classes, tables } = this.#parts;
    for (let from = 0; from < classes.used; from += CLASSES_AT_ONCE) {
      this.#reviewClasses(from, Math.min(classes.used, from + CLASSES_AT_ONCE));
      yield;
    }
    for (const table of tables) {
      if (!table.isHeld) this.#review(table);
      yield;
    }
    yield* this.#renewNames();
  }

  #slice(steps: Generator<void>): void {
    if (steps.next().done === true) this.#isUnderWay = false;
    else this.#stopSlice = this.#parts.clock.after(0, () => this.#slice(steps));
  }

  #reviewClasses(from: number, to: number): void {
    const { classes, series } = this.#parts;
    for (let row = from; row < to; row++) {
      if (!classes.isLive(row)) continue;
      if (classes.hasStayedIdle(row)) series.close(row);
      else series.review(row);
    }
  }

  #review(table: CountingTable): void {
    const { series } = this.#parts;
    series.settle();
    if (table.review()) series.leaveFreeSlots(table);
    table.promote();
  }

  *#renewNames(): Generator<void> {
    const { classes, tables, values, facts } = this.#parts;
    if (!values.hasGrown || tables.some((table) => table.isHeld)) return;
    const exchange = values.renew();
    for (const table of tables) table.exchange(exchange);
    classes.exchange(exchange, (word) => facts.needed[word]! < Fact.filters);
    facts.renew();
    for (let row = 0; row < classes.used; row++) {
      classes.adopt(row);
      if (row % CLASSES_AT_ONCE === CLASSES_AT_ONCE - 1) yield;
    }
    classes.adopted();
    values.renewed();
  }
}
