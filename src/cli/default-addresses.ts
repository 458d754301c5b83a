/* Default addresses of servers. Help texts name them, so this file loads nothing. */

/** HTTP address of an aggregator, or of `weir up`. */
export const defaultHttp = { host: '127.0.0.1', port: 10349 };

/** HTTP address of `weir console`, which may run beside a `weir up`. */
export const defaultConsole = { host: '127.0.0.1', port: 10350 };

/** Where each program serves /metrics. */
export const defaultMetrics = {
  aggregator: { host: '127.0.0.1', port: 9464 },
  agent: { host: '127.0.0.1', port: 9465 },
} as const;

/** By the sink's kind. */
export const defaultLogServers = {
  loki: 'http://127.0.0.1:3100',
  victoriaLogs: 'http://127.0.0.1:9428',
} as const;
