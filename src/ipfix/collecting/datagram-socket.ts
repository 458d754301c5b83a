import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { setImmediate } from 'node:timers/promises';
import { BoundedQueue, type Clock } from '../../runtime/index.ts';
import type { ListenAddress } from './listen-address.ts';
import { listenFailure, type Reception } from './listener.ts';

/** Requested from the kernel, which grants as much as net.core.rmem_max allows: bursts wait there. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
/** Maximum octets of datagrams that wait for their turn, and the overhead of each. */
const MAX_WAITING_OCTETS = 16 * 1024 * 1024;
const DATAGRAM_OCTETS = 512;

interface Arrived {
  readonly datagram: Uint8Array;
  readonly from: RemoteInfo;
}

/**
 * A UDP socket whose datagrams are read in turns of the event loop. Those that wait are bounded in octets.
 * However many wait, they alternate with connections.
 */
export class DatagramSocket {
  readonly #address: ListenAddress;
  readonly #reception: Reception;
  readonly #read: (datagram: Uint8Array, from: RemoteInfo) => void;
  #socket: Socket | undefined;
  #datagrams = 0;
  readonly #waiting = new BoundedQueue<Arrived>(MAX_WAITING_OCTETS);
  /** Datagrams that the system has not taken yet. */
  #sending = 0;

  constructor(
    address: ListenAddress,
    reception: Reception,
    read: (datagram: Uint8Array, from: RemoteInfo) => void,
  ) {
    this.#address = address;
    this.#reception = reception;
    this.#read = read;
  }

  /** Returns where it listens. @throws {WeirError} WEIR_LISTEN_FAILED */
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

  /**
   * Reads what the kernel holds, until a turn of the event loop brings nothing more. What still waits at the
   * deadline is dropped.
   */
  async drain(deadlineMs: number, clock: Clock): Promise<void> {
    if (this.#socket === undefined) return;
    let isLate = false;
    const cancel = clock.after(deadlineMs, () => {
      isLate = true;
    });
    const { decoder } = this.#reception;
    const isReading = () => this.#waiting.length > 0 || decoder.isInterrupted;
    for (let before = -1; (before !== this.#datagrams || isReading()) && !isLate; ) {
      before = this.#datagrams;
      await setImmediate();
    }
    cancel();
    while (this.#waiting.take() !== undefined) this.#drop('not read in time');
  }

  /** A datagram that cannot be sent counts as lost on its way. */
  send(datagram: Uint8Array, port: number, address: string): void {
    if (this.#socket === undefined) return;
    this.#sending++;
    this.#socket.send(datagram, port, address, () => this.#sending--);
  }

  /** Closes the socket after what was sent. */
  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    while (this.#sending > 0) await setImmediate();
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  #receive(datagram: Uint8Array, from: RemoteInfo): void {
    this.#datagrams++;
    const { turns } = this.#reception;
    if (!turns.isOver && this.#waiting.length === 0) {
      turns.spend(() => this.#read(datagram, from));
      return;
    }
    if (!this.#waiting.offer({ datagram, from }, datagram.length + DATAGRAM_OCTETS)) {
      this.#drop('too many at once');
    } else if (this.#waiting.length === 1) turns.defer(() => this.#readTurn());
  }

  /** Reads waiting datagrams until the turn is over. The rest waits behind all other work. */
  #readTurn(): void {
    const { turns } = this.#reception;
    do {
      const next = this.#waiting.take();
      if (next === undefined) return;
      this.#read(next.datagram, next.from);
    } while (!turns.isOver);
    if (this.#waiting.length > 0) turns.defer(() => this.#readTurn());
  }

  #drop(reason: string): void {
    const { messages } = this.#reception;
    messages.received++;
    messages.drop(reason);
  }
}
