/** A receiver of OTLP that metrics are sent to. */
export interface OtlpOptions {
  /** `http://127.0.0.1:4318/v1/metrics`; of gRPC only scheme, host and port count. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'grpc';
  readonly intervalMs: number;
  /** An export that takes longer has failed; at most the interval. */
  readonly timeoutMs: number;
  /** A file with one header a line, `name: value`; read again before each export, as tokens change. */
  readonly headersFile?: string;
  /** PEM certificates of the authorities that signed the receiver's; read again as well. */
  readonly caFile?: string;
}

/** How an export ended. */
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

/** The receiver as label and in the log: without what may be secret. */
export function targetName(endpoint: string): string {
  const { protocol, host, pathname } = new URL(endpoint);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
