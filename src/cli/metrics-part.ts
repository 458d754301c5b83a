import type { IncomingMessage, ServerResponse } from 'node:http';
import { Telemetry, type TelemetryOptions } from '../metrics/index.ts';
import { type Component, describeError } from '../runtime/index.ts';
import type { MetricsSettings } from './config/index.ts';
import type { Service } from './service.ts';
import { version } from './version.ts';

/**
 * What it may take to send the last numbers when others have used up the time; a component may overrun by a
 * little more.
 */
const LAST_EXPORT_MS = 400;

/**
 * What a process tells of itself and of flows, for whoever reads /metrics and for the receivers of OTLP.
 * Stops after all that it tells of, so that the receivers get the final numbers.
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
    told: Pick<TelemetryOptions, 'component' | 'series' | 'aggregator' | 'agent'>,
  ) {
    const resource = { 'service.instance.id': instance };
    this.#telemetry = new Telemetry({ ...told, clock, ledger, log, version, otlp, resource });
    this.#log = log;
    this.#hasReceivers = otlp.length > 0;
  }

  /**
   * The SDK takes a tenth of a second to load, for which what starts next does not wait; only receivers can
   * be set up wrongly.
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

  /** Answers GET /metrics, as soon as there are any. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.#started;
    await this.#telemetry.handle(request, response);
  }
}
