import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NodeServer } from './node-server.ts';

/**
 * The connections of a server, bounded in number. When one more arrives, the connection that has been idle
 * longest is closed. So a client that opens many and asks nothing locks nobody out. With TLS, a connection
 * during its handshake is an idle one.
 */
export class Connections {
  readonly #most: number;
  readonly #onExcess: () => void;
  /** Requests in progress on each connection. */
  readonly #answering = new Map<Socket, number>();
  /** Idle connections, the longest idle first. */
  readonly #waiting = new Set<Socket>();
  /** By the peer's address and port. A request over TLS has a socket of its own above the connection's. */
  readonly #byPeer = new Map<string, Socket>();

  /** @param onExcess called for each connection that is closed because there are too many */
  constructor(server: NodeServer, most: number, onExcess: () => void) {
    this.#most = most;
    this.#onExcess = onExcess;
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const socket = this.#connectionOf(request.socket);
      this.#count(socket, 1);
      response.on('close', () => this.#count(socket, -1));
    });
  }

  closeAll(): void {
    for (const socket of this.#answering.keys()) socket.destroy();
  }

  #connectionOf(socket: Socket): Socket {
    return this.#answering.has(socket) ? socket : (this.#byPeer.get(peerOf(socket)) ?? socket);
  }

  #admit(socket: Socket): void {
    if (this.#answering.size >= this.#most) {
      const [longest = socket] = this.#waiting;
      this.#forget(longest);
      longest.destroy();
      this.#onExcess();
      if (longest === socket) return;
    }
    this.#answering.set(socket, 0);
    this.#waiting.add(socket);
    const peer = peerOf(socket);
    this.#byPeer.set(peer, socket);
    socket.on('close', () => {
      this.#forget(socket);
      if (this.#byPeer.get(peer) === socket) this.#byPeer.delete(peer);
    });
  }

  #count(socket: Socket, requests: number): void {
    const known = this.#answering.get(socket);
    if (known === undefined) return;
    this.#answering.set(socket, known + requests);
    if (known + requests > 0) this.#waiting.delete(socket);
    else this.#waiting.add(socket);
  }

  #forget(socket: Socket): void {
    this.#answering.delete(socket);
    this.#waiting.delete(socket);
  }
}

/** Clients on a Unix socket have no address. */
const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;
