import type { FlowBatch, FlowSink } from '../../flow/index.ts';
import { ExportingProcess, type ExportingProcessOptions } from '../../ipfix/index.ts';

/**
 * Flows to another collector as IPFIX. A record is taken over when it is in the exporter's bounded queue;
 * what becomes of it then stands in the exporter's own account, which has the sink's name.
 */
export class IpfixSink implements FlowSink {
  readonly name: string;
  readonly #exporter: ExportingProcess;

  constructor(name: string, options: Omit<ExportingProcessOptions, 'name' | 'records'>) {
    this.name = name;
    this.#exporter = new ExportingProcess({ ...options, name, records: 'aggregated' });
  }

  /** Whether a session with the collector lasts. */
  get isUp(): boolean {
    return this.#exporter.isConnected;
  }

  get held(): number {
    return this.#exporter.account.held;
  }

  start(): Promise<void> {
    return this.#exporter.start();
  }

  write(batch: FlowBatch): void {
    this.#exporter.send(batch);
  }

  flush(): void {
    this.#exporter.flush();
  }

  stop(deadlineMs: number): Promise<void> {
    return this.#exporter.stop(deadlineMs);
  }
}
