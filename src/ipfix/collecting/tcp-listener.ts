import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../runtime/index.ts';
import { formatEnd, type ListenAddress, plainAddress } from './listen-address.ts';
import { type Listener, listenFailure, type Reception } from './listener.ts';
import { TcpReading } from './tcp-reading.ts';
import type { SessionTraits, TransportSession } from './transport-session.ts';

/** A silent connection is probed after this long; a lost peer shows ten seconds later. */
const KEEP_ALIVE_MS = 60_000;

/** IPFIX over TCP: each connection is a transport session (RFC 7011 section 10.4). */
export class TcpListener implements Listener {
  readonly #address: ListenAddress;
  readonly #reception: Reception;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #accepted: (socket: Socket, peer: string) => void;
  #onEmpty = () => {};

  /** @param accepted takes a new connection; by default it opens a session at once */
  constructor(
    address: ListenAddress,
    reception: Reception,
    accepted: (socket: Socket, peer: string) => void = (socket, peer) => void this.open(socket, peer),
  ) {
    this.#address = address;
    this.#reception = reception;
    this.#accepted = accepted;
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#server = createServer(options, (socket) => this.#accept(socket));
  }

  async start(): Promise<ListenAddress> {
    const { host, port, protocol } = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenFailure(this.#address, error)));
      this.#server.listen(host.startsWith('/') ? { path: host } : { host, port }, resolve);
    });
    this.#server.on('error', (error) => this.#reception.messages.note(`accept failed: ${error.name}`));
    const bound = this.#server.address() as AddressInfo | string;
    if (typeof bound === 'string') return this.#address;
    return { protocol, host: bound.address, port: bound.port };
  }

  /** Closes its end of each connection, and reads what the exporters had sent before they saw that. */
  async stop(deadlineMs: number, clock: Clock): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.end();
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(deadlineMs, () => {
        for (const socket of this.#sockets) socket.destroy();
      });
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Closes its end of each connection. What the exporters had sent before they saw that is read. */
  endSessions(deadlineMs: number, clock: Clock): void {
    const ended = [...this.#sockets];
    for (const socket of ended) socket.end();
    clock.after(deadlineMs, () => {
      for (const socket of ended) socket.destroy();
    });
  }

  #accept(socket: Socket): void {
    const { remoteAddress = 'local', remotePort = 0 } = socket; // on a Unix socket a peer has no address
    this.#accepted(socket, formatEnd(plainAddress(remoteAddress), remotePort));
  }

  /** Opens a session and reads it. */
  open(socket: Socket, peer: string, traits: SessionTraits = {}): TransportSession {
    const { sessions, messages } = this.#reception;
    const session = sessions.open(this.#address.protocol, peer, () => socket.destroy(), traits);
    socket.on('error', () => {}); // 'close' follows
    this.#sockets.add(socket);
    const reading = new TcpReading(socket, session, this.#reception);
    socket.on('data', (chunk) => reading.push(chunk));
    socket.on('close', () => {
      reading.end((isCut) => {
        if (isCut) messages.note('cut off by the end of a connection');
        sessions.close(session);
        this.#sockets.delete(socket);
        if (this.#sockets.size === 0) this.#onEmpty();
      });
    });
    return session;
  }
}
