import { type LogServer, type LogServerName, logServers } from '../log-server.ts';

/** Where and how to push lines. */
export interface PushOptions {
  /**
   * Its base, "http://127.0.0.1:3100", to which the path of the push is added, or an address that ends in
   * /push.
   */
  readonly url: string;
  /** The server, or whether to detect it. Default loki. */
  readonly server?: LogServerName | 'detect';
  /** Loki: X-Scope-OrgID. VictoriaLogs: AccountID or AccountID:ProjectID. */
  readonly tenant?: string;
  /** Files are read again when they may have changed. */
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
  /** VictoriaLogs: maximum age of lines, as in its own configuration. Default 7 days. */
  readonly retentionMs?: number;
  /** VictoriaLogs: how far ahead lines may be. Default 2 days. */
  readonly futureMs?: number;
}

/** The address that lines are posted to. */
export function pushUrl(base: URL, { pushPath }: LogServer): URL {
  const target = new URL(base);
  target.pathname = target.pathname.replace(/\/+$/, '');
  if (!target.pathname.endsWith('/push'))
    target.pathname = `${target.pathname.replace(/\/$/, '')}${pushPath}`;
  return target;
}

/** Another page of the server; undefined when its base is unknown, since the address is a gateway's. */
export function pageUrl(base: URL, server: LogServer, page: string): URL | undefined {
  const target = pushUrl(base, server);
  const { pushPath } = server;
  if (!target.pathname.endsWith(pushPath)) return undefined;
  target.pathname = target.pathname.slice(0, -pushPath.length) + page;
  return target;
}

/** Undefined: it must be detected. An address that ends in /push shows it. */
export function serverOf({ server = 'loki', url }: PushOptions): LogServer | undefined {
  if (server !== 'detect') return logServers[server];
  const pathname = new URL(url).pathname.replace(/\/+$/, '');
  if (pathname.endsWith(logServers.victoriaLogs.pushPath)) return logServers.victoriaLogs;
  return pathname.endsWith('/push') ? logServers.loki : undefined;
}
