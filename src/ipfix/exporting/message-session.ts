import { type Clock, describeError, WeirError, withDeadline } from '../../runtime/index.ts';
import type { TlsEnd } from '../../tls/index.ts';
import { maxMessageOctets } from '../wire/index.ts';
import {
  type CollectorAddress,
  type CollectorProtocol,
  formatCollectorAddress,
} from './collector-address.ts';
import { CollectorAddresses } from './collector-addresses.ts';
import type { Transport, TransportConnection } from './transport.ts';
import { transportTo } from './transports.ts';

/** A collector that does not open or close a session within this time is given up. */
const ANSWER_MS = 10_000;
const VANISH_TIMEOUT_MS = 15_000;

/** Opens transport sessions to a collector for messages that are complete, such as recorded ones. */
export class MessageSessions {
  readonly #clock: Clock;
  readonly #collector: CollectorAddress;
  readonly #transport: Transport;
  readonly #addresses: CollectorAddresses;

  /** @throws {WeirError} WEIR_TRANSPORT_NOT_YET */
  constructor(collector: CollectorAddress, tls: TlsEnd, clock: Clock) {
    this.#clock = clock;
    this.#collector = collector;
    this.#transport = transportTo(collector, {
      maxMessageOctets: undefined,
      vanishTimeoutMs: VANISH_TIMEOUT_MS,
      tls,
      clock,
    });
    this.#addresses = new CollectorAddresses(collector.host);
  }

  get protocol(): CollectorProtocol {
    return this.#collector.protocol;
  }

  /** As `Transport.isReliable`. */
  get isReliable(): boolean {
    return this.#transport.isReliable;
  }

  /** Opens a session to the first address that answers. @throws {WeirError} WEIR_COLLECTOR_UNREACHABLE */
  async open(): Promise<MessageSession> {
    for (;;) {
      try {
        const address = await this.#addresses.next();
        const session = await MessageSession.open(this.#transport, address, this.#clock);
        this.#addresses.prefer(address);
        return session;
      } catch (error) {
        if (!this.#addresses.isRoundOver) continue;
        const name = formatCollectorAddress(this.#collector);
        throw new WeirError('WEIR_COLLECTOR_UNREACHABLE', `${name}: ${describeError(error)}`, {
          cause: error,
          remedy: 'Start the collector, or correct the address and the protocol',
        });
      }
    }
  }
}

/** One transport session. It sends the messages that it is given, and nothing of its own. */
export class MessageSession {
  readonly #clock: Clock;
  readonly #connection: TransportConnection;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  #maxOctets = maxMessageOctets;
  #isClosing = false;
  /** Why the session is over. */
  #end: Error | undefined;

  private constructor(transport: Transport, address: string, clock: Clock) {
    this.#clock = clock;
    this.#connection = transport.open(address, {
      opened: (octets) => {
        this.#maxOctets = octets;
        this.#opened.resolve();
      },
      writable: () => this.#room.resolve(),
      closed: (error) => this.#close(error),
    });
  }

  static async open(transport: Transport, address: string, clock: Clock): Promise<MessageSession> {
    const session = new MessageSession(transport, address, clock);
    await session.#answered(session.#opened.promise);
    return session;
  }

  /** Maximum octets of a message that the path carries. */
  get maxMessageOctets(): number {
    return this.#maxOctets;
  }

  /**
   * Sends a message, which must stay unchanged until it is taken. Resolves when there is room for another.
   * @param taken called when the operating system has taken the message
   * @throws why the session is over
   */
  async send(message: Uint8Array, taken: () => void): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    this.#room = Promise.withResolvers();
    if (this.#connection.write(message, taken)) return;
    await this.#room.promise;
    if (this.#end !== undefined) throw this.#end;
  }

  /** Ends the session after what was sent. @throws why the collector did not take all of it */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#end === undefined) this.#connection.close();
    await this.#answered(this.#closed.promise);
  }

  #close(error: Error | undefined): void {
    this.#end = error ?? new Error('the collector ended the session');
    this.#opened.reject(this.#end);
    this.#room.resolve();
    if (error === undefined && this.#isClosing) this.#closed.resolve();
    else this.#closed.reject(this.#end);
    this.#closed.promise.catch(() => {}); // who closes or sends next gets it
    this.#opened.promise.catch(() => {});
  }

  async #answered(promise: Promise<void>): Promise<void> {
    try {
      await withDeadline(this.#clock, promise, ANSWER_MS);
    } catch (error) {
      this.#connection.destroy();
      throw error;
    }
  }
}
