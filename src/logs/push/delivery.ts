import { type Account, type Clock, type Log, RetryDelay } from '../../runtime/index.ts';
import { inFallbackStream } from './fallback-stream.ts';
import { LineBatch } from './line-batch.ts';
import type { LokiClient } from './loki-client.ts';
import { isOfStream, outcomeOf, type PushOutcome } from './push-answer.ts';

const LEAST_DELAY_MS = 500;
const GREATEST_DELAY_MS = 30_000;
/** A request that was put off so often is tried in halves: it may be larger than what is allowed at once. */
const HALVE_AFTER = 3;
/** How long a stream for which there was no room is not tried again. */
const NO_ROOM_MS = 300_000;

export interface DeliveryParts {
  readonly client: LokiClient;
  readonly clock: Clock;
  readonly account: Account;
  readonly log: Log;
  /** Of every stream; those alone has the stream for lines of which Loki takes no stream. */
  readonly staticLabels: ReadonlySet<string>;
}

/**
 * Pushes one batch after the other until each line of it is stored or refused for good, which the account is told. Waits between attempts, longer
 * each time, or as long as the server says.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #name: string;
  readonly #delay = new RetryDelay(LEAST_DELAY_MS, GREATEST_DELAY_MS);
  /** Selectors by when they may be tried again. */
  readonly #noRoom = new Map<string, number>();
  /** What is being delivered, the next last. */
  #left: LineBatch[] = [];
  #isWaiting = false;

  constructor(name: string, parts: DeliveryParts) {
    this.#name = name;
    this.#parts = parts;
  }

  /** Whether the last attempt has failed and the next is to come. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Lines under way that are neither stored nor refused. */
  get lines(): number {
    return this.#left.reduce((sum, { count }) => sum + count, 0);
  }

  /** @returns what is neither stored nor refused once `signal` says to give up, the next last */
  async deliver(batch: LineBatch, signal: AbortSignal): Promise<LineBatch[]> {
    this.#left = [this.#aroundFullLoki(batch)];
    let attempts = 0;
    while (this.#left.length > 0 && !signal.aborted) {
      const next = this.#left.at(-1)!;
      const outcome = outcomeOf(await this.#parts.client.push(next, signal), this.#parts.clock.now());
      if (outcome.kind === 'later' && signal.aborted) break;
      attempts = outcome.kind === 'later' ? attempts + 1 : 0;
      this.#left.pop();
      this.#left.push(...this.#settle(next, outcome, attempts));
      this.#isWaiting = outcome.kind === 'later' && outcome.reason !== 'stream_limit';
      if (outcome.kind === 'later' && this.#isWaiting) await this.#wait(outcome.waitMs, signal);
      else this.#delay.reset();
    }
    this.#isWaiting = false;
    return this.#left.splice(0);
  }

  /** Counts what is decided. @returns what is to be pushed next, the last first */
  #settle(batch: LineBatch, outcome: PushOutcome, attempts: number): LineBatch[] {
    const { account } = this.#parts;
    switch (outcome.kind) {
      case 'stored':
        account.sent += batch.count;
        return [];
      case 'refused':
        return this.#drop(batch, outcome.reason, batch.count, outcome.text);
      case 'ignored':
        if (batch.parts.length > 1) return batch.byStream();
        return this.#drop(batch, outcome.reason, Math.min(outcome.lines, batch.count), outcome.text);
      case 'partly':
        return this.#settlePartly(batch, outcome.dropped, outcome.text);
      case 'tooLarge':
        return batch.halves() ?? this.#drop(batch, 'request_too_large', batch.count, outcome.text);
      case 'later':
        account.note(`put off: ${outcome.reason}`);
        if (outcome.reason === 'stream_limit') return this.#makeRoom(batch, outcome.text);
        this.#complain(outcome.reason, `lines are not taken now: ${outcome.reason}, ${outcome.text}`);
        return (attempts >= HALVE_AFTER && outcome.reason.includes('rate') && batch.halves()) || [batch];
    }
  }

  #settlePartly(batch: LineBatch, dropped: ReadonlyMap<string, number>, text: string): LineBatch[] {
    const hasBadStream = [...dropped.keys()].some(isOfStream);
    if (hasBadStream && batch.parts.length > 1) return batch.byStream();
    let lines = 0;
    for (const [reason, count] of dropped) {
      const lost = Math.min(isOfStream(reason) ? batch.count : count, batch.count - lines);
      this.#parts.account.drop(reason, lost);
      lines += lost;
    }
    this.#parts.account.sent += batch.count - lines;
    this.#complain([...dropped.keys()].join(), `${lines} lines are refused: ${text}`);
    return [];
  }

  /** Loki takes no further stream: what has been taken of several is not known, so each goes alone. */
  #makeRoom(batch: LineBatch, text: string): LineBatch[] {
    if (batch.parts.length > 1) return batch.byStream();
    const [part] = batch.parts;
    this.#noRoom.set(part!.selector, this.#parts.clock.now() + NO_ROOM_MS);
    const elsewhere = inFallbackStream(part!, this.#parts.staticLabels);
    if (elsewhere === undefined) return this.#drop(batch, 'stream_limit', batch.count, text);
    this.#complain('stream_limit', `lines go to ${elsewhere.selector} instead: ${text}`);
    return [new LineBatch([elsewhere])];
  }

  /** Streams for which there was no room lately are not tried. */
  #aroundFullLoki(batch: LineBatch): LineBatch {
    if (this.#noRoom.size === 0) return batch;
    const now = this.#parts.clock.now();
    for (const [selector, until] of this.#noRoom) if (until < now) this.#noRoom.delete(selector);
    return new LineBatch(
      batch.parts.map((part) =>
        this.#noRoom.has(part.selector) ? (inFallbackStream(part, this.#parts.staticLabels) ?? part) : part,
      ),
    );
  }

  #drop(batch: LineBatch, reason: string, lines: number, text: string): LineBatch[] {
    const { account } = this.#parts;
    account.drop(reason, lines);
    account.sent += batch.count - lines;
    this.#complain(reason, `${lines} lines are refused: ${text}`);
    return [];
  }

  #complain(reason: string, text: string): void {
    this.#parts.log.limited(this.#name, reason, text);
  }

  #wait(waitMs: number | undefined, signal: AbortSignal): Promise<void> {
    const delayMs = Math.max(waitMs ?? 0, this.#delay.next());
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#parts.clock.after(delayMs, done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
