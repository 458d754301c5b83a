import { type Clock, describeError, type Log, withDeadline } from '../runtime/index.ts';
import type { ConnectionStore } from './connection-store.ts';
import { ConntrackSource, type TableState } from './conntrack/index.ts';
import { DurationHistogram } from './duration-histogram.ts';
import type { SourceAccount } from './source-account.ts';

export interface ConntrackWatchOptions {
  readonly netns?: string | undefined;
  readonly events: boolean;
  readonly eventBufferOctets?: number | undefined;
  /** Whether to turn connection tracking on. */
  readonly tracking: boolean;
  readonly pollIntervalMs: number;
}

export interface ConntrackWatchNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly account: SourceAccount;
  readonly store: ConnectionStore;
  /** Called when a poll is over and the store has taken it in. @param begun connections that the kernel had begun before */
  readonly onPolled: (begun: number | undefined) => Promise<void>;
}

const NAME = 'conntrack';
/** How long a source that has failed is left alone before a new one is made. */
const RESTART_MS = 5_000;

/**
 * Keeps the store in step with the kernel: hands it every batch, asks for a dump each poll interval, and at once when
 * events were lost, and replaces a source whose worker has failed.
 */
export class ConntrackWatch {
  readonly pollCycleDuration = new DurationHistogram();
  /** As the last poll found it. */
  tableState: TableState | undefined;
  readonly #options: ConntrackWatchOptions;
  readonly #needs: ConntrackWatchNeeds;
  #source: ConntrackSource;
  #poll: Promise<void> | undefined;
  #isPollWanted = false;
  #isStopping = false;
  #cancelPoll = () => {};
  #cancelRestart = () => {};
  #begunBefore = 0;

  constructor(options: ConntrackWatchOptions, needs: ConntrackWatchNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#source = this.#newSource();
  }

  /** @throws NetlinkError with what is missing, or who may not */
  async start(): Promise<void> {
    const { clock, store } = this.#needs;
    store.watchedSinceMs = clock.monotonic();
    await this.#source.start();
    await this.#prepare();
    store.begunSinceMs = clock.monotonic();
    this.#begunBefore = (await this.#source.connectionsBegun()) ?? 0;
    this.#pollNow();
  }

  /** Lets go of the source when the start has failed elsewhere. */
  abandon(): Promise<void> {
    this.#isStopping = true;
    return this.#source.stop();
  }

