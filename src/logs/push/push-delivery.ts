import { type Account, type Clock, type Log, RetryDelay } from '../../runtime/index.ts';
import type { StreamPart } from '../flow-lines/index.ts';
import type { LogServer } from '../log-server.ts';
import { inFallbackStream } from './fallback-stream.ts';
import { LineBatch } from './line-batch.ts';
import { isOfLabels, outcomeOf, type PushOutcome } from './push-answer.ts';
import type { PushClient } from './push-client.ts';
import type { RecentLines } from './recent-lines.ts';
import { fartherBehind, REPLAYED, replayedBatch } from './replayed-stream.ts';
import { TrustedStreams } from './trusted-streams.ts';
import { UnsaidLosses } from './unsaid-losses.ts';

const LEAST_DELAY_MS = 500;
const GREATEST_DELAY_MS = 30_000;
/** The longest wait that a server can ask for. */
const LONGEST_WAIT_MS = 600_000;
/** After so many retries a request is split in halves: it may exceed a limit on size. */
const HALVE_AFTER = 3;
/** How long a stream is not pushed after Loki had no room for it. */
const NO_ROOM_MS = 300_000;

export interface PushDeliveryParts {
  readonly client: Pick<PushClient, 'push'> & { readonly server?: LogServer | undefined };
  readonly clock: Clock;
  readonly account: Account;
  readonly log: Log;
  /** Labels of every stream. The last fallback stream has only these. */
  readonly staticLabels: ReadonlySet<string>;
  /** Labels that a fallback stream keeps besides the static ones, if Loki has room for it. */
  readonly lastingLabels: ReadonlySet<string>;
  /**
   * Lines that have waited longer go to separate streams, with the label replayed="true", if the server
   * requires order in a stream.
   */
  readonly replayApartMs: number;
  /** The account of lines, shared by all deliveries to the server. */
  readonly acknowledged: RecentLines;
  /** The times that a server keeps, if it drops others silently; undefined for its defaults. */
  readonly retentionMs?: number | undefined;
  readonly futureMs?: number | undefined;
}

/**
 * Pushes one batch after another until each line is stored or refused for good, and counts both. Waits longer
 * after each failed attempt, or as long as the server asks.
 */
export class PushDelivery {
  readonly #parts: PushDeliveryParts;
  readonly #name: string;
  readonly #delay = new RetryDelay(LEAST_DELAY_MS, GREATEST_DELAY_MS);
  readonly #streams = new TrustedStreams();
  /**
   * Fallback label sets, in order, for lines whose stream Loki rejects.
   */
  readonly #kept: readonly ReadonlySet<string>[];
  /** Selectors with the time from which they may be tried again. */
  readonly #noRoom = new Map<string, number>();
  #unsaidLosses: UnsaidLosses | undefined;
  /** The batches being delivered; the next one is last. */
  #left: LineBatch[] = [];
  #isWaiting = false;

  constructor(name: string, parts: PushDeliveryParts) {
    this.#name = name;
    this.#parts = parts;
    const least = new Set([...parts.staticLabels, REPLAYED]);
    this.#kept = [new Set([...least, ...parts.lastingLabels]), least];
  }

