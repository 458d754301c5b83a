import { type Clock, describeError, type Log, withDeadline } from '../runtime/index.ts';
import type { Blindness } from './blindness.ts';
import type { ConnectionStore } from './connection-store.ts';
import { ConntrackSource, type TableState } from './conntrack/index.ts';
import type { Coverage } from './coverage.ts';
import { DurationHistogram } from './duration-histogram.ts';
import type { HostReader } from './host-reader.ts';
import { NetlinkError } from './netlink/index.ts';
import type { SourceAccount } from './source-account.ts';
import { TrackingWatch } from './tracking-watch.ts';

export interface ConntrackWatchOptions {
  readonly netns?: string | undefined;
  readonly events: boolean;
  readonly eventBufferOctets?: number | undefined;
  /** Whether to turn on connection tracking. */
  readonly tracking: boolean;
  readonly pollIntervalMs: number;
}

export interface ConntrackWatchParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly account: SourceAccount;
  readonly store: ConnectionStore;
  readonly coverage: Coverage;
  readonly blindness: Blindness;
  readonly host: HostReader;
  /**
   * Called when a poll is over and the store has merged it. @param begun connections that the kernel had
   * begun before
   */
  readonly onPolled: (begun: number | undefined) => Promise<void>;
  /** Called when it leaves the watched namespace, so that all its connections get their records. */
  readonly onLeft: () => Promise<void>;
  /** Called when it has entered another namespace. */
  readonly onEntered: () => Promise<void>;
}

const NAME = 'conntrack';
/** Delay before a new source replaces a failed one. */
const RESTART_MS = 1_000;
/** How often to check that the kernel still shows all connections. */
const LOOK_MS = 1_000;
/** Maximum share of the time for extra polls. */
const EXTRA_POLLS_SHARE = 0.1;
const LAST_POLL_MS = 5_000;

/**
 * Keeps the store in step with the kernel. It passes on every batch and requests a dump each poll interval.
 * It also dumps at once when events were lost, or when packets pass without events. It replaces a source
 * whose worker has failed, and enters the new network namespace when one appears at its path.
 */
export class ConntrackWatch {
  readonly pollCycleDuration = new DurationHistogram();
  /** The state at the last poll. */
  tableState: TableState | undefined;
  readonly #options: ConntrackWatchOptions;
  readonly #parts: ConntrackWatchParts;
  readonly #tracking: TrackingWatch;
  #pollIntervalMs: number;
  #source: ConntrackSource;
  #poll: Promise<void> | undefined;
  #lastPollMs = { began: 0, took: 0 };
  #isPollWanted = false;
  #isLooking = false;
  /** Moves from one namespace to another. */
  #move: Promise<void> | undefined;
  #isAway = false;
  #isRestartDue = false;
  #isStopping = false;
  #stopLooking = () => {};
  #cancelPoll = () => {};
  #cancelRestart = () => {};
  /** Connections begun by the last reading, and by all former sources. */
  #begun = 0;
  #begunBefore = 0;

