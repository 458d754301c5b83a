import { readFileSync, writeFileSync } from 'node:fs';
import { serverProgram } from './built-servers.ts';
import type { Certificate } from './certificate.ts';
import { type CollectedPoint, readCollectedMetrics } from './collected-metrics.ts';
import { listenAddress, Server, type ServerPlace, startServer } from './server.ts';
import type { TemporaryDirectory } from './temporary-directory.ts';
import { type Patience, until } from './until.ts';

export interface OtelCollectorOptions extends ServerPlace {
  /** For OTLP over gRPC; `port` is for OTLP over HTTP. Default 0: one that is free. */
  grpcPort?: number;
  /** Both receivers speak TLS with this. */
  certificate?: Certificate;
}

const ready = [
  /Starting HTTP server.*"endpoint": "([^"]+)"/,
  /Starting GRPC server.*"endpoint": "([^"]+)"/,
  /Everything is ready/,
];

/** Starts an OpenTelemetry Collector that keeps the metrics it receives, and waits until it is ready. */
export async function startOtelCollector(options: OtelCollectorOptions = {}): Promise<OtelCollector> {
  const { server, said } = await startServer(
    options,
    (directory) => collectorCommand(directory, options),
    ready,
  );
  const scheme = options.certificate ? 'https' : 'http';
  return new OtelCollector(server, `${scheme}://${said[0]![1]}/v1/metrics`, `${scheme}://${said[1]![1]}`);
}

export class OtelCollector extends Server {
  /** For http/protobuf (and JSON). */
  readonly httpUrl: string;
  readonly grpcUrl: string;

  constructor({ program, directory }: Server, httpUrl: string, grpcUrl: string) {
    super(program, directory);
    this.httpUrl = httpUrl;
    this.grpcUrl = grpcUrl;
  }

  /** All received points, in the order of their arrival. */
  points(): CollectedPoint[] {
    return readCollectedMetrics(readFileSync(outputFile(this.directory), 'utf8'));
  }

  /** Waits for a point that matches this and returns it. */
  receives(
    what: string,
    like: (point: CollectedPoint) => boolean,
    patience?: Patience,
  ): Promise<CollectedPoint> {
    return until(`${what} at the Collector`, () => this.points().find(like), patience);
  }
}

function outputFile(directory: TemporaryDirectory): string {
  return directory.file('metrics.jsonl');
}

function collectorCommand(directory: TemporaryDirectory, options: OtelCollectorOptions): string[] {
  const { certificate, grpcPort = 0 } = options;
  const receiver = (place: ServerPlace) => ({
    endpoint: listenAddress(place),
    ...(certificate && {
      tls: { cert_file: certificate.certificateFile, key_file: certificate.keyFile },
    }),
  });
  const configuration = directory.file('collector.yaml');
  writeFileSync(
    configuration,
    JSON.stringify({
      receivers: {
        otlp: { protocols: { http: receiver(options), grpc: receiver({ ...options, port: grpcPort }) } },
      },
      exporters: { file: { path: outputFile(directory), flush_interval: '20ms' } },
      service: {
        telemetry: { metrics: { level: 'none' } }, // its own metrics: they would need a fixed port
        pipelines: { metrics: { receivers: ['otlp'], exporters: ['file'] } },
      },
    }), // JSON is YAML
  );
  return [serverProgram('otel-collector'), '--config', configuration];
}