  /** Whether the last attempt has failed and another will follow. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Lines being delivered that are neither stored nor refused. */
  get lines(): number {
    return this.#left.reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * Settles when all lines are stored or refused, or when `signal` aborts: then `takeLeft` returns the
   * others.
   */
  async deliver(batch: LineBatch, signal: AbortSignal): Promise<void> {
    this.#left = [batch];
    let attempts = 0;
    while (this.#left.length > 0 && !signal.aborted) {
      const next = this.#prepareNext();
      if (next === undefined) continue;
      const answer = await this.#parts.client.push(next, signal);
      const outcome = outcomeOf(answer, this.#parts.clock.now());
      if (outcome.kind === 'later') this.#losses?.doubt(next, answer);
      if (outcome.kind === 'later' && signal.aborted) break;
      this.#left.pop();
      this.#isWaiting = false;
      if (outcome.kind === 'stored') this.#store(next, this.#losses?.storedOf(next, answer) ?? next.count);
      else this.#left.push(...this.#settle(next, outcome, ++attempts).reverse());
      if (outcome.kind === 'later' && this.#isWaiting) await this.#wait(outcome.waitMs, signal);
      else {
        attempts = 0;
        this.#delay.reset();
      }
    }
    this.#isWaiting = false;
  }

  /** Removes the batches that are neither stored nor refused, the next one first. */
  takeLeft(): LineBatch[] {
    return this.#left.splice(0).reverse();
  }

  /** Undefined for a server that reports all losses, or that is not detected yet. */
  get #losses(): UnsaidLosses | undefined {
    const { client, retentionMs, futureMs, account, clock } = this.#parts;
    const unsaid = client.server?.unsaid;
    if (unsaid === undefined) return undefined;
    this.#unsaidLosses ??= new UnsaidLosses(
      {
        ...unsaid,
        retentionMs: retentionMs ?? unsaid.retentionMs,
        futureMs: futureMs ?? unsaid.futureMs,
      },
      {
        account,
        clock,
        acknowledged: this.#parts.acknowledged,
        complain: (reason, text) => this.#complain(reason, text),
      },
    );
    return this.#unsaidLosses;
  }

  /**
   * Prepares the next push so that its answer tells which lines are refused. Undefined when no lines are
   * left.
   */
  #prepareNext(): LineBatch | undefined {
    const first = this.#left.pop()!;
    const next = this.#losses === undefined ? first : this.#losses.worthPushing(first);
    if (next === undefined) return undefined;
    if (this.#parts.client.server?.isOrdered === false) {
      this.#left.push(next);
      return next;
    }
    const isLate = this.#parts.clock.now() - next.sinceMs > this.#parts.replayApartMs;
    const batch = this.#aroundFullLoki(isLate ? replayedBatch(next) : next);
    // The streams of late lines may have newer lines, and Loki would refuse older ones.
    this.#left.push(...(isLate ? batch.byStream() : this.#byTrust(batch)));
    return this.#left.at(-1)!;
  }

  /** One push for all streams that Loki is known to have room for, and one for each other stream. */
  #byTrust(batch: LineBatch): LineBatch[] {
    if (batch.parts.length === 1) return [batch];
    const now = this.#parts.clock.monotonic();
    const trusted = batch.parts.filter(({ selector }) => this.#streams.isTrusted(selector, now));
    if (trusted.length === batch.parts.length) return [batch];
    const others = batch.parts.filter((part) => !trusted.includes(part));
    const together = trusted.length > 0 ? [new LineBatch(trusted, batch.sinceMs)] : [];
    return [...others.map((part) => new LineBatch([part], batch.sinceMs)), ...together];
  }

  /** Leaves out streams that Loki had no room for recently. */
  #aroundFullLoki(batch: LineBatch): LineBatch {
    if (this.#noRoom.size === 0) return batch;
    const now = this.#parts.clock.monotonic();
    for (const [selector, until] of this.#noRoom) if (until < now) this.#noRoom.delete(selector);
    return batch.map((part) => this.#aroundFull(part));
  }

  #aroundFull(part: StreamPart): StreamPart {
    const other = this.#noRoom.has(part.selector) ? this.#fallback(part) : undefined;
    return other === undefined ? part : this.#aroundFull(other);
  }

  /** The same lines in a stream with fewer labels; undefined when no fewer are possible. */
  #fallback(part: StreamPart): StreamPart | undefined {
    for (const kept of this.#kept) {
      const other = inFallbackStream(part, kept);
      if (other !== undefined) return other;
    }
    return undefined;
  }

