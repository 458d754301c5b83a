import { type HostInterfaces, readHostInterfaces } from './host-interfaces.ts';
import type { HostWorkerSettings } from './host-worker.ts';
import { BatchWorker } from './netlink/index.ts';

/** Reads the node's interfaces: directly in the process's own network namespace, by a worker in another. */
export class HostReader {
  readonly #worker: BatchWorker | undefined;

  constructor(netns?: string) {
    if (netns === undefined) return;
    const settings: HostWorkerSettings = { netns };
    this.#worker = new BatchWorker(
      { name: 'host-worker', beside: import.meta.url, settings, bufferOctets: 0, buffers: 0 },
      // A failure of this worker is told by the next read().
      { onBatch: () => {}, onNote: () => {}, onFailure: () => {} },
    );
  }

  async start(): Promise<void> {
    await this.#worker?.start();
  }

  async read(): Promise<HostInterfaces> {
    if (this.#worker === undefined) return readHostInterfaces(true);
    return (await this.#worker.ask('read')) as HostInterfaces;
  }

  async stop(): Promise<void> {
    await this.#worker?.stop();
  }
}
