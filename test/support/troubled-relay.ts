import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

interface RelayTarget {
  readonly host: string;
  readonly port: number;
}

/** A relay to a TCP server that can stop reading for a time, or break every connection. */
export class TroubledRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isHeld = false;
  #isFailing = false;
  #failures = 0;

  private constructor(target: () => RelayTarget, isTwoWay: boolean) {
    this.#server = createServer((client) => {
      if (this.#isFailing) {
        this.#break(client);
        return;
      }
      const { host, port } = target();
      const onward = connect(port, host);
      for (const socket of [client, onward]) this.#watch(socket);
      client.pipe(onward);
      if (isTwoWay) onward.pipe(client);
      if (this.#isHeld) client.pause();
    });
  }

  /** @param isTwoWay whether answers pass, too; default false */
  static async start(target: () => RelayTarget, isTwoWay = false): Promise<TroubledRelay> {
    const relay = new TroubledRelay(target, isTwoWay);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get address() {
    const { port } = this.#server.address() as AddressInfo;
    return { protocol: 'tcp', host: '127.0.0.1', port } as const;
  }

  hold(): void {
    this.#isHeld = true;
    for (const socket of this.#sockets) socket.pause();
  }

  release(): void {
    this.#isHeld = false;
    for (const socket of this.#sockets) socket.resume();
  }

  fail(): void {
    this.#isFailing = true;
    for (const socket of this.#sockets) this.#break(socket);
  }

  mend(): void {
    this.#isFailing = false;
  }

  /** How many connections it has broken. */
  get failures(): number {
    return this.#failures;
  }

  #break(socket: Socket): void {
    this.#failures++;
    socket.resetAndDestroy();
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const other of this.#sockets) if (other.readableEnded) other.destroy();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
