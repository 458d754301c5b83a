import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { OtlpCredentials } from './otlp-credentials.ts';
import type { OtlpOptions } from './otlp-options.ts';

/** An exporter of the SDK with one set of credentials. */
export interface OtlpClient {
  readonly exporter: PushMetricExporter;
  /** Breaks off what is under way, at once. */
  abandon(): void;
}

/** Loads only what the protocol needs. */
export function otlpClient(options: OtlpOptions, credentials: OtlpCredentials): Promise<OtlpClient> {
  return options.protocol === 'grpc' ? grpcClient(options, credentials) : httpClient(options, credentials);
}

async function httpClient(options: OtlpOptions, credentials: OtlpCredentials): Promise<OtlpClient> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
  const { headers, authorities: ca } = credentials;
  const agent = options.endpoint.startsWith('https:')
    ? new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent({ keepAlive: true });
  const exporter = new OTLPMetricExporter({
    ...common(options),
    headers: { ...headers },
    httpAgentOptions: () => agent,
  });
  return { exporter, abandon: () => agent.destroy() };
}

async function grpcClient(options: OtlpOptions, credentials: OtlpCredentials): Promise<OtlpClient> {
  const [{ OTLPMetricExporter }, { credentials: channel, Metadata }] = await Promise.all([
    import('@opentelemetry/exporter-metrics-otlp-grpc'),
    import('@grpc/grpc-js'),
  ]);
  const { headers, authorities } = credentials;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const exporter = new OTLPMetricExporter({
    ...common(options),
    metadata,
    credentials: options.endpoint.startsWith('https:')
      ? channel.createSsl(authorities === undefined ? null : Buffer.from(authorities))
      : channel.createInsecure(),
  });
  // What is under way ends by its own deadline.
  return { exporter, abandon: () => void exporter.shutdown().catch(() => {}) };
}

/** Exports that overlap there are none: each would only hold another copy of all data. */
const common = ({ endpoint, timeoutMs }: OtlpOptions) => ({
  url: endpoint,
  timeoutMillis: timeoutMs,
  concurrencyLimit: 1,
});
