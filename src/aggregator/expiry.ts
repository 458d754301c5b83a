import type { Account } from '../runtime/index.ts';
import type { FlowReporter } from './flow-reporter.ts';
import { endWait, FLAGS, FlowFlag, ROW_WORDS } from './flow-row.ts';
import { type FlowPage, type FlowTable, NEVER, PAGE_ROWS } from './flow-table.ts';
import type { Names } from './names.ts';
import type { AggregatorOptions } from './options.ts';

/**
 * Maximum work of one slice, a few milliseconds each: records written, pages scanned, pages moved to new
 * names.
 */
export const RECORDS_A_SLICE = 1024;
const SLICE_PAGES = 128;
const SLICE_ADOPTED_PAGES = 2;

/** Times of the table: tenths of a second since the aggregator was made. */
export interface ExpiryTimes {
  readonly active: number;
  readonly inactive: number;
}

/** Nearly seven years: half the range of the table's times. A longer time would count as past. */
const LONGEST_TENTHS = 2 ** 31;

/** A duration in the table's unit. */
export const tenthsOf = (durationMs: number): number => Math.min(Math.ceil(durationMs / 100), LONGEST_TENTHS);

export const expiryTimesOf = ({
  activeTimeoutMs,
  inactiveTimeoutMs,
}: Required<AggregatorOptions>): ExpiryTimes => ({
  active: tenthsOf(activeTimeoutMs),
  inactive: tenthsOf(inactiveTimeoutMs),
});

/**
 * Finds due flows by scanning the pages' times, which lie side by side: a million take two or three
 * milliseconds. One `sweep` scans the table once, in slices between which the event loop turns.
 */
export class Expiry {
  readonly #table: FlowTable;
  readonly #names: Names;
  readonly #reporter: FlowReporter;
  readonly #flows: Account;
  #times: ExpiryTimes;
  /** Row at which the current sweep continues. */
  #next = 0;
  /** Records that the current slice may still write. */
  #left = 0;

  constructor(table: FlowTable, names: Names, reporter: FlowReporter, flows: Account, times: ExpiryTimes) {
    this.#table = table;
    this.#names = names;
    this.#reporter = reporter;
    this.#flows = flows;
    this.#times = times;
  }

  /** Goes by other times from now on: no report waits longer than the new active timeout. */
  changeTimes(times: ExpiryTimes, tenths: number): void {
    this.#times = times;
    const latest = tenths + times.active;
    for (const { due, updated, words } of this.#table.pages) {
      for (let at = 0; at < PAGE_ROWS; at++) {
        const isWaiting = (words[at * ROW_WORDS + FLAGS]! & FlowFlag.waiting) !== 0;
        if (updated[at] !== NEVER && due[at]! > latest && !isWaiting) due[at] = latest;
      }
    }
  }

  /**
   * One slice of a sweep.
   * @param now milliseconds since 1970
   * @param tenths the same in the table's unit
   * @returns whether the sweep is complete; the next slice begins a new one
   */
  sweep(now: number, tenths: number): boolean {
    const { pages } = this.#table;
    const most = this.#names.isRenewing ? SLICE_ADOPTED_PAGES : SLICE_PAGES;
    const end = Math.min(pages.length, Math.floor(this.#next / PAGE_ROWS) + most) * PAGE_ROWS;
    this.#left = RECORDS_A_SLICE;
    this.#reporter.gather();
    while (this.#next < end && this.#left > 0) {
      this.#sweepPage(now, tenths);
      if (this.#next % PAGE_ROWS === 0 && this.#names.isRenewing)
        this.#adopt(pages[this.#next / PAGE_ROWS - 1]!);
    }
    this.#reporter.settle(now);
    if (this.#next < pages.length * PAGE_ROWS) return false;
    this.#next = 0;
    return true;
  }

  /** From `next` to the end of its page, or until the slice has written its records. */
  #sweepPage(now: number, tenths: number): void {
    const number = Math.floor(this.#next / PAGE_ROWS);
    const page = this.#table.pages[number]!;
    const { due, updated } = page;
    const longAgo = tenths - this.#times.inactive;
    let at = this.#next % PAGE_ROWS;
    for (; at < PAGE_ROWS && this.#left > 0; at++) {
      if (due[at]! > tenths && updated[at]! > longAgo) continue;
      if (updated[at]! <= longAgo) this.#reporter.remove(number * PAGE_ROWS + at, 'idle', now);
      else this.#report(number * PAGE_ROWS + at, page, at, now, tenths);
      this.#left--;
    }
    this.#next = number * PAGE_ROWS + at;
  }

  #report(row: number, page: FlowPage, at: number, now: number, tenths: number): void {
    const slot = at * ROW_WORDS + FLAGS;
    if (endWait(page.words, slot)) this.#flows.note('uncorrelated');
    this.#reporter.report(row, now);
    page.due[at] = tenths + this.#times.active;
  }

  #adopt(page: FlowPage): void {
    for (let at = 0; at < PAGE_ROWS; at++) {
      if (page.updated[at] !== NEVER) this.#names.adopt(page, at);
    }
  }
}
