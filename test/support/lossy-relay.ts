import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** What becomes of one datagram. */
export type Fate = 'carried' | 'lost' | 'repeated' | 'late';

/**
 * A relay between one sender and a UDP server. The test decides on the fate of each datagram to the server. A
 * late one leaves after the next.
 */
export class LossyRelay implements AsyncDisposable {
  readonly #outside = createSocket('udp4');
  readonly #inside = createSocket('udp4');
  readonly #fate: (datagram: Uint8Array) => Fate;
  #sender: { readonly port: number; readonly address: string } | undefined;
  #late: Uint8Array | undefined;

  private constructor(fate: (datagram: Uint8Array) => Fate) {
    this.#fate = fate;
  }

  static async start(serverPort: number, fate: (datagram: Uint8Array) => Fate): Promise<LossyRelay> {
    const relay = new LossyRelay(fate);
    for (const socket of [relay.#outside, relay.#inside]) await bound(socket);
    relay.#inside.connect(serverPort, '127.0.0.1');
    await once(relay.#inside, 'connect');
    relay.#outside.on('message', (datagram, from) => {
      relay.#sender = from;
      relay.#carry(datagram);
    });
    relay.#inside.on('message', (datagram) => {
      const { port, address } = relay.#sender!;
      relay.#outside.send(datagram, port, address);
    });
    relay.#inside.on('error', () => {}); // the server is away
    return relay;
  }

  get port(): number {
    return this.#outside.address().port;
  }

  #carry(datagram: Uint8Array): void {
    const fate = this.#fate(datagram);
    const late = this.#late;
    this.#late = undefined;
    if (fate === 'late') this.#late = datagram;
    else if (fate !== 'lost') this.#inside.send(datagram);
    if (fate === 'repeated') this.#inside.send(datagram);
    if (late !== undefined) this.#inside.send(late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.#outside, this.#inside]) {
      await new Promise<void>((resolve) => socket.close(resolve));
    }
  }
}

async function bound(socket: Socket): Promise<void> {
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
}
