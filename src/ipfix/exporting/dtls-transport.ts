import { DtlsClient, type DtlsError, MAX_RECORD_OCTETS } from '../../dtls/index.ts';
import type { Clock } from '../../runtime/index.ts';
import { refusalIn, silentRefusal, type TlsEnd, type TlsMaterial } from '../../tls/index.ts';
import { DtlsContexts } from '../dtls-contexts.ts';
import { dtlsFault } from '../dtls-fault.ts';
import { DatagramConnection } from './datagram-connection.ts';
import type {
  ConnectionEnds,
  ConnectionEvents,
  OtherEnd,
  Transport,
  TransportConnection,
} from './transport.ts';

/** The payload of UDP over IPv6 in an Ethernet frame, less what a record and its cipher add. */
const COMMON_MESSAGE_OCTETS = 1500 - 40 - 8 - 64;
/** A collector that refuses a client says so within this time after the handshake. */
const REFUSAL_MS = 100;
/** Time for the collector's answer to the end of a session. */
const FAREWELL_MS = 1_000;

export interface DtlsTransportOptions {
  /** Overrides the interface's MTU. */
  readonly maxMessageOctets: number | undefined;
  readonly tls: TlsEnd;
  readonly clock: Clock;
}

/** IPFIX over DTLS 1.2 (RFC 7011 sections 10.3 and 11.1): datagrams, with certificates at both ends. */
export class DtlsTransport implements Transport {
  readonly isReliable = false;
  readonly initialMessageOctets: number;
  readonly #port: number;
  readonly #options: DtlsTransportOptions;
  readonly #serverName: string;
  readonly #contexts: DtlsContexts;

  /**
   * @param host of the collector: the name that its certificate must have, unless the settings have one
   * @throws {WeirError} WEIR_DTLS_UNAVAILABLE
   */
  constructor(host: string, port: number, options: DtlsTransportOptions) {
    const { maxMessageOctets, tls } = options;
    this.initialMessageOctets = Math.min(maxMessageOctets ?? COMMON_MESSAGE_OCTETS, MAX_RECORD_OCTETS);
    this.#port = port;
    this.#options = options;
    this.#serverName = tls.settings.serverName ?? host;
    this.#contexts = new DtlsContexts('client', tls);
  }

  open(address: string, events: ConnectionEvents): TransportConnection {
    return new DtlsConnection(address, this.#port, this.#contexts, this.#serverName, this.#options, events);
  }
}

/** A session: a socket, and the association that encrypts for it. */
class DtlsConnection implements TransportConnection {
  readonly #events: ConnectionEvents;
  readonly #contexts: DtlsContexts;
  readonly #serverName: string;
  readonly #options: DtlsTransportOptions;
  readonly #material: TlsMaterial;
  readonly #socket: DatagramConnection;
  #client: DtlsClient | undefined;
  /** For the message that is being encrypted. */
  #taken = () => {};
  #hasRoom = true;
  #isOpen = false;
  #isEnding = false;
  /** The collector's words about a refusal. */
  #refusal: Error | undefined;
  #failure: Error | undefined;
  #cancelTimer = () => {};

  constructor(
    address: string,
    port: number,
    contexts: DtlsContexts,
    serverName: string,
    options: DtlsTransportOptions,
    events: ConnectionEvents,
  ) {
    this.#events = events;
    this.#contexts = contexts;
    this.#serverName = serverName;
    this.#options = options;
    this.#material = options.tls.material;
    this.#socket = new DatagramConnection(address, port, {
      connected: (octets) => this.#shakeHands(octets),
      received: (datagram) => this.#client?.receive(datagram),
      writable: () => {
        this.#hasRoom = true;
        if (this.#isOpen) events.writable();
      },
      closed: (error) => this.#onClosed(error),
    });
  }

  write(message: Uint8Array, taken: () => void): boolean {
    this.#taken = taken;
    this.#client?.send(message);
    this.#taken = () => {};
    return this.#hasRoom;
  }

  /** The answer of the collector shows that it had this session until its end. */
  close(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#cancelTimer();
    this.#client?.close();
    this.#cancelTimer = this.#options.clock.after(FAREWELL_MS, () => {
      const words = 'the collector did not answer the end of the session';
      this.#end(Object.assign(new Error(words), { code: 'ETIMEDOUT' }));
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Nobody confirms a datagram. */
  otherEnd(): OtherEnd | undefined {
    return undefined;
  }

  ends(): ConnectionEnds | undefined {
    return this.#socket.ends();
  }

  #shakeHands(maxDatagramOctets: number): void {
    try {
      const client = new DtlsClient(
        {
          context: this.#contexts.current,
          serverName: this.#serverName,
          clock: this.#options.clock,
          maxDatagramOctets,
          send: (datagram) => {
            this.#hasRoom = this.#socket.write(datagram, this.#taken);
          },
        },
        {
          opened: () => this.#awaitRefusal(),
          message: (octets) => {
            this.#refusal ??= refusalIn(Buffer.from(octets).toString());
          },
          closed: (error) => this.#onAssociationClosed(error),
        },
      );
      this.#contexts.free(); // the client keeps what it needs
      this.#client = client;
      client.start();
    } catch (error) {
      this.#end(error as Error);
    }
  }

  #awaitRefusal(): void {
    this.#cancelTimer = this.#options.clock.after(REFUSAL_MS, () => {
      this.#isOpen = true;
      const octets = this.#options.maxMessageOctets ?? this.#client?.maxMessageOctets ?? 0;
      this.#events.opened(Math.min(octets, MAX_RECORD_OCTETS));
    });
  }

  #onAssociationClosed(error: DtlsError | undefined): void {
    const certificate = this.#material.own?.certificate;
    if (this.#isEnding && error === undefined) this.#end(undefined);
    else if (this.#isOpen) this.#end(new Error(error?.message ?? 'the collector closed the session'));
    else if (error === undefined) this.#end(this.#refusal ?? silentRefusal(certificate));
    else this.#end(dtlsFault(error, certificate, this.#serverName));
  }

  /** `closed` follows, never within the call that was the cause. */
  #end(failure: Error | undefined): void {
    this.#failure = failure;
    this.#socket.destroy();
  }

  #onClosed(error: Error | undefined): void {
    this.#cancelTimer();
    this.#client?.free();
    this.#events.closed(error ?? this.#failure);
  }
}
