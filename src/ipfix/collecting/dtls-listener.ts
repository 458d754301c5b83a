import type { RemoteInfo } from 'node:dgram';
import {
  type DtlsClientEnd,
  type DtlsConsumer,
  type DtlsError,
  type DtlsPeer,
  DtlsServer,
  type UnreadReason,
} from '../../dtls/index.ts';
import type { Clock } from '../../runtime/index.ts';
import {
  certificateMissing,
  isAllowed,
  namesOf,
  notAllowed,
  peerNameOf,
  refusalText,
} from '../../tls/index.ts';
import { DtlsContexts } from '../dtls-contexts.ts';
import { dtlsFault } from '../dtls-fault.ts';
import { DatagramSocket } from './datagram-socket.ts';
import { formatEnd, type ListenAddress, plainAddress } from './listen-address.ts';
import type { Listener, Reception } from './listener.ts';
import type { TransportSession } from './transport-session.ts';

/** The payload of UDP over IPv6 that every path carries (RFC 8200 section 5). */
const MAX_DATAGRAM_OCTETS = 1280 - 40 - 8;
/** Octets of memory that OpenSSL has for a session, as an upper bound. */
const ASSOCIATION_OCTETS = 80 * 1024;

/** Who has sent a datagram. The name is made when it is needed: data of a session needs none. */
class DatagramPeer implements DtlsPeer {
  readonly address: string;
  readonly port: number;

  constructor({ address, port }: RemoteInfo) {
    this.address = address;
    this.port = port;
  }

  get name(): string {
    return formatEnd(plainAddress(this.address), this.port);
  }
}

/** IPFIX over DTLS: sessions over UDP whose clients show certificates (RFC 7011 sections 10.3 and 11.3). */
export class DtlsListener implements Listener {
  readonly #reception: Reception;
  readonly #socket: DatagramSocket;
  readonly #contexts: DtlsContexts;
  readonly #server: DtlsServer;

  /** @throws {WeirError} WEIR_DTLS_UNAVAILABLE */
  constructor(address: ListenAddress, reception: Reception) {
    const { clock, messages, tls } = reception;
    this.#reception = reception;
    this.#contexts = new DtlsContexts('server', tls);
    this.#socket = new DatagramSocket(address, reception, (datagram, from) => this.#read(datagram, from));
    this.#server = new DtlsServer({
      clock,
      context: () => this.#contexts.current,
      maxDatagramOctets: MAX_DATAGRAM_OCTETS,
      send: (datagram, { port, address }) => this.#socket.send(datagram, port, address),
      accept: (client) => this.#accept(client),
      failed: (peer, error) => this.#onFailed(peer, error),
      unread: (_peer, reason) => this.#onUnread(reason),
      putOff: () => messages.note('DTLS handshakes put off'),
    });
  }

  start(): Promise<ListenAddress> {
    // The clients come again, except those that are revoked.
    this.#reception.tls.heedRevocation(() => this.#server.endSessions());
    return this.#socket.start();
  }

  /** Reads what has arrived, then tells the exporters the end. */
  async stop(deadlineMs: number, clock: Clock): Promise<void> {
    await this.#socket.drain(deadlineMs, clock);
    this.#server.stop();
    await this.#socket.close();
    this.#contexts.free();
  }

  #read(datagram: Uint8Array, from: RemoteInfo): void {
    this.#server.receive(datagram, new DatagramPeer(from));
  }

  #accept({ peer, certificate, end }: DtlsClientEnd): DtlsConsumer | string {
    const { sessions, tls } = this.#reception;
    const { allowedClients } = tls.settings;
    if (certificate === undefined) return refusalText(certificateMissing());
    if (allowedClients !== undefined && !isAllowed(namesOf(certificate), allowedClients)) {
      const fault = notAllowed(certificate);
      tls.fault(peer.address, fault, `${peer.name}: no session: ${fault.message}`);
      return refusalText(fault);
    }
    const traits = { peerName: peerNameOf(certificate), overheadOctets: ASSOCIATION_OCTETS };
    const session = sessions.open('dtls', peer.name, end, traits);
    tls.admitted(peer.address);
    return {
      message: (octets) => this.#decode(session, octets),
      closed: () => sessions.close(session),
    };
  }

  /** A datagram may have several messages, and the decoder may go on with one of them in the next turn. */
  #decode(session: TransportSession, message: Uint8Array): void {
    const { decoder, turns } = this.#reception;
    if (decoder.isInterrupted) {
      turns.defer(() => this.#decode(session, message));
      return;
    }
    decoder.read(session, message, 0, message.length);
    decoder.deliver();
  }

  #onFailed({ address, name }: DtlsPeer, error: DtlsError): void {
    const { tls } = this.#reception;
    const fault = dtlsFault(error, tls.material.own?.certificate);
    tls.fault(plainAddress(address), fault, `${name}: no session: ${fault.message}`);
  }

  #onUnread(reason: UnreadReason): void {
    const { messages } = this.#reception;
    if (reason === 'repeated or not authentic') {
      messages.note('DTLS datagrams repeated or not authentic');
      return;
    }
    messages.received++;
    messages.drop(reason);
  }
}