  constructor(options: ConntrackWatchOptions, parts: ConntrackWatchParts) {
    this.#options = options;
    this.#parts = parts;
    this.#pollIntervalMs = options.pollIntervalMs;
    this.#tracking = new TrackingWatch(options, {
      ...parts,
      readIpPackets: () => parts.host.readIpPackets(),
    });
    this.#source = this.#newSource();
  }

  /** The tracking in use, as a sentence; empty until known. */
  get tracking(): string {
    return this.#tracking.used;
  }

  /** Polls at once, and then each interval. */
  set pollIntervalMs(intervalMs: number) {
    this.#pollIntervalMs = intervalMs;
    const mayPoll = !this.#isStopping && !this.#isAway && this.#move === undefined;
    if (mayPoll && this.#poll === undefined) this.#pollNow();
  }

  /** @throws NetlinkError with what is missing, or which privilege */
  async start(): Promise<void> {
    const { clock, log, store } = this.#parts;
    store.watchBegins(clock.monotonic());
    await this.#source.start();
    await this.#prepare(this.#source);
    if (!this.#options.events) log.warn(NAME, NO_EVENTS);
    this.#stopLooking = clock.every(LOOK_MS, () => void this.#look());
    this.#pollNow();
  }

  /** Releases the source when the start has failed elsewhere. */
  async abandon(): Promise<void> {
    this.#isStopping = true;
    this.#stopLooking();
    this.#cancelRestart();
    await this.#source.removeTracking().catch(() => {}); // it never started, or has ended
    await this.#source.stop();
  }

  /**
   * Dumps once more within the deadline, then reads what the workers still hold. Resolves to the connections
   * begun, as in onPolled.
   */
  async stop(deadlineMs: number): Promise<number | undefined> {
    this.#isStopping = true;
    this.#stopLooking();
    this.#cancelRestart();
    await this.#move;
    return this.#isAway ? this.#begunBefore : this.#leave(deadlineMs);
  }

  /** Reads the rest of the source, and ends it. */
  async #leave(deadlineMs: number): Promise<number | undefined> {
    this.#cancelPoll();
    let begun: number | undefined;
    try {
      await withDeadline(this.#parts.clock, this.#lastPoll(), deadlineMs);
      begun = await this.#readBegun();
      await this.#source.removeTracking();
    } catch (error) {
      this.#parts.log.warn(NAME, `stopped without a last dump: ${describeError(error)}`);
    }
    await this.#source.stop();
    this.#parts.account.update(this.#source.counters);
    this.#tracking.conclude();
    return begun;
  }

  async #lastPoll(): Promise<void> {
    await this.#poll;
    await this.#cycle();
  }

  /**
   * Makes the kernel show connections that begin from now on. @param isCounted whether it also counted
   * earlier ones
   */
  async #prepare(source: ConntrackSource, isCounted = false): Promise<void> {
    await this.#tracking.prepare(source);
    if (!isCounted) this.#parts.store.begunSinceMs = this.#parts.clock.monotonic();
    this.#begunBefore = this.#begun - ((await source.connectionsBegun()) ?? 0);
    await this.#readTableState(source);
  }

  /** Checks whether the kernel still shows all connections, and handles it when not. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#isAway || this.#isRestartDue || this.#move !== undefined) return;
    this.#isLooking = true;
    try {
      const next = await this.#tracking.look(this.#source);
      if (next === 'poll' && this.#mayPollMore()) this.#pollNow();
      if (next === 'move' && !this.#isStopping) {
        this.#move = this.#moveAway().finally(() => {
          this.#move = undefined;
        });
      }
    } catch (error) {
      const isRefused = error instanceof NetlinkError;
      const text = `tracking could not be checked: ${describeError(error)}`;
      if (isRefused) this.#parts.log.limited(NAME, 'look', text);
      else this.#onFailure(error as Error); // the worker has ended
    } finally {
      this.#isLooking = false;
    }
  }

  #mayPollMore(): boolean {
    const { began, took } = this.#lastPollMs;
    return this.#poll === undefined && this.#parts.clock.monotonic() - began >= took / EXTRA_POLLS_SHARE;
  }

  /** Records what is known of the former namespace, leaves it, and enters the one now at the path. */
  async #moveAway(): Promise<void> {
    const { blindness, account, onLeft } = this.#parts;
    blindness.begin('namespace gone', namespaceGone(this.#options.netns));
    await this.#leave(LAST_POLL_MS);
    this.#begunBefore = this.#begun;
    this.#isAway = true;
    await onLeft();
    account.restart();
    await this.#enter();
  }

  async #enter(): Promise<void> {
    if (this.#isStopping) return;
    const { host, blindness, clock, log, store, onEntered } = this.#parts;
    const source = this.#newSource();
    store.watchBegins(clock.monotonic());
    try {
      await host.start();
      await source.start();
      this.#source = source;
      await this.#prepare(source);
      await onEntered();
    } catch (error) {
      log.limited(NAME, 'namespace', `the network namespace cannot be entered: ${describeError(error)}`);
      await source.removeTracking().catch(() => {}); // there may be none
      await Promise.all([source.stop(), host.stop()]);
      this.#cancelRestart = clock.after(LOOK_MS, () => {
        this.#move = this.#enter().finally(() => {
          this.#move = undefined;
        });
      });
      return;
    }
    this.#isAway = false;
    this.#isRestartDue = false;
    blindness.end('namespace gone');
    blindness.end('reader ended');
    if (!this.#isStopping) this.#pollNow();
  }

  /** Polls now, or when the current poll is over. */
  #pollNow(): void {
    this.#cancelPoll();
    if (this.#poll !== undefined) {
      this.#isPollWanted = true;
      return;
    }
    const beganMs = this.#parts.clock.monotonic();
    this.#poll = this.#cycle().finally(() => {
      this.#poll = undefined;
      this.#lastPollMs = { began: beganMs, took: this.#parts.clock.monotonic() - beganMs };
      if (this.#isStopping || this.#isAway || this.#move !== undefined) return;
      const nextMs = beganMs + this.#pollIntervalMs - this.#parts.clock.monotonic();
      this.#cancelPoll = this.#parts.clock.after(this.#isPollWanted ? 0 : Math.max(0, nextMs), () =>
        this.#pollNow(),
      );
      this.#isPollWanted = false;
    });
  }

  async #cycle(): Promise<void> {
    const { clock, store, log, onPolled } = this.#parts;
    const beganMs = clock.monotonic();
    let isComplete = false;
    let begun: number | undefined;
    try {
      begun = await this.#readBegun();
      await this.#tracking.dumpBegins();
      store.dumpBegins(clock.monotonic());
      const { interrupted, malformed, overruns } = await this.#source.dump();
      isComplete = !interrupted && malformed === 0 && overruns === 0;
    } catch (error) {
      log.limited(NAME, 'dump failed', `connections could not be dumped: ${describeError(error)}`);
    }
    store.dumpEnds(isComplete);
    this.#tracking.dumpEnds();
    this.#parts.account.update(this.#source.counters);
    this.pollCycleDuration.observe((clock.monotonic() - beganMs) / 1_000);
    await this.#readTableState(this.#source).catch((error) =>
      log.limited(NAME, 'table', describeError(error)),
    );
    await onPolled(isComplete ? begun : undefined);
  }

  async #readBegun(source = this.#source): Promise<number | undefined> {
    const begun = await source.connectionsBegun();
    if (begun === undefined) return undefined;
    this.#begun = this.#begunBefore + begun;
    return this.#begun;
  }

  async #readTableState(source: ConntrackSource): Promise<void> {
    const warned = this.tableState?.warnings.map(({ message }) => message) ?? [];
    this.tableState = await source.tableState();
    for (const { code, message, remedy } of this.tableState.warnings) {
      if (!warned.includes(message)) this.#parts.log.limited(NAME, code, `${message}\n  ${remedy}`);
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
          this.#parts.account.take(batch.rows);
          this.#parts.store.merge(batch, this.#parts.clock.monotonic());
        },
        onOverrun: (lost) => this.#onOverrun(lost),
        onFailure: (error) => this.#onFailure(error),
      },
    );
  }

  #onOverrun(lost: number | undefined): void {
    const count = lost === undefined ? 'some' : `${lost} so far`;
    this.#parts.log.limited(
      NAME,
      'overrun',
      `the kernel threw connection events away (${count}); the table is read again to make up for them`,
    );
    if (!this.#isStopping) this.#pollNow();
  }

  #onFailure(error: Error): void {
    if (this.#isStopping || this.#isRestartDue || this.#move !== undefined) return;
    this.#isRestartDue = true;
    this.#parts.blindness.begin(
      'reader ended',
      `a reader has ended, a new one is started: ${describeError(error)}`,
    );
    this.#cancelPoll();
    this.#cancelRestart = this.#parts.clock.after(RESTART_MS, () => void this.#restart());
  }

  /** The dump that follows makes up for the time in between. The former source's table keeps tracking on. */
  async #restart(): Promise<void> {
    if (this.#isStopping || this.#isAway || this.#move !== undefined) return; // another source comes anyway
    const former = this.#source;
    const { account, blindness, host } = this.#parts;
    account.update(former.counters);
    account.restart();
    this.#source = this.#newSource();
    try {
      await host.stop();
      await host.start();
      await this.#source.start();
      const begun = await this.#readBegun(former).catch(() => undefined);
      await this.#prepare(this.#source, begun !== undefined);
      this.#isRestartDue = false;
      blindness.end('reader ended');
      this.#pollNow();
    } catch (error) {
      this.#isRestartDue = false;
      this.#onFailure(error as Error);
    }
    await former.removeTracking().catch(() => {}); // its worker may have ended
    await former.stop();
  }
}

const NO_EVENTS =
  'events are off: the last counters of a connection are those of the last dump, and the agent misses a connection that begins and ends between two dumps';
const namespaceGone = (path = ''): string =>
  `the network namespace that was at ${path} is no longer there\n  ` +
  'Weir now sends its last records, and watches the next namespace at that path as soon as it exists.';
