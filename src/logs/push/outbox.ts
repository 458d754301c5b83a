import {
  type Account,
  type Clock,
  type Component,
  describeError,
  type Log,
  Refusals,
  withDeadline,
} from '../../runtime/index.ts';
import type { SpoolOptions } from '../../sinks/index.ts';
import type { Stream } from '../flow-lines/index.ts';
import type { LogServer } from '../log-server.ts';
import { Lane } from './lane.ts';
import type { LineBatch } from './line-batch.ts';
import { LineSpool } from './line-spool.ts';
import { PushClient, type PushConnection } from './push-client.ts';
import { PushDelivery } from './push-delivery.ts';
import type { PushOptions } from './push-options.ts';
import { RecentLines } from './recent-lines.ts';
import { ServerWatch } from './server-watch.ts';

/** How often the outbox checks the age of batches, and whether the spool can be pushed. */
const LOOK_MS = 100;
/** How often the outbox tries a disk again that had no room. */
const SPILL_AGAIN_MS = 1_000;
const CREDENTIALS_MS = 30_000;
/** How often the outbox reads the metrics of a server that loses lines silently. */
const WATCH_MS = 10_000;
/** The share of the time for a stop that is reserved for writing unpushed lines to disk. */
const LAST_MS = 1_000;

export interface OutboxOptions {
  readonly push: PushOptions;
  readonly batchOctets: number;
  readonly batchAgeMs: number;
  readonly concurrency: number;
  readonly queueOctets: number;
  readonly spool: Pick<SpoolOptions, 'directory' | 'maxOctets'> | undefined;
  readonly replayApartMs: number;
  readonly staticLabels: ReadonlySet<string>;
  readonly lastingLabels: ReadonlySet<string>;
}

export interface OutboxParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Opens the account of the lines, which asks for the number of held lines. */
  readonly open: (held: () => number) => Account;
}

/**
 * Delivers lines to one Loki. It collects them in batches and pushes several at a time, those of one stream
 * in their order. Batches that cannot be pushed wait in memory, then on disk if there is a spool. Without a
 * spool, the caller waits.
 */
export class Outbox implements Component {
  readonly name: string;
  readonly account: Account;
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #client: PushClient;
  readonly #credentials: Refusals;
  readonly #lanes: readonly Lane[];
  readonly #replay: PushDelivery;
  readonly #pushes = new AbortController();
  readonly #acknowledged = new RecentLines();
  readonly #watch: ServerWatch;
  #spool: LineSpool | undefined;
  /** Lines that are being written to disk. */
  #spilling = 0;
  #replaying: Promise<void> | undefined;
  #wasUp = true;
  #isServerOpen: boolean;
  #stopLooking = () => {};
  #stopSpilling = () => {};
  #stopReading = () => {};
  #stopWatching = () => {};
  #roomy: (() => void)[] = [];

  constructor(name: string, options: OutboxOptions, { clock, log, open }: OutboxParts) {
    this.name = name;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#credentials = new Refusals(log, name, 'credentials');
    this.#client = new PushClient(options.push);
    this.#isServerOpen = this.#client.server === undefined;
    this.account = open(() => this.#lines);
    const parts = {
      client: this.#client,
      clock,
      account: this.account,
      log,
      staticLabels: options.staticLabels,
      lastingLabels: options.lastingLabels,
      replayApartMs: options.replayApartMs,
      acknowledged: this.#acknowledged,
      retentionMs: options.push.retentionMs,
      futureMs: options.push.futureMs,
    };
    this.#lanes = Array.from(
      { length: options.concurrency },
      () => new Lane(new PushDelivery(name, parts), this.#pushes.signal, () => this.#tellRoom()),
    );
    this.#replay = new PushDelivery(name, parts);
    this.#watch = new ServerWatch(name, parts);
  }

  /** The server that receives the lines; undefined until it is detected. */
  get server(): LogServer | undefined {
    return this.#client.server;
  }

  /** The connections of pushes. */
  get connections(): readonly PushConnection[] {
    return this.#client.connections;
  }

  /** Whether no push waits for a retry. */
  get isUp(): boolean {
    return !this.#lanes.some(({ isWaiting }) => isWaiting);
  }

  /** Lines that are neither stored nor dropped. */
  get #lines(): number {
    const inMemory = this.#lanes.reduce((sum, { lines }) => sum + lines, 0);
    return inMemory + this.#spilling + (this.#spool?.lines ?? 0);
  }