  /** Counts settled lines. @returns the batches to push next, the first one first */
  #settle(
    batch: LineBatch,
    outcome: Exclude<PushOutcome, { kind: 'stored' }>,
    attempts: number,
  ): LineBatch[] {
    switch (outcome.kind) {
      case 'refused':
        // Loki refuses the whole push for one stream that it cannot parse.
        if (batch.parts.length > 1) return batch.byStream();
        return this.#refuse(batch, [[outcome.reason, batch.count]], outcome.text);
      case 'ignored':
        return this.#settleIgnored(batch, outcome);
      case 'partly':
        return this.#settlePartly(batch, outcome.dropped, outcome.text);
      case 'tooLarge':
        return batch.halves() ?? this.#refuse(batch, [['request_too_large', batch.count]], outcome.text);
      case 'later':
        return this.#putOff(batch, outcome, attempts);
    }
  }

  /** An ingester reports refused lines of one stream only. */
  #settleIgnored(
    batch: LineBatch,
    { lines, of, reason, text }: PushOutcome & { kind: 'ignored' },
  ): LineBatch[] {
    if (batch.parts.length > 1) return batch.byStream();
    const ignored = Math.min(lines, batch.count);
    const notTold = Math.max(0, batch.count - of);
    this.#streams.refused(batch.parts[0]!.selector, this.#parts.clock.monotonic());
    if (reason === 'too_far_behind' && notTold === 0) {
      // Halving finds the late lines. Loki stores a line once that is pushed twice on the way.
      if (ignored < batch.count) return batch.halves()!;
      const apart = fartherBehind(batch);
      if (apart !== undefined) return [apart];
    }
    // This answer lacks the reason for lines that a distributor refused before the ingester.
    return this.#refuse(
      batch,
      [
        [reason, ignored],
        ['refused', notTold],
      ],
      text,
    );
  }

  #settlePartly(batch: LineBatch, dropped: ReadonlyMap<string, number>, text: string): LineBatch[] {
    const ofLabels = [...dropped.keys()].find(isOfLabels);
    if (ofLabels === undefined) return this.#refuse(batch, [...dropped], text);
    return batch.parts.length > 1 ? batch.byStream() : this.#elsewhere(batch, ofLabels, text);
  }

  #putOff(
    batch: LineBatch,
    { reason, text }: PushOutcome & { kind: 'later' },
    attempts: number,
  ): LineBatch[] {
    const now = this.#parts.clock.monotonic();
    this.#parts.account.note(`put off: ${reason}`);
    if (reason === 'stream_limit' || reason === 'per_stream_rate_limit') {
      // It is not known which of several streams were accepted.
      if (batch.parts.length > 1) return batch.byStream();
      this.#streams.refused(batch.parts[0]!.selector, now);
    }
    if (reason === 'stream_limit') {
      this.#noRoom.set(batch.parts[0]!.selector, now + NO_ROOM_MS);
      return this.#elsewhere(batch, reason, text);
    }
    this.#isWaiting = true;
    this.#complain(reason, `the server does not accept lines now: ${reason}, ${text}`);
    const isUnanswered = reason === 'unreachable' || reason === 'timeout';
    if (isUnanswered) this.#streams.forget();
    const mayBeTooLarge = reason === 'timeout' || /rate/.test(reason);
    return (attempts > HALVE_AFTER && mayBeTooLarge && batch.halves()) || [batch];
  }

  /**
   * Lines of a rejected stream go to the stream with few labels, if they are not there already.
   */
  #elsewhere(batch: LineBatch, reason: string, text: string): LineBatch[] {
    const elsewhere = this.#fallback(batch.parts[0]!);
    if (elsewhere === undefined) return this.#refuse(batch, [[reason, batch.count]], text);
    this.#parts.account.note(`in the stream with few labels: ${reason}`, batch.count);
    this.#complain(reason, `lines go to ${elsewhere.selector} instead: ${text}`);
    return [new LineBatch([elsewhere], batch.sinceMs)];
  }

  /** Counts lines of the batch as dropped, by reason, and the others as stored. */
  #refuse(batch: LineBatch, dropped: readonly [reason: string, lines: number][], text: string): LineBatch[] {
    let left = batch.count;
    for (const [reason, lines] of dropped) {
      const lost = Math.min(lines, left);
      this.#parts.account.drop(reason, lost);
      left -= lost;
    }
    this.#store(batch, left);
    const reasons = dropped.flatMap(([reason, lines]) => (lines > 0 ? reason : []));
    this.#complain(reasons.join(), `the server refuses ${batch.count - left} lines: ${text}`);
    return [];
  }

  /** Counts lines of the batch as stored. */
  #store(batch: LineBatch, lines: number): LineBatch[] {
    this.#parts.account.sent += lines;
    const now = this.#parts.clock.monotonic();
    if (lines > 0) for (const { selector } of batch.parts) this.#streams.stored(selector, now);
    return [];
  }

  #complain(reason: string, text: string): void {
    this.#parts.log.limited(this.#name, reason, text);
  }

  #wait(waitMs: number | undefined, signal: AbortSignal): Promise<void> {
    const delayMs = Math.max(Math.min(waitMs ?? 0, LONGEST_WAIT_MS), this.#delay.next());
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = this.#parts.clock.after(delayMs, finish);
      signal.addEventListener('abort', finish, { once: true });
    });
  }
}
