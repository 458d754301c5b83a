import type { IncomingMessage, ServerResponse } from 'node:http';
import { Telemetry, type TelemetryOptions } from '../metrics/telemetry/index.ts';
import { type Component, describeError } from '../runtime/index.ts';
import type { MetricsSettings } from './config/index.ts';
import type { Service } from './service.ts';
import { version } from './version.ts';

/**
 * Time for the last export when other components have used up the deadline; a component may exceed it a
 * little.
 */
const LAST_EXPORT_MS = 400;

/**
 * Metrics of a process and its flows, for /metrics and for OTLP receivers. Stops after all that it observes,
 * so that the receivers get the final values.
 */
export class MetricsPart implements Component {
  readonly name = 'telemetry';
  readonly #telemetry: Telemetry;
  readonly #log: Service['log'];
  readonly #hasReceivers: boolean;
  #started: Promise<void> = Promise.resolve();

  constructor(
    { clock, ledger, log }: Service,
    { otlp, instance }: MetricsSettings,
    told: Pick<TelemetryOptions, 'component' | 'series' | 'aggregator' | 'agent' | 'cluster'>,
  ) {
    const resource = { 'service.instance.id': instance };
    this.#telemetry = new Telemetry({ ...told, clock, ledger, log, version, otlp, resource });
    this.#log = log;
    this.#hasReceivers = otlp.length > 0;
  }

  /**
   * The SDK takes a tenth of a second to load; the next component starts meanwhile. With receivers, whose
   * settings may be wrong, it is awaited.
   * @throws {WeirError} WEIR_OTLP_FILE
   */
  async start(): Promise<void> {
    const starting = this.#telemetry.start();
    if (this.#hasReceivers) await starting;
    this.#started = starting.catch((error) =>
      this.#log.error(this.name, `no metrics: ${describeError(error)}`),
    );
  }

  async stop(deadlineMs: number): Promise<void> {
    await this.#started;
    await this.#telemetry.stop(Math.max(deadlineMs, LAST_EXPORT_MS));
  }

  /** Answers GET /metrics, once there are any. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#started;
    await this.#telemetry.handle(request, response);
  }
}
