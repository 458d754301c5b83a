import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { type Clock, describeError, type Log, readCredentials, withDeadline } from '../../runtime/index.ts';
import type { Observations } from './observations.ts';
import { type OtlpClient, otlpClient } from './otlp-client.ts';
import { type ExportResult, type OtlpOptions, targetName } from './otlp-options.ts';

type ExportOutcome = Parameters<Parameters<PushMetricExporter['export']>[1]>[0];

/** The SDK's ExportResultCode. */
const SUCCESS = 0;
const FAILED = 1;

const complaint = { code: 'WEIR_OTLP_FILE', purpose: 'OTLP', section: 'weir.metrics.otlp' };

/** The exporter gives up by itself after its time-out; this is for one that does not. */
const GRACE_MS = 500;
/** Seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/**
 * One receiver of OTLP. Each export is counted and ends in time, whatever the receiver does, so that never more than one is under way;
 * the SDK repeats within that time what may be repeated. Nothing is kept for later: counters are cumulative, the next export says it all.
 */
export class OtlpTarget implements PushMetricExporter {
  readonly name: string;
  readonly #options: OtlpOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #exports = new Map<ExportResult, number>();
  readonly #durations = { bounds: BOUNDS, counts: new Float64Array(BOUNDS.length + 1), sum: 0 };
  /** Made anew when the credentials have changed, or it got stuck. */
  #client: OtlpClient | undefined;
  #credentials = '';

  constructor(options: OtlpOptions, clock: Clock, log: Log) {
    this.name = targetName(options.endpoint);
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** @throws {WeirError} WEIR_OTLP_FILE when the files with headers or authorities cannot be read */
  async start(): Promise<void> {
    await this.#currentClient();
  }

  export(metrics: ResourceMetrics, callback: (outcome: ExportOutcome) => void): void {
    void this.#export(metrics).then(callback);
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {
    this.#discard();
  }

  observe(into: Observations): void {
    const target = this.name;
    for (const [result, count] of this.#exports)
      into.add('weir_otlp_exports_total', count, { target, result });
    into.histogram('weir_otlp_export_duration_seconds', this.#durations, { target });
  }

  async #export(metrics: ResourceMetrics): Promise<ExportOutcome> {
    const startedMs = this.#clock.monotonic();
    const outcome = await this.#attempt(metrics);
    const result = outcome.code === SUCCESS ? 'success' : resultOf(outcome.error);
    this.#count(result, (this.#clock.monotonic() - startedMs) / 1000);
    if (result !== 'success') {
      const text = `metrics were not taken by ${this.name}: ${result}, ${describeError(outcome.error)}`;
      this.#log.limited('otlp', `${this.name} ${result}`, text, { receiver: this.name, result });
    }
    return outcome;
  }

  async #attempt(metrics: ResourceMetrics): Promise<ExportOutcome> {
    try {
      const { exporter } = await this.#currentClient();
      const exported = new Promise<ExportOutcome>((resolve) => exporter.export(metrics, resolve));
      return await withDeadline(this.#clock, exported, this.#options.timeoutMs + GRACE_MS);
    } catch (error) {
      this.#discard();
      return { code: FAILED, error: error as Error };
    }
  }

  async #currentClient(): Promise<OtlpClient> {
    const credentials = await readCredentials(this.#options, complaint);
    const key = JSON.stringify(credentials);
    if (key !== this.#credentials) this.#discard();
    this.#credentials = key;
    this.#client ??= await otlpClient(this.#options, credentials);
    return this.#client;
  }

  #discard(): void {
    this.#client?.abandon();
    this.#client = undefined;
  }

  #count(result: ExportResult, seconds: number): void {
    this.#exports.set(result, (this.#exports.get(result) ?? 0) + 1);
    const bucket = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#durations.counts[bucket < 0 ? BOUNDS.length : bucket]!++;
    this.#durations.sum += seconds;
  }
}

/** By what the SDK's exporters say: an HTTP status, a gRPC status, or an error of Node's; without a code the receiver asked for patience. */
function resultOf(error: unknown): ExportResult {
  const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
  if (name === 'OTLPExporterError') return code === undefined ? 'throttled' : 'rejected';
  if (typeof code === 'number') return grpcResults[code] ?? 'rejected';
  if (typeof code === 'string') {
    if (code.startsWith('WEIR_')) return 'failed';
    return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable';
  }
  return /timed out|not done within/i.test(message ?? '') ? 'timeout' : 'failed';
}

/** RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED, UNAVAILABLE. */
const grpcResults: Readonly<Record<number, ExportResult>> = {
  8: 'throttled',
  4: 'timeout',
  14: 'unreachable',
};
