import {
  type Account,
  BoundedQueue,
  type Clock,
  type Component,
  type Ledger,
  type Log,
  type LogEntry,
  withDeadline,
} from '../../runtime/index.ts';
import { type LogLine, logLine } from './log-line.ts';
import { LokiClient, type PushFailure } from './loki-client.ts';
import type { ProcessLogOptions } from './process-log-options.ts';

const NAME = 'process log';

const MAX_WAITING_OCTETS = 4 * 1_048_576;
const MAX_ENTRIES_A_SECOND = 500;
/** How long entries are gathered before they are pushed. */
const GATHER_MS = 1_000;
/** Of one push. */
const BATCH_ENTRIES = 500;
const BATCH_OCTETS = 524_288;
/** After a failed push, doubled with each further one. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;
/**
 * What the last push may take when others have used up the time; a component may overrun by a little more.
 */
const LAST_PUSH_MS = 400;

/** In memory: two octets a UTF-16 unit, and the objects around it. */
const octetsOf = ({ line }: LogLine): number => 2 * line.length + 200;

/**
 * Sends the program's own log to Loki, from its construction on. It drops and counts the newest entries when
 * memory is full or they come too fast. Its own messages go only to standard error, so that trouble with Loki
 * makes no entries for Loki.
 */
export class ProcessLog implements Component {
  readonly name = NAME;
  readonly #options: ProcessLogOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #account: Account;
  readonly #waiting: BoundedQueue<LogLine>;
  readonly #unlisten: () => void;
  #client: LokiClient | undefined;
  /** What is being pushed, again and again until it is taken or refused. */
  #batch: LogLine[] = [];
  #sequence = 0;
  #second = { startMs: 0, entries: 0 };
  #pumping: Promise<void> | undefined;
  #endPause = () => {};
  #failures = 0;
  #state: 'running' | 'stopping' | 'stopped' = 'running';

  constructor(
    options: ProcessLogOptions,
    { clock, ledger, log }: { clock: Clock; ledger: Ledger; log: Log },
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#waiting = new BoundedQueue(options.maxWaitingOctets ?? MAX_WAITING_OCTETS);
    this.#account = ledger.open(NAME, 'entries', () => this.#held);
    this.#unlisten = log.listen((entry) => this.#take(entry));
  }

  /** @throws {WeirError} WEIR_LOG_FILE when a file with headers or authorities cannot be read */
  async start(): Promise<void> {
    this.#client = await LokiClient.open(this.#options, this.#clock);
    this.#pumpSoon();
  }

  /** Pushes what waits until something fails or the time is up; the rest is dropped and counted. */
  async stop(deadlineMs: number): Promise<void> {
    this.#unlisten();
    this.#state = 'stopping';
    this.#endPause();
    const flushed = this.#pumping ?? Promise.resolve();
    await withDeadline(this.#clock, flushed, Math.max(deadlineMs, LAST_PUSH_MS)).catch(() => {});
    this.#state = 'stopped';
    this.#account.drop('not delivered in time', this.#held);
    this.#batch = [];
    while (this.#waiting.take() !== undefined);
    this.#client?.abandon();
  }

  get #held(): number {
    return this.#batch.length + this.#waiting.length;
  }

  #take(entry: LogEntry): void {
    if (entry.component === NAME) return;
    this.#account.received++;
    const sequence = ++this.#sequence;
    if (!this.#isSlowEnough()) {
      this.#account.drop('too many a second');
      return;
    }
    const line = logLine(entry, this.#options.instance, sequence);
    if (!this.#waiting.offer(line, octetsOf(line))) {
      this.#account.drop('queue full');
      return;
    }
    if (line.isCut) this.#account.note('cut short');
    this.#pumpSoon();
  }

  #isSlowEnough(): boolean {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#second.startMs >= 1_000) this.#second = { startMs: nowMs, entries: 0 };
    return ++this.#second.entries <= (this.#options.maxEntriesASecond ?? MAX_ENTRIES_A_SECOND);
  }

  #pumpSoon(): void {
    if (this.#client !== undefined && this.#held > 0) this.#pumping ??= this.#pump(this.#client);
  }

  async #pump(client: LokiClient): Promise<void> {
    let pauseMs = GATHER_MS;
    while (this.#held > 0) {
      await this.#pause(pauseMs);
      if (this.#batch.length === 0) this.#fillBatch();
      const failure = await client.push(this.#batch);
      if (this.#state === 'stopped') return;
      if (failure === undefined) this.#onTaken();
      else this.#onFailed(failure);
      if (this.#failures > 0 && this.#state === 'stopping') break;
      pauseMs = this.#failures > 0 ? retryMs(this.#failures) : this.#isBusy ? 0 : GATHER_MS;
    }
    this.#pumping = undefined;
  }

  /** Whether there is more than a batch already. */
  get #isBusy(): boolean {
    return this.#waiting.length > BATCH_ENTRIES || this.#waiting.weight > BATCH_OCTETS;
  }

  #fillBatch(): void {
    for (let octets = 0; octets < BATCH_OCTETS && this.#batch.length < BATCH_ENTRIES; ) {
      const line = this.#waiting.take();
      if (line === undefined) return;
      this.#batch.push(line);
      octets += octetsOf(line);
    }
  }

  #onTaken(): void {
    if (this.#failures > 0) this.#log.info(NAME, `${this.#options.url} accepts entries again`);
    this.#failures = 0;
    this.#account.sent += this.#batch.length;
    this.#batch = [];
  }

  #onFailed({ kind, text, isFinal }: PushFailure): void {
    this.#account.note(`push failed: ${kind}`);
    const what = isFinal ? `${this.#batch.length} entries are lost` : `${this.#held} entries wait`;
    this.#log.limited(
      NAME,
      kind,
      `${this.#options.url} did not accept entries: ${text}; ${what}${hintAt(text)}`,
    );
    if (isFinal) {
      this.#failures = 0;
      this.#account.drop('refused', this.#batch.length);
      this.#batch = [];
    } else this.#failures++;
  }

  /** Cut short when the end is asked for. */
  async #pause(durationMs: number): Promise<void> {
    if (this.#state !== 'running') return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(durationMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }
}

/** What to do about an answer that VictoriaLogs gives below its root. */
const hintAt = (text: string): string =>
  text.includes('unsupported path requested') ? '. For VictoriaLogs, end weir.log.loki.url in /insert' : '';

/** A random half taken off at most, so that the processes of a cluster do not come back all at once. */
const retryMs = (failures: number): number =>
  Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS) * (1 - Math.random() / 2);
