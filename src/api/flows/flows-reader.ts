import type { ServerResponse } from 'node:http';
import { ByteBuffer, type FlowBatch, JsonWriter, missedRecordsLine, noCondition } from '../../flow/index.ts';
import { type Account, type Clock, printableText } from '../../runtime/index.ts';
import type { FoundRows, HistoryReader } from '../../store/index.ts';
import { everyFlow, type FlowScope, rowsIn } from '../scopes/index.ts';
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
const LINE_BREAK = 0x0a;

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
  readonly #json = new JsonWriter((text) => printableText(JSON.stringify(text)));
  /** The text of the current turn; reused once the client has read it. */
  readonly #text = new ByteBuffer(4_096);
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
      row = await this.#send(held, Math.max(row, held.firstRow), end);
    }
  }

  /** Sends the records of a history in place of those of the window, and says what of it cannot be read. */
  async runStored(history: HistoryReader): Promise<void> {
    await this.#sendStored(history);
    const mayCount = this.#request.scope === everyFlow;
    for (const { name, records, why } of history.leftOut) {
      const missed = mayCount && records > 0 ? records : 'some';
      await this.#written(Buffer.from(missedRecordsLine(missed, `${name}: ${why}`)));
    }
    for (const fault of history.faults) await this.#written(Buffer.from(missedRecordsLine('some', fault)));
  }

  async #sendStored(history: HistoryReader): Promise<void> {
    const { query, scope } = this.#request;
    const { last, sinceMs, condition } = query;
    if (scope === everyFlow) {
      for await (const { batch, rows } of history.flows({ condition, sinceMs, last })) {
        await this.#sendRows(batch, rows);
        if (this.#left.aborted) return;
      }
      return;
    }
    // The filter must not see what the client may not read.
    let skip = 0;
    if (last !== undefined) {
      for await (const { rows } of this.#visible(history)) skip += rows.length;
      skip = Math.max(0, skip - last);
    }
    for await (const { batch, rows } of this.#visible(history)) {
      await this.#sendRows(batch, rows.slice(skip));
      skip = Math.max(0, skip - rows.length);
      if (this.#left.aborted) return;
    }
  }

  /** The records of a history that the client may read, as it may read them, and that pass its filter. */
  async *#visible(history: HistoryReader): AsyncGenerator<FoundRows> {
    const { query, scope } = this.#request;
    for await (const { batch, rows } of history.flows({ condition: noCondition, sinceMs: query.sinceMs })) {
      if (this.#left.aborted) return;
      await this.#source.turns.take();
      const view = await scope.view(batch);
      yield { batch: view.batch, rows: rows.filter(rowsIn(view, query.filter)) };
    }
  }

  async #sendRows(batch: FlowBatch, rows: readonly number[]): Promise<void> {
    this.#json.bind(batch);
    for (let at = 0; at < rows.length && !this.#left.aborted; ) {
      await this.#source.turns.take();
      const isOver = this.#startTurn();
      const text = this.#text;
      text.length = 0;
      const first = at;
      do {
        const next = Math.min(at + ROWS_AT_ONCE, rows.length);
        for (; at < next; at++) this.#writeLine(rows[at]!, text);
      } while (at < rows.length && text.length < MOST_OCTETS && !isOver());
      await this.#deliver(text.written, at - first);
    }
  }

  #writeLine(row: number, text: ByteBuffer): void {
    this.#json.write(row, text);
    text.reserve(1);
    text.bytes[text.length++] = LINE_BREAK;
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
  async #send({ batch, firstRow }: HeldBatch, from: number, end: number): Promise<number> {
    const { query, scope } = this.#request;
    const view = await scope.view(batch);
    const passes = rowsIn(view, query.filter);
    const stop = Math.min(batch.length, end - firstRow);
    this.#json.bind(view.batch);
    for (let row = from - firstRow; row < stop && !this.#left.aborted; ) {
      await this.#source.turns.take();
      const isOver = this.#startTurn();
      const text = this.#text;
      text.length = 0;
      let lines = 0;
      do {
        const next = Math.min(row + ROWS_AT_ONCE, stop);
        for (; row < next; row++) {
          if (!passes(row)) continue;
          this.#writeLine(row, text);
          lines++;
        }
      } while (row < stop && text.length < MOST_OCTETS && !isOver());
      if (lines > 0) await this.#deliver(text.written, lines);
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
