import { type Clock, type Log, RetryDelay } from '../../runtime/index.ts';
import type { TlsEnd, TlsFault } from '../../tls/index.ts';
import { type CollectorAddress, formatCollectorAddress, isSecured } from './collector-address.ts';
import type { CollectorAddresses } from './collector-addresses.ts';
import {
  ExportSession,
  type ExportSessionHandler,
  type ExportSessionOptions,
  type SessionEnd,
} from './export-session.ts';
import type { ConnectionEnds } from './transport.ts';

export interface CollectorLinkOptions {
  /** The name in the log. */
  readonly name: string;
  readonly collector: CollectorAddress;
  readonly addresses: CollectorAddresses;
  readonly session: Omit<ExportSessionOptions, 'address'>;
  readonly reconnectMs: { readonly least: number; readonly greatest: number };
  readonly lookupIntervalMs: number;
  /** Counts and tells why secured sessions do not come about. */
  readonly tls: TlsEnd;
  readonly clock: Clock;
  readonly log: Log;
  /** Records that wait for the collector, for the log. */
  readonly waitingRecords: () => number;
}

export type CollectorLinkHandler = Pick<
  ExportSessionHandler,
  'opened' | 'writable' | 'taken' | 'left' | 'ended'
>;

/** A session that lasted this long was no failed attempt. */
const PROVEN_MS = 10_000;
/** Lookups without the session's address after which it is left: a resolver may omit one now and then. */
const MOST_MISSES = 2;
/** Number of sessions whose ends are kept, also after they are over: a watcher may ask late. */
const MAX_ENDS = 16;

/**
 * Keeps a session to the collector. It reconnects, with each attempt to the next of its addresses, and
 * follows its name to others. It tries all addresses at once, then waits with growing delays.
 */
export class CollectorLink {
  readonly #options: CollectorLinkOptions;
  readonly #handler: CollectorLinkHandler;
  readonly #delay: RetryDelay;
  readonly #collector: string;
  readonly #ends: ConnectionEnds[] = [];
  #session: ExportSession | undefined;
  #established = 0;
  #misses = 0;
  #isStopped = false;
  #isLookingUp = false;
  /** Until the next attempt. */
  #isWaiting = false;
  #cancelReconnect = () => {};
  #cancelProof = () => {};
  #cancelLookups = () => {};

  constructor(options: CollectorLinkOptions, handler: CollectorLinkHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#delay = new RetryDelay(options.reconnectMs.least, options.reconnectMs.greatest);
    this.#collector = formatCollectorAddress(options.collector);
  }

  get session(): ExportSession | undefined {
    return this.#session;
  }

  /** Sessions in which records could leave, after the first. */
  get reconnections(): number {
    return Math.max(0, this.#established - 1);
  }

  /** The ends of the last sessions' sockets. */
  get ends(): readonly ConnectionEnds[] {
    return this.#ends;
  }

  start(): void {
    const { addresses, clock, lookupIntervalMs } = this.#options;
    if (addresses.isName) this.#cancelLookups = clock.every(lookupIntervalMs, () => this.#followName());
    this.#options.tls.heedArrival(() => this.#connectSoon());
    this.#connect();
  }

  /** Stops connecting. An existing session continues. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelReconnect();
    this.#cancelLookups();
  }

  async #connect(): Promise<void> {
    this.#isWaiting = false;
    try {
      const { addresses, collector, tls } = this.#options;
      if (isSecured(collector)) await tls.refresh();
      const address = await addresses.next();
      if (!this.#isStopped) this.#open(address);
    } catch (error) {
      if (!this.#isStopped) this.#reconnectLater(describeLookup(error));
    }
  }

  #open(address: string): void {
    this.#misses = 0;
    const session = new ExportSession(
      { ...this.#options.session, address },
      {
        opened: (maxMessageOctets) => {
          this.#rememberEnds(session);
          this.#handler.opened(maxMessageOctets);
        },
        established: () => this.#onEstablished(address),
        writable: () => this.#handler.writable(),
        taken: (message) => this.#handler.taken(message),
        left: (octets) => this.#handler.left(octets),
        ended: (end) => this.#onEnded(end),
      },
    );
    this.#session = session;
  }

  #onEstablished(address: string): void {
    const { clock, log, name, addresses } = this.#options;
    this.#established++;
    this.#options.tls.admitted(this.#collector);
    this.#cancelProof = clock.after(PROVEN_MS, () => {
      this.#delay.reset();
      addresses.prefer(address);
    });
    log.info(name, `connected to ${this.#collector}`, {
      collector: this.#collector,
      address: addresses.isName ? address : undefined,
    });
    this.#handler.writable();
  }

  #onEnded(end: SessionEnd): void {
    this.#cancelProof();
    const hasMoved = this.#misses >= MOST_MISSES;
    this.#session = undefined;
    this.#handler.ended(end);
    if (this.#isStopped) return;
    if (hasMoved) this.#delay.reset();
    this.#reconnectLater(end.reason, hasMoved || !this.#options.addresses.isRoundOver, end.fault);
  }

  #reconnectLater(reason: string, isSoon = false, fault?: TlsFault): void {
    const { clock, log, name, tls } = this.#options;
    const delayMs = isSoon ? 0 : this.#delay.next();
    const waitingRecords = this.#options.waitingRecords();
    const text = `no connection to ${this.#collector}: ${reason}; ${waitingRecords} records wait, next attempt in ${Math.round(delayMs)} ms`;
    if (fault !== undefined) tls.fault(this.#collector, fault, text);
    else log.limited(name, 'no connection', text, { collector: this.#collector, waitingRecords });
    this.#cancelReconnect = clock.after(delayMs, () => this.#connect());
    this.#isWaiting = true;
  }

  /** The certificates that it waited for are there. */
  #connectSoon(): void {
    if (!this.#isWaiting || this.#isStopped) return;
    this.#cancelReconnect();
    this.#delay.reset();
    this.#connect();
  }

  async #followName(): Promise<void> {
    const session = this.#session;
    if (session === undefined || this.#isLookingUp) return;
    this.#isLookingUp = true;
    const isThere = await this.#options.addresses.has(session.address);
    this.#isLookingUp = false;
    if (session !== this.#session) return;
    if (isThere) {
      this.#misses = 0;
      session.confirmAddress();
    } else if (++this.#misses === MOST_MISSES) {
      session.leave(`${this.#options.collector.host} no longer has the address ${session.address}`);
    }
  }

  #rememberEnds({ ends }: ExportSession): void {
    if (ends === undefined) return;
    this.#ends.push(ends);
    if (this.#ends.length > MAX_ENDS) this.#ends.shift();
  }
}

const describeLookup = (error: unknown) => (error instanceof Error ? error.message : String(error));
