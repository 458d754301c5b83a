import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../runtime/index.ts';
import { type ExportProtocol, protocolOf } from '../netflow/index.ts';
import { messageLengthAt, undecodedProtocolOf } from '../wire/index.ts';
import { formatEnd, type ListenAddress, plainAddress } from './listen-address.ts';
import { type Listener, listenFailure, type Reception } from './listener.ts';
import type { TransportSession } from './transport-session.ts';

/** Requested from the kernel, which grants as much as net.core.rmem_max allows: bursts wait there. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
/** Maximum octets of datagrams that wait for their turn, and the overhead of each. */
const MAX_WAITING_OCTETS = 16 * 1024 * 1024;
const DATAGRAM_OCTETS = 512;

/**
 * IPFIX and NetFlow over UDP, on one port: the version of a datagram tells. Those of one version from one
 * address and port are a transport session (RFC 7011 section 10.3).
 */
export class UdpListener implements Listener {
  readonly #address: ListenAddress;
  readonly #reception: Reception;
  readonly #sessions = new Map<string, TransportSession>();
  #socket: Socket | undefined;
  #datagrams = 0;
  #waitingOctets = 0;

  constructor(address: ListenAddress, reception: Reception) {
    this.#address = address;
    this.#reception = reception;
  }

  async start(): Promise<ListenAddress> {
    const { host, port, protocol } = this.#address;
    try {
      const { address, family } = await lookup(host);
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
      this.#socket = socket;
      socket.on('message', (datagram, from) => this.#receive(datagram, from));
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(port, address, resolve);
      });
      socket.on('error', (error) => this.#reception.messages.note(`socket error: ${error.name}`));
      socket.setRecvBufferSize(RECEIVE_BUFFER_OCTETS);
      const bound = socket.address();
      return { protocol, host: bound.address, port: bound.port };
    } catch (error) {
      this.#socket?.close();
      this.#socket = undefined;
      throw listenFailure(this.#address, error as Error);
    }
  }

  /** Reads what the kernel holds, until a turn of the event loop brings nothing more. */
  async stop(deadlineMs: number, clock: Clock): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    let isLate = false;
    const cancel = clock.after(deadlineMs, () => {
      isLate = true;
    });
    const { decoder } = this.#reception;
    const isReading = () => this.#waitingOctets > 0 || decoder.isInterrupted;
    for (let before = -1; (before !== this.#datagrams || isReading()) && !isLate; ) {
      before = this.#datagrams;
      await setImmediate();
    }
    cancel();
    await new Promise<void>((resolve) => socket.close(resolve));
    for (const session of this.#sessions.values()) this.#reception.sessions.close(session);
    this.#sessions.clear();
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    this.#datagrams++;
    const { turns, messages } = this.#reception;
    if (!turns.isOver && this.#waitingOctets === 0) {
      turns.spend(() => this.#read(datagram, from));
      return;
    }
    const octets = datagram.length + DATAGRAM_OCTETS;
    if (this.#waitingOctets + octets > MAX_WAITING_OCTETS) {
      messages.received++;
      messages.drop('too many at once');
      return;
    }
    this.#waitingOctets += octets;
    turns.defer(() => {
      this.#waitingOctets -= octets;
      this.#read(datagram, from);
    });
  }

  #read(datagram: Uint8Array, from: RemoteInfo): void {
    const { decoder } = this.#reception;
    const peer = formatEnd(plainAddress(from.address), from.port);
    const protocol = protocolOf(datagram) ?? 'ipfix';
    const key = protocol === 'ipfix' ? peer : `${peer} ${protocol}`;
    const session = this.#sessions.get(key) ?? this.#open(key, peer, protocol, datagram);
    if (session === undefined) return;
    decoder.read(session, datagram, 0, datagram.length);
    decoder.deliver();
  }

  /** Only a datagram that looks like a message opens a session. */
  #open(
    key: string,
    peer: string,
    protocol: ExportProtocol,
    datagram: Uint8Array,
  ): TransportSession | undefined {
    const { sessions, decoder } = this.#reception;
    const undecoded = protocol === 'ipfix' ? undecodedProtocolOf(datagram) : undefined;
    if (undecoded !== undefined) {
      decoder.refuseUndecoded(peer, undecoded);
      return undefined;
    }
    if (protocol === 'ipfix' && messageLengthAt(datagram, 0) <= 0) {
      decoder.refuse(
        peer,
        'not-a-message',
        `a datagram of ${datagram.length} octets is not a message of IPFIX or NetFlow`,
      );
      return undefined;
    }
    const endSession = () => this.#sessions.delete(key);
    const session = sessions.open(this.#address.protocol, peer, endSession, { exportProtocol: protocol });
    this.#sessions.set(key, session);
    return session;
  }
}
