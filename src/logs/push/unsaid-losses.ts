import type { Account, Clock } from '../../runtime/index.ts';
import type { Unsaid } from '../log-server.ts';
import { type DroppedLines, KeptTimes } from './kept-times.ts';
import type { LineBatch } from './line-batch.ts';
import { mayBeStored, type PushAnswer } from './push-answer.ts';
import { RecentLines } from './recent-lines.ts';

export interface UnsaidLossesParts {
  readonly account: Account;
  readonly clock: Clock;
  readonly complain: (reason: string, text: string) => void;
}

/**
 * Keeps the account of one delivery right for a server that does not say what it loses: lines that it would drop are dropped and counted here,
 * and lines that it may have lost or stored twice are noted.
 */
export class UnsaidLosses {
  readonly #inMemoryMs: number;
  readonly #parts: UnsaidLossesParts;
  readonly #times: KeptTimes;
  readonly #acknowledged = new RecentLines();

  constructor({ retentionMs, futureMs, inMemoryMs }: Unsaid, parts: UnsaidLossesParts) {
    this.#inMemoryMs = inMemoryMs;
    this.#parts = parts;
    this.#times = new KeptTimes({ retentionMs, futureMs });
  }

  /** What of a batch is worth pushing; undefined for nothing. The rest is dropped. */
  worthPushing(batch: LineBatch): LineBatch | undefined {
    return this.#keep(this.#times.worthPushing(batch, this.#parts.clock.now()));
  }

  /** How many lines are stored of a batch that was answered so. The rest is dropped. */
  storedOf(batch: LineBatch, answer: PushAnswer): number {
    const { clock } = this.#parts;
    this.#acknowledged.add(batch.count, clock.now(), this.#inMemoryMs);
    const kept = this.#keep(this.#times.keptAt(batch, dateOf(answer) ?? clock.now()));
    return kept?.count ?? 0;
  }

  /** Notes the lines of which there may be none, or two, after an answer that puts a batch off. */
  doubt(batch: LineBatch, answer: PushAnswer): void {
    const { account } = this.#parts;
    if (mayBeStored(answer)) account.note('pushed again, perhaps stored twice', batch.count);
    if (!('error' in answer) || answer.reason !== 'unreachable') return;
    const lines = this.#acknowledged.take();
    if (lines > 0) account.note('stored shortly before the server went away, perhaps lost', lines);
  }

  #keep({ kept, dropped }: ReturnType<KeptTimes['worthPushing']>): LineBatch | undefined {
    this.#drop(dropped);
    return kept;
  }

  #drop(dropped: DroppedLines): void {
    for (const [reason, lines] of dropped) {
      this.#parts.account.drop(reason, lines);
      this.#parts.complain(reason, `${lines} lines are dropped, which the server would not keep: ${reason}`);
    }
  }
}

/** The server's time (RFC 9110, section 6.6.1), in whole seconds. */
function dateOf(answer: PushAnswer): number | undefined {
  const dateMs = 'date' in answer && answer.date !== undefined ? Date.parse(answer.date) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}
