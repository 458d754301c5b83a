interface PeerEnd {
  readonly address: string;
  readonly port: number;
}

/**
 * What a server of datagrams keeps for its peers. It finds them by address and port: a name of both would be
 * a new string for each datagram.
 */
export class PeerMap<V> {
  readonly #byAddress = new Map<string, Map<number, V>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ address, port }: PeerEnd): V | undefined {
    return this.#byAddress.get(address)?.get(port);
  }

  set({ address, port }: PeerEnd, value: V): void {
    const byPort = this.#byAddress.get(address) ?? new Map<number, V>();
    if (!byPort.has(port)) this.#size++;
    byPort.set(port, value);
    this.#byAddress.set(address, byPort);
  }

  delete({ address, port }: PeerEnd): void {
    const byPort = this.#byAddress.get(address);
    if (byPort?.delete(port) !== true) return;
    this.#size--;
    if (byPort.size === 0) this.#byAddress.delete(address);
  }

  *[Symbol.iterator](): Generator<V> {
    for (const byPort of this.#byAddress.values()) yield* byPort.values();
  }
}
