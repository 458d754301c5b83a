/** Where and how lines are pushed. */
export interface PushOptions {
  /** Loki's base, "http://127.0.0.1:3100", to which the path of the push is added, or an address that ends in /push. */
  readonly url: string;
  /** X-Scope-OrgID. */
  readonly tenant?: string;
  /** Files are read anew when they may have changed. */
  readonly headersFile?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly bearerTokenFile?: string;
  /** PEM, all three. */
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  /** Protobuf with snappy, or JSON with gzip. Default protobuf. */
  readonly encoding?: 'protobuf' | 'json';
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

const PUSH_PATH = '/loki/api/v1/push';

/** The address that lines are posted to. */
export function pushUrl(url: string): URL {
  const target = new URL(url);
  if (!target.pathname.endsWith('/push'))
    target.pathname = `${target.pathname.replace(/\/+$/, '')}${PUSH_PATH}`;
  return target;
}
