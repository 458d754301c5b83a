import { type HostInterfaces, readHostInterfaces } from './host-interfaces.ts';
import { type HostSockets, readHostSockets } from './host-sockets.ts';
import type { HostWorkerOptions, HostWorkerTask } from './host-worker.ts';
import { readIpPackets } from './ip-packets.ts';
import { BatchWorker } from './netlink/index.ts';

/**
 * Reads the node's interfaces, sockets and counters: directly in the process's own network namespace, by a
 * worker in another.
 */
export class HostReader {
  readonly #netns: string | undefined;
  #worker: BatchWorker | undefined;

  constructor(netns?: string) {
    this.#netns = netns;
  }

  /** May be called again after stop(): it enters the namespace at the path then. */
  async start(): Promise<void> {
    if (this.#netns === undefined) return;
    const settings: HostWorkerOptions = { netns: this.#netns };
    this.#worker = new BatchWorker(
      { name: 'host-worker', beside: import.meta.url, settings, bufferOctets: 0, buffers: 0 },
      // The next read reports a failure of this worker.
      { onBatch: () => {}, onNote: () => {}, onFailure: () => {} },
    );
    await this.#worker.start();
  }

  async read(): Promise<HostInterfaces> {
    if (this.#netns === undefined) return readHostInterfaces(true);
    return (await this.#ask('interfaces')) as HostInterfaces;
  }

  /** IP packets that the namespace has carried since its creation. */
  async readIpPackets(): Promise<number> {
    if (this.#netns === undefined) return readIpPackets();
    return (await this.#ask('ip-packets')) as number;
  }

  /** The ports that servers and clients of the namespace use. */
  async readSockets(): Promise<HostSockets> {
    if (this.#netns === undefined) return readHostSockets();
    return (await this.#ask('sockets')) as HostSockets;
  }

  async stop(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = undefined;
  }

  #ask(task: HostWorkerTask): Promise<unknown> {
    return this.#worker?.ask(task) ?? Promise.reject(new Error('no network namespace is being read'));
  }
}
