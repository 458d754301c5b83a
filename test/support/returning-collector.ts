import type { FlowRecord } from '../../src/flow/index.ts';
import { type AvailableTransport, CollectingProcess } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { loopbackTls } from './loopback-tls.ts';

/** A collector that stops, and returns on the same port. */
export class ReturningCollector implements AsyncDisposable {
  readonly protocol: AvailableTransport;
  readonly received: FlowRecord[] = [];
  #collector: CollectingProcess | undefined;
  #port = 0;

  private constructor(protocol: AvailableTransport) {
    this.protocol = protocol;
  }

  static async start(protocol: AvailableTransport = 'tcp'): Promise<ReturningCollector> {
    const collector = new ReturningCollector(protocol);
    await collector.comeBack();
    return collector;
  }

  get address() {
    return { protocol: this.protocol, host: '127.0.0.1', port: this.#port } as const;
  }

  async comeBack(): Promise<void> {
    const collector = new CollectingProcess({
      listen: [this.address],
      tls: loopbackTls,
      onBatch: (batch) => this.received.push(...batch),
      clock: systemClock,
      ledger: new Ledger(),
      log: new Log(systemClock, () => {}),
    });
    await collector.start();
    this.#port = collector.addresses[0]!.port;
    this.#collector = collector;
  }

  async leave(): Promise<void> {
    await this.#collector?.stop(0);
    this.#collector = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}