  /** One more dump within the deadline, then whatever the workers still hold. Resolves to the connections begun, as in onPolled. */
  async stop(deadlineMs: number): Promise<number | undefined> {
    this.#isStopping = true;
    this.#cancelPoll();
    this.#cancelRestart();
    let begun: number | undefined;
    try {
      await withDeadline(this.#needs.clock, this.#lastPoll(), deadlineMs);
      begun = await this.#readBegun();
      if (this.#options.tracking) await this.#source.removeTracking();
    } catch (error) {
      this.#needs.log.warn(NAME, `stopped without a last dump: ${describeError(error)}`);
    }
    await this.#source.stop();
    this.#needs.account.update(this.#source.counters);
    return begun;
  }

  async #lastPoll(): Promise<void> {
    await this.#poll;
    await this.#cycle();
  }

  /** Says what could not be had, and what follows from it. */
  async #prepare(): Promise<void> {
    const { log } = this.#needs;
    for (const { name, was, is, problem } of await this.#source.enableAccounting()) {
      if (problem !== undefined) log.warn(NAME, problem);
      else if (was !== is) log.info(NAME, `set ${name} to ${is} (it was ${was}); it stays so after the end`);
    }
    if (this.#options.tracking) {
      const made = await this.#source.ensureTracking();
      log.info(NAME, made === 'made' ? TABLE_MADE : TABLE_TAKEN_OVER);
    }
    if (!this.#options.events) log.warn(NAME, NO_EVENTS);
    await this.#readTableState();
  }

  /** Now, or when the poll under way is over. */
  #pollNow(): void {
    this.#cancelPoll();
    if (this.#poll !== undefined) {
      this.#isPollWanted = true;
      return;
    }
    const beganMs = this.#needs.clock.monotonic();
    this.#poll = this.#cycle().finally(() => {
      this.#poll = undefined;
      if (this.#isStopping) return;
      const nextMs = beganMs + this.#options.pollIntervalMs - this.#needs.clock.monotonic();
      this.#cancelPoll = this.#needs.clock.after(this.#isPollWanted ? 0 : Math.max(0, nextMs), () =>
        this.#pollNow(),
      );
      this.#isPollWanted = false;
    });
  }

  async #cycle(): Promise<void> {
    const { clock, store, log, onPolled } = this.#needs;
    const beganMs = clock.monotonic();
    let isComplete = false;
    let begun: number | undefined;
    try {
      begun = await this.#readBegun();
      store.dumpBegins(clock.monotonic());
      const { interrupted, malformed, overruns } = await this.#source.dump();
      isComplete = !interrupted && malformed === 0 && overruns === 0;
    } catch (error) {
      log.limited(NAME, 'dump failed', `connections could not be dumped: ${describeError(error)}`);
    }
    store.dumpEnds(isComplete);
    this.#needs.account.update(this.#source.counters);
    this.pollCycleDuration.observe((clock.monotonic() - beganMs) / 1_000);
    await this.#readTableState().catch((error) => log.limited(NAME, 'table', describeError(error)));
    await onPolled(isComplete ? begun : undefined);
  }

  async #readBegun(): Promise<number | undefined> {
    const begun = await this.#source.connectionsBegun();
    return begun === undefined ? undefined : begun - this.#begunBefore;
  }

  async #readTableState(): Promise<void> {
    const warned = this.tableState?.warnings.map(({ message }) => message) ?? [];
    this.tableState = await this.#source.tableState();
    for (const { code, message, remedy } of this.tableState.warnings) {
      if (!warned.includes(message)) this.#needs.log.limited(NAME, code, `${message}\n  ${remedy}`);
    }
  }

  #newSource(): ConntrackSource {
    const { netns, events, eventBufferOctets: receiveBufferOctets } = this.#options;
    return new ConntrackSource(
      {
        events,
        ...(netns === undefined ? {} : { netns }),
        ...(receiveBufferOctets === undefined ? {} : { receiveBufferOctets }),
      },
      {
        onBatch: (batch) => {
          this.#needs.account.take(batch.rows);
          this.#needs.store.merge(batch, this.#needs.clock.monotonic());
        },
        onOverrun: (lost) => this.#onOverrun(lost),
        onFailure: (error) => this.#onFailure(error),
      },
    );
  }

  #onOverrun(lost: number | undefined): void {
    const count = lost === undefined ? 'some' : `${lost} so far`;
    this.#needs.log.limited(
      NAME,
      'overrun',
      `the kernel threw connection events away (${count}); the table is read again to make up for them`,
    );
    if (!this.#isStopping) this.#pollNow();
  }

  #onFailure(error: Error): void {
    if (this.#isStopping) return;
    this.#needs.log.error(NAME, `a reader has ended, a new one is started: ${describeError(error)}`);
    this.#cancelPoll();
    this.#cancelRestart = this.#needs.clock.after(RESTART_MS, () => void this.#restart());
  }

  /** What happened in between is made up for by the dump that follows. */
  async #restart(): Promise<void> {
    await this.#source.stop();
    this.#needs.account.update(this.#source.counters);
    this.#needs.account.restart();
    this.#source = this.#newSource();
    try {
      await this.#source.start();
      this.#pollNow();
    } catch (error) {
      this.#onFailure(error as Error);
    }
  }
}

const TABLE_MADE =
  'turned connection tracking on by the nftables table inet weir, which goes when the agent stops';
const TABLE_TAKEN_OVER =
  'found the nftables table inet weir of an agent that did not stop cleanly, and took it over';
const NO_EVENTS =
  'events are switched off: of a connection that ends, the counters of the last dump stand, and one that begins and ends between two dumps is not seen';
