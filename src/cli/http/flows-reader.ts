import type { ServerResponse } from 'node:http';
import { recordToJson } from '../../flow/index.ts';
import { type Account, type Clock, printable } from '../../runtime/index.ts';
import type { FlowsQuery } from './flows-query.ts';
import type { HeldBatch, RecentFlows } from './recent-flows.ts';
import type { SharedTurns } from './shared-turns.ts';

/** A client that takes nothing for this long is let go. */
const STALL_MS = 30_000;
/** What a turn may take, looked at after each few rows. */
const TURN_MS = 4;
const ROWS_AT_ONCE = 16;
/** A bound for text that waits for a client, some 256 kB. */
const MAX_LINES = 256;

/** What a reader works with besides its own client. */
export interface FlowsSource {
  readonly flows: RecentFlows;
  readonly clock: Clock;
  readonly turns: SharedTurns;
}

/**
 * One client of /flows: a row number that moves through the window. When it reads too slowly the window passes it by; what it missed
 * stands in its account. It works in short turns that all clients share.
 */
export class FlowsReader {
  readonly #source: FlowsSource;
  readonly #account: Account;
  readonly #query: FlowsQuery;
  readonly #response: ServerResponse;
  readonly #left: AbortSignal;
  #hasStalled = false;

  constructor(
    source: FlowsSource,
    account: Account,
    query: FlowsQuery,
    response: ServerResponse,
    left: AbortSignal,
  ) {
    this.#source = source;
    this.#account = account;
    this.#query = query;
    this.#response = response;
    this.#left = left;
  }

  /** Whether the client was let go because it took nothing. */
  get hasStalled(): boolean {
    return this.#hasStalled;
  }

  async run(): Promise<void> {
    const { flows } = this.#source;
    const { sinceMs, last, follow } = this.#query;
    let row = sinceMs === undefined ? flows.oldestRow : flows.rowAt(sinceMs);
    const end = follow ? Number.POSITIVE_INFINITY : flows.nextRow;
    if (last !== undefined) row = await this.#rowOfLast(last, row);
    while (row < end && !this.#left.aborted) {
      const held = flows.from(row);
      if (held === undefined) {
        if (!follow) return;
        await flows.more(this.#left);
        continue;
      }
      this.#missed(held.firstRow - row);
      row = await this.#send(held, Math.max(row, held.firstRow), end);
    }
  }

  /** Number of the row from which on `last` rows pass the filter. */
  async #rowOfLast(last: number, oldest: number): Promise<number> {
    const { flows, turns } = this.#source;
    if (last === 0) return flows.nextRow;
    let left = last;
    await turns.take();
    let isOver = this.#startTurn();
    for (const { batch, firstRow } of flows.newestFirst()) {
      const passes = this.#query.filter.bind(batch);
      for (let row = batch.length - 1; row >= 0; row--) {
        if (firstRow + row < oldest || this.#left.aborted) return oldest;
        if (passes(row) && --left === 0) return firstRow + row;
        if (row % ROWS_AT_ONCE === 0 && isOver()) {
          await turns.take();
          isOver = this.#startTurn();
        }
      }
    }
    return oldest;
  }

  #missed(rows: number): void {
    if (rows <= 0) return;
    this.#account.received += rows;
    this.#account.drop('read too slowly', rows);
  }

  /** Sends what passes of a batch from a row on. Returns the number of the row after it. */
  async #send({ batch, firstRow }: HeldBatch, from: number, end: number): Promise<number> {
    const passes = this.#query.filter.bind(batch);
    const stop = Math.min(batch.length, end - firstRow);
    for (let row = from - firstRow; row < stop && !this.#left.aborted; ) {
      await this.#source.turns.take();
      const isOver = this.#startTurn();
      const lines: string[] = [];
      do {
        const next = Math.min(row + ROWS_AT_ONCE, stop);
        for (; row < next; row++) {
          if (passes(row)) lines.push(`${printable(JSON.stringify(recordToJson(batch.at(row))))}\n`);
        }
      } while (row < stop && lines.length < MAX_LINES && !isOver());
      if (lines.length > 0) await this.#deliver(lines);
    }
    return firstRow + stop;
  }

  /** Begins a turn; the result tells whether it has lasted long enough. */
  #startTurn(): () => boolean {
    const { clock } = this.#source;
    const endMs = clock.now() + TURN_MS;
    return () => clock.now() >= endMs;
  }

  async #deliver(lines: readonly string[]): Promise<void> {
    this.#account.received += lines.length;
    if (await this.#written(lines.join(''))) this.#account.sent += lines.length;
    else this.#account.drop(this.#hasStalled ? 'client took nothing' : 'client left', lines.length);
  }

  /** Whether the client took the text. */
  #written(text: string): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#source.clock.after(STALL_MS, () => {
        this.#hasStalled = true;
        this.#response.destroy();
      });
      const settle = (taken: boolean) => {
        cancel();
        this.#left.removeEventListener('abort', leave);
        resolve(taken);
      };
      const leave = () => settle(false);
      this.#left.addEventListener('abort', leave, { once: true });
      this.#response.write(text, (error) => settle(!error));
    });
  }
}
