import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { type Credentials, type FileComplaint, readCredentials } from '../../http/index.ts';
import {
  type Clock,
  describeError,
  type Log,
  printableText,
  Refusals,
  withDeadline,
} from '../../runtime/index.ts';
import type { Observations } from './observations.ts';
import { type OtlpClient, otlpClient } from './otlp-client.ts';
import { type ExportResult, type OtlpOptions, targetName } from './otlp-options.ts';
import { listenForPartialSuccess, type PartialSuccess } from './partial-success.ts';

type ExportOutcome = Parameters<Parameters<PushMetricExporter['export']>[1]>[0];

/** The SDK's ExportResultCode. */
const SUCCESS = 0;
const FAILED = 1;

const complaint: FileComplaint = {
  code: 'WEIR_OTLP_FILE',
  purpose: 'OTLP',
  section: 'weir.metrics.otlp',
};

/** The exporter times out by itself; this is for one that does not. */
const GRACE_MS = 500;
/** Seconds. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/**
 * One receiver of OTLP. Each export is counted and ends in time, whatever the receiver does, so only one is
 * in progress. The SDK retries within that time. Nothing is kept for later: counters are cumulative, so the
 * next export covers everything.
 */
export class OtlpTarget implements PushMetricExporter {
  readonly name: string;
  readonly #options: OtlpOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #exports = new Map<ExportResult, number>();
  readonly #durations = { bounds: BOUNDS, counts: new Float64Array(BOUNDS.length + 1), sum: 0 };
  /** Replaced when the credentials have changed, or when it hangs. */
  #client: OtlpClient | undefined;
  #credentials = '';
  #rejectedPoints = 0;
  readonly #refusals: Refusals;

  constructor(options: OtlpOptions, clock: Clock, log: Log) {
    this.name = targetName(options.endpoint);
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#refusals = new Refusals(log, 'otlp', 'credentials');
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
    into.add('weir_otlp_rejected_points_total', this.#rejectedPoints, { target });
    into.histogram('weir_otlp_export_duration_seconds', this.#durations, { target });
  }

  async #export(metrics: ResourceMetrics): Promise<ExportOutcome> {
    const startedMs = this.#clock.monotonic();
    const { outcome, partial } = await this.#attempt(metrics);
    const result = resultOf(outcome, partial);
    this.#count(result, (this.#clock.monotonic() - startedMs) / 1000);
    this.#rejectedPoints += partial?.rejectedPoints ?? 0;
    if (partial !== undefined) this.#tell(result, partialText(this.name, partial));
    else if (result !== 'success') {
      this.#tell(result, `${this.name} did not accept metrics: ${result}, ${reasonOf(outcome.error)}`);
    }
    return outcome;
  }

  #tell(result: ExportResult, text: string): void {
    this.#log.limited('otlp', `${this.name} ${result}`, text, { receiver: this.name, result });
  }

  async #attempt(
    metrics: ResourceMetrics,
  ): Promise<{ outcome: ExportOutcome; partial?: PartialSuccess | undefined }> {
    let partial: PartialSuccess | undefined;
    const onPartial = (told: PartialSuccess) => {
      partial = told;
    };
    try {
      const { exporter } = await this.#currentClient();
      const exported = new Promise<ExportOutcome>((resolve) => {
        listenForPartialSuccess(onPartial, () => exporter.export(metrics, resolve));
      });
      const outcome = await withDeadline(this.#clock, exported, this.#options.timeoutMs + GRACE_MS);
      return { outcome, partial };
    } catch (error) {
      this.#discard();
      return { outcome: { code: FAILED, error: error as Error } };
    }
  }

  async #currentClient(): Promise<OtlpClient> {
    const credentials = await this.#readCredentials();
    const key = JSON.stringify(credentials);
    if (key !== this.#credentials) this.#discard();
    this.#credentials = key;
    this.#client ??= await otlpClient(this.#options, credentials);
    return this.#client;
  }

  async #readCredentials(): Promise<Credentials> {
    try {
      const credentials = await readCredentials(this.#options, complaint);
      this.#refusals.accept();
      return credentials;
    } catch (error) {
      this.#refusals.refuse(`${this.name} gets no metrics without credentials: ${describeError(error)}`);
      throw error;
    }
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

/** Maximum characters shown of a receiver's message. */
const MAX_TEXT = 300;
const shortText = (text: string): string => printableText(text.trim().slice(0, MAX_TEXT));

/** A receiver may also send a warning after it accepted everything. */
function partialText(receiver: string, { rejectedPoints, message }: PartialSuccess): string {
  const words = shortText(message) || 'without a reason';
  return rejectedPoints === 0
    ? `${receiver} accepted all metrics with a warning: ${words}`
    : `${receiver} rejected ${rejectedPoints} points: ${words}`;
}

/**
 * The error, with the receiver's status and message when it sent them. Protobuf octets in between are left
 * out.
 */
function reasonOf(error: unknown): string {
  const { code, data } = error as { code?: unknown; data?: unknown };
  const status = typeof code === 'number' ? `${code} ` : '';
  const words = typeof data === 'string' ? shortText(data.replace(/[^\x20-\x7e]+/g, ' ')) : '';
  return `${status}${describeError(error)}${words === '' ? '' : `: ${words}`}`;
}

function resultOf({ code, error }: ExportOutcome, partial: PartialSuccess | undefined): ExportResult {
  if (code !== SUCCESS) return failureOf(error);
  return partial !== undefined && partial.rejectedPoints > 0 ? 'partial' : 'success';
}

/**
 * The result from the SDK's error: an HTTP status, a gRPC status, or an error of Node. Without a code, the
 * receiver asked for a pause.
 */
function failureOf(error: unknown): ExportResult {
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
