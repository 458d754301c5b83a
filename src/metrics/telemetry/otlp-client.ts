import { Agent as HttpsAgent } from 'node:https';
import { createRequire } from 'node:module';
import type { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { Credentials } from '../../http/index.ts';
import { Agent as HttpAgent } from '../../runtime/node-http.ts';
import { withoutOtlpEnvironment } from './otlp-environment.ts';
import type { OtlpOptions } from './otlp-options.ts';

/** An exporter of the SDK with one set of credentials. */
export interface OtlpClient {
  readonly exporter: PushMetricExporter;
  /** Aborts exports in progress, at once. */
  abandon(): void;
}

/** Loads only what the protocol needs. */
export function otlpClient(options: OtlpOptions, credentials: Credentials): Promise<OtlpClient> {
  return options.protocol === 'grpc' ? grpcClient(options, credentials) : httpClient(options, credentials);
}

async function httpClient(options: OtlpOptions, credentials: Credentials): Promise<OtlpClient> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
  const { headers, authorities: ca } = credentials;
  const agent = options.endpoint.startsWith('https:')
    ? new HttpsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent({ keepAlive: true });
  const exporter = withoutOtlpEnvironment(
    () =>
      new OTLPMetricExporter({
        ...commonOptions(options),
        headers: { ...headers },
        httpAgentOptions: () => agent,
      }),
  );
  return { exporter, abandon: () => agent.destroy() };
}

async function grpcClient(options: OtlpOptions, credentials: Credentials): Promise<OtlpClient> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc');
  const { Metadata, credentials: channel } = loadGrpc();
  const { headers, authorities } = credentials;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const security = options.endpoint.startsWith('https:')
    ? channel.createSsl(authorities === undefined ? null : Buffer.from(authorities))
    : channel.createInsecure();
  const exporter = withoutOtlpEnvironment(
    () => new OTLPMetricExporter({ ...commonOptions(options), metadata, credentials: security }),
  );
  // An export in progress ends at its own deadline.
  return { exporter, abandon: () => void exporter.shutdown().catch(() => {}) };
}

type GrpcConfig = NonNullable<ConstructorParameters<typeof GrpcExporter>[0]>;

/** The parts of @grpc/grpc-js that this file uses. */
interface Grpc {
  readonly Metadata: new () => NonNullable<GrpcConfig['metadata']>;
  readonly credentials: {
    createInsecure(): NonNullable<GrpcConfig['credentials']>;
    createSsl(authorities: Buffer | null): NonNullable<GrpcConfig['credentials']>;
  };
}

/** The exporter's own copy: it rejects metadata and credentials of another copy. */
function loadGrpc(): Grpc {
  const requireAsExporter = createRequire(import.meta.resolve('@opentelemetry/exporter-metrics-otlp-grpc'));
  return requireAsExporter('@grpc/grpc-js');
}

/** One export at a time: an overlapping one would only hold another copy of all data. */
const commonOptions = ({ endpoint, timeoutMs }: OtlpOptions) => ({
  url: endpoint,
  timeoutMillis: timeoutMs,
  concurrencyLimit: 1,
});
