import type { Account, Clock } from '../../runtime/index.ts';
import type { Unsaid } from '../log-server.ts';
import { type DroppedLines, KeptTimes } from './kept-times.ts';
import type { LineBatch } from './line-batch.ts';
import { dateOf, mayBeStored, type PushAnswer } from './push-answer.ts';
import type { RecentLines } from './recent-lines.ts';

/** Clocks of well-kept servers differ by less. */
const CLOCKS_DIFFER_MS = 600_000;

export interface UnsaidLossesParts {
  readonly account: Account;
  readonly clock: Clock;
  readonly complain: (reason: string, text: string) => void;
  /** Shared by all deliveries to the server. */
  readonly acknowledged: RecentLines;
}

export const PERHAPS_LOST = 'stored shortly before the server went away, perhaps lost';

/**
 * Keeps the account of one delivery right for a server that does not report its losses. Lines that it would
 * drop are dropped and counted here. Lines that it may have lost or stored twice are noted.
 */
export class UnsaidLosses {
  readonly #inMemoryMs: number;
  readonly #parts: UnsaidLossesParts;
  readonly #times: KeptTimes;

  constructor({ retentionMs, futureMs, inMemoryMs }: Unsaid, parts: UnsaidLossesParts) {
    this.#inMemoryMs = inMemoryMs;
    this.#parts = parts;
    this.#times = new KeptTimes({ retentionMs, futureMs });
  }

  /** The part of a batch that is worth pushing; undefined for nothing. Drops the rest. */
  worthPushing(batch: LineBatch): LineBatch | undefined {
    return this.#keep(this.#times.worthPushing(batch, this.#parts.clock.now()));
  }

  /** The number of stored lines of a batch, by its answer. Drops the rest. */
  storedOf(batch: LineBatch, answer: PushAnswer): number {
    const { clock, acknowledged } = this.#parts;
    acknowledged.add(batch.count, clock.monotonic());
    this.#compareClocks(answer);
    const kept = this.#keep(this.#times.keptAt(batch, dateOf(answer) ?? clock.now()));
    return kept?.count ?? 0;
  }

  /** Notes lines that may be lost or stored twice, after an answer that delays a batch. */
  doubt(batch: LineBatch, answer: PushAnswer): void {
    const { account, acknowledged, clock } = this.#parts;
    if (mayBeStored(answer)) account.note('pushed again, perhaps stored twice', batch.count);
    if (!isAway(answer)) return;
    const lines = acknowledged.take(clock.monotonic(), this.#inMemoryMs);
    if (lines > 0) account.note(PERHAPS_LOST, lines);
  }

  #compareClocks(answer: PushAnswer): void {
    const aheadMs = (dateOf(answer) ?? this.#parts.clock.now()) - this.#parts.clock.now();
    if (Math.abs(aheadMs) < CLOCKS_DIFFER_MS) return;
    const minutes = Math.round(Math.abs(aheadMs) / 60_000);
    const text = `the clock of the server is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} this one`;
    this.#parts.complain(
      'clocks differ',
      `${text}; correct the wrong one, since the server keeps or drops lines by its own clock`,
    );
  }

  #keep({ kept, dropped }: ReturnType<KeptTimes['worthPushing']>): LineBatch | undefined {
    this.#drop(dropped);
    return kept;
  }

  #drop(dropped: DroppedLines): void {
    for (const [reason, lines] of dropped) {
      this.#parts.account.drop(reason, lines);
      this.#parts.complain(reason, `dropped ${lines} lines that the server would not keep: ${reason}`);
    }
  }
}

/** Whether the answer shows that the server, or its gateway, has a problem. */
const isAway = (answer: PushAnswer): boolean =>
  'error' in answer ? answer.reason !== 'unknown_server' : answer.status >= 500;
