/** A receiver of metrics by OTLP. */
export interface OtlpOptions {
  /** `http://127.0.0.1:4318/v1/metrics`; gRPC uses only scheme, host and port. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'grpc';
  readonly intervalMs: number;
  /** A longer export has failed; at most the interval. */
  readonly timeoutMs: number;
  /** File with one header on each line, `name: value`. Read again before each export, since tokens change. */
  readonly headersFile?: string;
  /** PEM certificates of the authorities for the receiver's certificate; read again as well. */
  readonly caFile?: string;
}

/** The result of an export. */
export const exportResults = [
  'success',
  'partial',
  'throttled',
  'rejected',
  'unreachable',
  'timeout',
  'failed',
] as const;
export type ExportResult = (typeof exportResults)[number];

/** The receiver as label and in the log, without secrets. */
export function targetName(endpoint: string): string {
  const { protocol, host, pathname } = new URL(endpoint);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
