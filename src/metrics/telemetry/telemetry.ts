import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Component } from '../../runtime/index.ts';
import type { SdkPipeline } from './sdk-pipeline.ts';
import type { TelemetryOptions } from './telemetry-options.ts';

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
    response.end('the process serves metrics only while it runs\n');
  }
}
