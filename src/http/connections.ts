import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { NodeServer } from './node-server.ts';

/** Maximum simultaneous connections. */
export interface MostConnections {
  readonly ofAll: number;
  /** Of one address, which leaves room for others. A proxy or a forwarding is one address, too. */
  readonly ofOne: number;
}

/**
 * The connections of a server, bounded in number. When one more arrives, the connection that has been idle
 * longest is closed, of the same address when that has as many as one may. So a client that opens many and
 * asks nothing locks nobody out. With TLS, a connection during its handshake is an idle one.
 */
export class Connections {
  readonly #most: MostConnections;
  readonly #onExcess: () => void;
  /** Requests in progress on each connection. */
  readonly #answering = new Map<Socket, number>();
  /** Idle connections, the longest idle first. */
  readonly #waiting = new Set<Socket>();
  /** By the peer's address and port. A request over TLS has a socket of its own above the connection's. */
  readonly #byPeer = new Map<string, Socket>();
  /** The address that each connection came from, which a closed socket no longer knows. */
  readonly #sources = new Map<Socket, string>();

  /** @param onExcess called for each connection that is closed because there are too many */
  constructor(server: NodeServer, most: MostConnections, onExcess: () => void) {
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
    const source = socket.remoteAddress ?? '';
    const isCrowded = this.#countFrom(source) >= this.#most.ofOne;
    if (isCrowded || this.#answering.size >= this.#most.ofAll) {
      const longest = this.#longestIdle(isCrowded ? source : undefined) ?? socket;
      this.#forget(longest);
      longest.destroy();
      this.#onExcess();
      if (longest === socket) return;
    }
    this.#answering.set(socket, 0);
    this.#sources.set(socket, source);
    this.#waiting.add(socket);
    const peer = peerOf(socket);
    this.#byPeer.set(peer, socket);
    socket.on('close', () => {
      this.#forget(socket);
      if (this.#byPeer.get(peer) === socket) this.#byPeer.delete(peer);
    });
  }

  #countFrom(source: string): number {
    let count = 0;
    for (const other of this.#sources.values()) if (other === source) count++;
    return count;
  }

  /** @param source undefined for any */
  #longestIdle(source: string | undefined): Socket | undefined {
    for (const socket of this.#waiting)
      if (source === undefined || this.#sources.get(socket) === source) return socket;
    return undefined;
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
    this.#sources.delete(socket);
    this.#waiting.delete(socket);
  }
}

/** Clients on a Unix socket have no address. */
const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;
