import type { FlowBatch, FlowSink } from '../../flow/index.ts';
import { ExportingProcess, type ExportingProcessOptions } from '../../ipfix/index.ts';

/** Records are of both nodes by default. */
export type IpfixSinkOptions = Omit<ExportingProcessOptions, 'name' | 'records'> &
  Partial<Pick<ExportingProcessOptions, 'records'>>;

/**
 * Sends flows to another collector as IPFIX. `write` accepts a record into the bounded queue of the Exporting
 * Process. That process counts it afterwards, in an account with the sink's name.
 */
export class IpfixSink implements FlowSink {
  readonly name: string;
  readonly #exporter: ExportingProcess;

  constructor(name: string, options: IpfixSinkOptions) {
    this.name = name;
    this.#exporter = new ExportingProcess({ records: 'aggregated', ...options, name });
  }

  /** Whether a session with the collector lasts. */
  get isUp(): boolean {
    return this.#exporter.isConnected;
  }

  get certificateExpiryMs(): number | undefined {
    return this.#exporter.certificateExpiryMs;
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
