import type { ServerResponse } from 'node:http';
import { missedRecordsLine, RecordLines, rowsIn } from '../../flow/index.ts';
import { type Account, type Clock, printableJson } from '../../runtime/index.ts';
import { everyFlow, type FlowScope } from '../scopes/index.ts';
import type { FlowsQuery } from './flows-query.ts';
import type { HeldBatch, RecentFlows } from './recent-flows.ts';
import type { SharedTurns } from './shared-turns.ts';

/** A client that reads nothing for this long is disconnected. */
const STALL_MS = 30_000;
/** Maximum time of a turn, checked after every few rows. */
const TURN_MS = 4;
const ROWS_AT_ONCE = 16;
/** A turn ends at this much unsent text. */
const MOST_OCTETS = 262_144;

/** What all readers share. */
export interface FlowsSource {
  readonly flows: RecentFlows;
  readonly clock: Clock;
  readonly turns: SharedTurns;
}

/** What one client asked, and what of the flows it may read. */
export interface FlowsRequest {
  readonly query: FlowsQuery;
  readonly scope: FlowScope;
}

/**
 * One client of /flows: a row number that moves through the window. When it reads too slowly the window
 * overtakes it. Its account counts what it missed, and a line in the stream says so. It works in short turns
 * that all clients share.
 */
export class FlowsReader {
  readonly #source: FlowsSource;
  readonly #account: Account;
  readonly #request: FlowsRequest;
  readonly #response: ServerResponse;
  readonly #left: AbortSignal;
  /** Those of the current turn; reused once the client has read them. */
  readonly #lines = new RecordLines(printableJson);
  #hasStalled = false;

  constructor(
    source: FlowsSource,
    account: Account,
    request: FlowsRequest,
    response: ServerResponse,
    left: AbortSignal,
  ) {
    this.#source = source;
    this.#account = account;
    this.#request = request;
    this.#response = response;
    this.#left = left;
  }

  /** Whether the client was disconnected because it read nothing. */
  get hasStalled(): boolean {
    return this.#hasStalled;
  }

  /** @throws {HttpError} when the client's rights cannot be determined */
  async run(): Promise<void> {
    const { flows } = this.#source;
    const { sinceMs, last, follow } = this.#request.query;
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
      await this.#tellMissed(held.firstRow - row);
      row = await this.#sendBatch(held, Math.max(row, held.firstRow), end);
    }
  }

  /** Sends lines of other origin, among them so many records. Never rejects. */
  async send(text: Uint8Array, records: number): Promise<void> {
    if (text.length > 0) await this.#deliver(text, records);
  }

  /** Number of the row from which on `last` rows pass the filter. */
  async #rowOfLast(last: number, oldest: number): Promise<number> {
    const { flows, turns } = this.#source;
    const { query, scope } = this.#request;
    if (last === 0) return flows.nextRow;
    let left = last;
    await turns.take();
    let isOver = this.#startTurn();
    for (const { batch, firstRow } of flows.newestFirst()) {
      const passes = rowsIn(await scope.view(batch), query.filter);
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

  /** They may be any: those that pass the filter and others. */
  async #tellMissed(rows: number): Promise<void> {
    if (rows <= 0) return;
    this.#account.received += rows;
    this.#account.drop('read too slowly', rows);
    const mayCount = this.#request.scope === everyFlow;
    await this.#written(Buffer.from(missedRecordsLine(mayCount ? rows : 'some')));
  }

  /** Sends the matching rows of a batch from a row on. Returns the number of the next row. */
  async #sendBatch({ batch, firstRow }: HeldBatch, from: number, end: number): Promise<number> {
    const { query, scope } = this.#request;
    const view = await scope.view(batch);
    const passes = rowsIn(view, query.filter);
    const stop = Math.min(batch.length, end - firstRow);
    const lines = this.#lines;
    lines.bind(view.batch);
    for (let row = from - firstRow; row < stop && !this.#left.aborted; ) {
      await this.#source.turns.take();
      const isOver = this.#startTurn();
      lines.clear();
      do {
        const next = Math.min(row + ROWS_AT_ONCE, stop);
        for (; row < next; row++) if (passes(row)) lines.add(row);
      } while (row < stop && lines.octets < MOST_OCTETS && !isOver());
      await this.send(lines.written, lines.records);
    }
    return firstRow + stop;
  }

  /** Begins a turn; the result returns whether its time is over. */
  #startTurn(): () => boolean {
    const { clock } = this.#source;
    const endMs = clock.monotonic() + TURN_MS;
    return () => clock.monotonic() >= endMs;
  }

  async #deliver(text: Uint8Array, lines: number): Promise<void> {
    this.#account.received += lines;
    if (await this.#written(text)) this.#account.sent += lines;
    else this.#account.drop(this.#hasStalled ? 'client took nothing' : 'client left', lines);
  }

  /** Whether the client read the text. */
  #written(text: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#source.clock.after(STALL_MS, () => {
        this.#hasStalled = true;
        this.#response.destroy();
      });
      const settle = (taken: boolean) => {
        cancel();
        this.#left.removeEventListener('abort', settleUnread);
        resolve(taken);
      };
      const settleUnread = () => settle(false);
      this.#left.addEventListener('abort', settleUnread, { once: true });
      this.#response.write(text, (error) => settle(!error));
    });
  }
}