  get #queuedOctets(): number {
    return this.#lanes.reduce((sum, { queuedOctets }) => sum + queuedOctets, 0);
  }

  /** @throws {WeirError} WEIR_LOKI_FILE, WEIR_SPOOL_… */
  async start(): Promise<void> {
    await this.#client.start();
    const { spool } = this.#options;
    if (spool !== undefined) this.#spool = await LineSpool.open(spool, this.account, this.#replay);
    this.#stopLooking = this.#clock.every(LOOK_MS, () => this.#look());
    this.#stopSpilling = this.#clock.every(SPILL_AGAIN_MS, () => this.#tellRoom());
    this.#stopReading = this.#clock.every(CREDENTIALS_MS, () => void this.#renewCredentials());
    void this.#watch.look(this.#pushes.signal);
    this.#stopWatching = this.#clock.every(WATCH_MS, () => void this.#watch.look(this.#pushes.signal));
  }

  /** Counts a new line of a stream, with its octets. */
  add(stream: Stream, octets: number, nowMs: number): void {
    this.account.received++;
    const lane = this.#lanes[stream.number % this.#lanes.length]!;
    lane.add(stream, octets, nowMs);
    if (lane.openOctets >= this.#options.batchOctets) lane.push();
  }

  /** Whether memory has room for more lines, for whoever drops a line rather than wait. */
  get hasRoom(): boolean {
    return this.#queuedOctets <= this.#options.queueOctets;
  }

  /**
   * Settles when memory has room for more lines, or the outbox stops. A disk may have room again before the
   * server takes anything, so whoever waits looks again from time to time.
   */
  async room(): Promise<void> {
    while (this.#queuedOctets > this.#options.queueOctets && !this.#pushes.signal.aborted) {
      if (!(await this.#spill())) await new Promise<void>((resolve) => this.#roomy.push(resolve));
    }
  }

  /** Pushes all lines. Those left near the deadline go into the spool, or are dropped and counted. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopLooking();
    this.#stopSpilling();
    this.#stopReading();
    this.#stopWatching();
    for (const lane of this.#lanes) lane.push();
    const drained = Promise.all(this.#lanes.map((lane) => lane.drained()));
    if (this.#spool === undefined || this.isUp) {
      await withDeadline(this.#clock, drained, Math.max(0, deadlineMs - LAST_MS)).catch(() => {});
    }
    this.#pushes.abort();
    await drained;
    this.#tellRoom();
    await this.#replaying;
    for (const lane of this.#lanes) {
      for (let batch = lane.takeOldest(); batch !== undefined; batch = lane.takeOldest())
        await this.#keepOrDrop(batch);
    }
    await this.#spool?.close();
    this.#client.stop();
  }

  #look(): void {
    this.#tellChanges();
    const now = this.#clock.now();
    const bound = now - this.#options.batchAgeMs;
    // Lines from the future have waited since before the clock was set back.
    for (const lane of this.#lanes) {
      if (lane.openSinceMs <= bound || lane.openSinceMs > now) lane.push();
    }

    if (this.#canReplay) this.#replaying ??= this.#replayAll();
  }

  /** Logs which server was detected, and that a server accepts lines again. */
  #tellChanges(): void {
    if (this.#isServerOpen && this.server !== undefined) {
      this.#isServerOpen = false;
      this.#log.info(this.name, `${this.server.title} answers at ${this.#options.push.url}`);
    }
    if (this.isUp && !this.#wasUp) this.#log.info(this.name, 'the server accepts lines again');
    this.#wasUp = this.isUp;
  }

  /** Live lines go first: lines on disk wait while a push waits for a retry or much is queued. */
  get #canReplay(): boolean {
    if (this.#spool === undefined || this.#spool.isEmpty || this.#pushes.signal.aborted) return false;
    return this.isUp && this.#queuedOctets < this.#options.batchOctets;
  }

  async #replayAll(): Promise<void> {
    try {
      while (this.#canReplay) await this.#spool!.replayOne(this.#pushes.signal);
    } catch (error) {
      this.#log.limited(this.name, 'spool', `the spool on disk cannot be read: ${describeError(error)}`);
    }
    this.#replaying = undefined;
  }

  /** Moves the newest batch of the longest queue to disk. @returns whether that was possible */
  async #spill(): Promise<boolean> {
    if (this.#spool === undefined) return false;
    const longest = this.#lanes.reduce((one, other) => (other.queuedOctets > one.queuedOctets ? other : one));
    const batch = longest.takeNewest();
    if (batch === undefined) return false;
    if (await this.#keep(batch)) return true;
    longest.putBack(batch);
    return false;
  }

  async #keep(batch: LineBatch): Promise<boolean> {
    this.#spilling += batch.count;
    try {
      await this.#spool!.append(batch);
      return true;
    } catch (error) {
      this.account.note('spool not written');
      this.#log.limited(this.name, 'spool', `lines cannot wait on disk: ${describeError(error)}`);
      return false;
    } finally {
      this.#spilling -= batch.count;
    }
  }

  async #keepOrDrop(batch: LineBatch): Promise<void> {
    const isKept = this.#spool !== undefined && (await this.#keep(batch));
    if (!isKept) this.account.drop('not delivered in time', batch.count);
  }

  async #renewCredentials(): Promise<void> {
    try {
      await this.#client.renewCredentials();
      this.#credentials.accept();
    } catch (error) {
      this.#credentials.refuse(`keeps the earlier credentials: ${describeError(error)}`);
    }
  }

  #tellRoom(): void {
    for (const settle of this.#roomy.splice(0)) settle();
  }
}
