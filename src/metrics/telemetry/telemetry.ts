import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, Component, Ledger, Log } from '../../runtime/index.ts';
import type { OtlpOptions } from './otlp-options.ts';
import type { AgentReadings, AggregatorReadings, SeriesReadings } from './readings.ts';
import type { SdkPipeline } from './sdk-pipeline.ts';

export interface TelemetryOptions {
  /** The program; `up` runs both in one process. */
  readonly component: 'agent' | 'aggregator' | 'up';
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly version: string;
  /** Attributes of the resource besides service and host, such as `k8s.node.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly series?: SeriesReadings;
  /** OTLP receivers. */
  readonly otlp: readonly OtlpOptions[];
  readonly aggregator?: () => AggregatorReadings;
  readonly agent?: () => AgentReadings;
}

/**
 * Metrics of a process and of its flows: Prometheus reads them by `handle`, OTLP receivers get them pushed.
 * Starts before the parts that it observes and stops after them, so that the last export has everything.
 */
export class Telemetry implements Component {
  readonly name = 'telemetry';
  readonly #options: TelemetryOptions;
  #pipeline: SdkPipeline | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
  }

  /**
   * Loads the SDK, which takes a tenth of a second; other commands do without it.
   * @throws {WeirError} WEIR_OTLP_FILE when a file with headers or authorities cannot be read
   */
  async start(): Promise<void> {
    const { SdkPipeline } = await import('./sdk-pipeline.ts');
    const pipeline = new SdkPipeline(this.#options);
    await pipeline.start();
    this.#pipeline = pipeline;
  }

  async stop(deadlineMs: number): Promise<void> {
    const pipeline = this.#pipeline;
    this.#pipeline = undefined;
    await pipeline?.stop(deadlineMs);
  }

  /** Answers GET and HEAD /metrics in the text format and compression that the client accepts. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#pipeline !== undefined) return await this.#pipeline.exposition.handle(request, response);
    response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' });
    response.end('metrics are told only while the process runs\n');
  }
}
