import type { RemoteInfo } from 'node:dgram';
import { type Clock, PeerMap } from '../../runtime/index.ts';
import { type ExportProtocol, protocolOf, sessionKeyOf } from '../export-protocol.ts';
import { messageLengthAt, undecodedProtocolOf } from '../wire/index.ts';
import { DatagramSocket } from './datagram-socket.ts';
import { formatEnd, type ListenAddress, plainAddress } from './listen-address.ts';
import type { Listener, Reception } from './listener.ts';
import { securedText } from './secured-text.ts';
import type { TransportSession } from './transport-session.ts';

/**
 * IPFIX, NetFlow and sFlow over UDP, on one port: the version of a datagram tells. Those of one version from
 * one address and port are a transport session (RFC 7011 section 10.3).
 */
export class UdpListener implements Listener {
  readonly #address: ListenAddress;
  readonly #reception: Reception;
  /** By `sessionKeyOf`. */
  readonly #sessions = new Map<string, PeerMap<TransportSession>>();
  readonly #socket: DatagramSocket;

  constructor(address: ListenAddress, reception: Reception) {
    this.#address = address;
    this.#reception = reception;
    this.#socket = new DatagramSocket(address, reception, (datagram, from) => this.receive(datagram, from));
  }

  start(): Promise<ListenAddress> {
    return this.#socket.start();
  }

  async stop(deadlineMs: number, clock: Clock): Promise<void> {
    await this.#socket.drain(deadlineMs, clock);
    await this.#socket.close();
    for (const sessions of this.#sessions.values())
      for (const session of sessions) this.#reception.sessions.close(session);
    this.#sessions.clear();
  }

  /** Reads a datagram that has arrived. */
  receive(datagram: Uint8Array, from: RemoteInfo): void {
    const { decoder } = this.#reception;
    const protocol = protocolOf(datagram) ?? 'ipfix';
    const key = sessionKeyOf(protocol, datagram);
    const session = this.#sessions.get(key)?.get(from) ?? this.#open(key, from, protocol, datagram);
    if (session === undefined) return;
    decoder.read(session, datagram, 0, datagram.length);
    decoder.deliver();
  }

  /** Only a datagram that looks like a message opens a session. */
  #open(
    key: string,
    from: RemoteInfo,
    protocol: ExportProtocol,
    datagram: Uint8Array,
  ): TransportSession | undefined {
    const { sessions, decoder } = this.#reception;
    const peer = formatEnd(plainAddress(from.address), from.port);
    const undecoded = protocol === 'ipfix' ? undecodedProtocolOf(datagram) : undefined;
    if (undecoded !== undefined) {
      decoder.refuseUndecoded(peer, undecoded);
      return undefined;
    }
    if (protocol === 'ipfix' && messageLengthAt(datagram, 0) <= 0) {
      decoder.refuse(
        peer,
        'not-a-message',
        securedText(datagram) ??
          `a datagram of ${datagram.length} octets is not a message of IPFIX, NetFlow or sFlow`,
      );
      return undefined;
    }
    const endSession = () => this.#forget(key, from);
    const session = sessions.open(this.#address.protocol, peer, endSession, { exportProtocol: protocol });
    const known = this.#sessions.get(key) ?? new PeerMap();
    known.set(from, session);
    this.#sessions.set(key, known);
    this.#reception.kept?.restore(session);
    return session;
  }

  #forget(key: string, from: RemoteInfo): void {
    const known = this.#sessions.get(key);
    known?.delete(from);
    if (known?.size === 0) this.#sessions.delete(key);
  }
}
