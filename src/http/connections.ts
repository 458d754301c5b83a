import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The connections of a server, bounded in number. When one more arrives, the connection that has been idle
 * longest is closed. So a client that opens many and asks nothing locks nobody out.
 */
export class Connections {
  readonly #most: number;
  readonly #onExcess: () => void;
  /** Requests in progress on each connection. */
  readonly #answering = new Map<Socket, number>();
  /** Idle connections, the longest idle first. */
  readonly #waiting = new Set<Socket>();

  /** @param onExcess called for each connection that is closed because there are too many */
  constructor(server: Server, most: number, onExcess: () => void) {
    this.#most = most;
    this.#onExcess = onExcess;
    server.on('connection', (socket: Socket) => this.#admit(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request;
      this.#count(socket, 1);
      response.on('close', () => this.#count(socket, -1));
    });
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
    socket.on('close', () => this.#forget(socket));
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
