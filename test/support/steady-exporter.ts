import type { ExportingProcessOptions } from '../../src/ipfix/index.ts';
import type { NetworkNamespace } from './namespace.ts';
import type { Program } from './program.ts';
import { until } from './until.ts';

export interface ExporterState {
  readonly received: number;
  readonly sent: number;
  readonly held: number;
  readonly unconfirmed: number;
  readonly isConnected: boolean;
  readonly reconnections: number;
}

/**
 * An exporter in a namespace that sends a record every 20 ms, each with another flowId, until it is stopped.
 */
export class SteadyExporter implements AsyncDisposable {
  readonly program: Program;

  /**
   * @param options those that JSON can express, including `address`
   * @param most records after which it is idle
   */
  constructor(namespace: NetworkNamespace, options: Partial<ExportingProcessOptions>, most?: number) {
    const script = new URL('./traffic/steady-exporter.ts', import.meta.url);
    this.program = namespace.startModule(script, [
      JSON.stringify(options),
      ...(most === undefined ? [] : [String(most)]),
    ]);
  }

  /** As of its last record. */
  get state(): ExporterState | undefined {
    const line = this.program.stdout.split('\n').at(-2);
    return line === undefined ? undefined : JSON.parse(line);
  }

  reaches(what: string, condition: (state: ExporterState) => boolean): Promise<unknown> {
    return until(what, () => this.state !== undefined && condition(this.state));
  }

  /** Sends the records that it holds, and ends. */
  async stop(): Promise<ExporterState> {
    const { code } = await this.program.stop();
    if (code !== 0) throw new Error(this.program.account());
    return this.state!;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }
}
