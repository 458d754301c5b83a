import type { Clock, Log } from '../runtime/index.ts';
import type { Blindness } from './blindness.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { ConntrackSource, SysctlReport, TableIdentity, TrackingReport } from './conntrack/index.ts';
import type { Coverage } from './coverage.ts';
import { KernelSilence, type SilenceReading } from './kernel-silence.ts';

export interface TrackingWatchOptions {
  readonly events: boolean;
  /** Whether Weir turns on connection tracking. */
  readonly tracking: boolean;
}

export interface TrackingWatchParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ConnectionStore;
  readonly coverage: Coverage;
  readonly blindness: Blindness;
  /** IP packets that the watched namespace has carried since its creation. */
  readonly readIpPackets: () => Promise<number>;
}

const NAME = 'conntrack';

/**
 * Checks that the kernel still shows all connections. It checks the sysctls and the table that tracking
 * needs, and compares IP's packets with those that tracking counted. A fault that it cannot repair makes the
 * agent blind.
 */
export class TrackingWatch {
  readonly #options: TrackingWatchOptions;
  readonly #parts: TrackingWatchParts;
  readonly #silence = new KernelSilence();
  readonly #problems = new Map<string, string | undefined>();
  #carriedBefore = 0;
  #used = '';

  constructor(options: TrackingWatchOptions, parts: TrackingWatchParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** The tracking in use, as a sentence; empty until known. */
  get used(): string {
    return this.#used;
  }

  /**
   * Turns on what tracking needs, and logs what is missing and which tracking is in use.
   * @throws NetlinkError WEIR_NFTABLES_MISSING, WEIR_NETLINK_NOT_PERMITTED
   */
  async prepare(source: ConntrackSource): Promise<void> {
    const { log, coverage, readIpPackets } = this.#parts;
    for (const report of await source.enableAccounting()) {
      const { name, was, is } = report;
      if (was !== is)
        log.info(NAME, `set ${name} to ${is} (it was ${was}); it keeps this value after the end`);
      this.#judge(report);
    }
    const table = this.#options.tracking ? await source.ensureTracking() : undefined;
    this.#used = table === undefined ? FOREIGN_TRACKING : ownTracking(table);
    log.info(NAME, this.#used);
    coverage.observe(await readIpPackets());
  }

  /** Checks once. @returns whether to dump at once, or to enter another namespace */
  async look(source: ConntrackSource): Promise<'poll' | 'move' | undefined> {
    const report = await source.checkTracking();
    if (report.namespace !== 'same') return 'move';
    for (const sysctl of report.sysctls) {
      if (sysctl.was !== sysctl.is) this.#saySetAgain(sysctl);
      this.#judge(sysctl);
    }
    this.#judgeTable(report);
    await this.#observe();
    const isSuspicious = this.#silence.isSuspicious(this.#reading(this.#parts.coverage.carried));
    this.#judgeSilence();
    return isSuspicious && this.#options.events ? 'poll' : undefined;
  }

  /** Await this before a dump. */
  async dumpBegins(): Promise<void> {
    await this.#observe();
    this.#carriedBefore = this.#parts.coverage.carried;
  }

  dumpEnds(): void {
    const { coverage, store } = this.#parts;
    coverage.compare(this.#carriedBefore, store.countedPackets);
    this.#silence.dumped(this.#reading(this.#carriedBefore));
    this.#judgeSilence();
  }

  /** Call after the last dump of a namespace. */
  conclude(): void {
    this.#parts.coverage.conclude(this.#carriedBefore, this.#parts.store.countedPackets);
    this.#parts.coverage.restart();
  }

  async #observe(): Promise<void> {
    this.#parts.coverage.observe(await this.#parts.readIpPackets());
  }

  #reading(carried: number): SilenceReading {
    const { clock, store } = this.#parts;
    return { signs: store.signs, carried, counted: store.countedPackets, nowMs: clock.monotonic() };
  }

  #judgeSilence(): void {
    const { blindness } = this.#parts;
    if (!this.#silence.isSilent) {
      blindness.end('kernel silent');
      return;
    }
    blindness.begin('kernel silent', silentTrackingText(this.#silence.packets));
    this.#noteFailure();
  }

  #noteFailure(): void {
    const { store, clock } = this.#parts;
    store.trackingFailed(clock.monotonic());
  }

  #judge({ name, is, problem }: SysctlReport): void {
    const { blindness, log } = this.#parts;
    const reason = this.#reasonOf(name, is);
    if (problem === undefined) {
      if (name.endsWith('_acct')) blindness.end('no accounting');
      if (name.endsWith('_events')) blindness.end('no events');
    } else if (reason !== undefined) blindness.begin(reason, problem);
    else if (this.#problems.get(name) !== problem) log.limited(NAME, name, problem);
    this.#problems.set(name, problem);
  }

  #reasonOf(name: string, is: string | undefined): 'no accounting' | 'no events' | undefined {
    if (name.endsWith('_acct')) return 'no accounting';
    return name.endsWith('_events') && is === '0' && this.#options.events ? 'no events' : undefined;
  }

  #saySetAgain({ name, was, is, otherwise }: SysctlReport): void {
    const text = `another program set ${name} to ${was}; Weir has set it to ${is} again. While it was ${was}: ${otherwise}`;
    this.#parts.log.limited(NAME, `${name} set again`, text);
  }

  #judgeTable({ table, refusal }: TrackingReport): void {
    const { blindness, log } = this.#parts;
    if (refusal !== undefined) {
      const { message, remedy } = refusal;
      blindness.begin('tracking gone', remedy === undefined ? message : `${message}\n  ${remedy}`);
      this.#noteFailure();
      return;
    }
    blindness.end('tracking gone');
    if (table !== 'made') return;
    log.limited(NAME, 'table made again', TABLE_MADE_AGAIN);
    this.#noteFailure();
  }
}

const ownTracking = ({ name, isOwned }: TableIdentity): string =>
  `turned connection tracking on by the nftables table inet ${name} of this process, ` +
  (isOwned
    ? 'which no other program can change and which ends with the process'
    : 'which ends when the process stops');
const FOREIGN_TRACKING =
  "this host's own rules turn connection tracking on; without such a rule the agent sees no connection";
const TABLE_MADE_AGAIN =
  "another program changed or removed Weir's nftables table, and Weir has created it again: " +
  'the account "ip packets" counts the packets that passed meanwhile';
const silentTrackingText = (packets: number): string =>
  `${packets} IP packets have passed, and connection tracking shows none of them\n  ` +
  'Perhaps no rule turns tracking on any more, or a rule with `notrack` exempts all packets: ' +
  'see `nft list ruleset` and `iptables-save`. Weir itself turns tracking on with `weir.track: true`, or `weir up` without --no-track.';
