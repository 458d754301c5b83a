/* Where servers answer unless they are told otherwise. Help texts name them, so this loads nothing. */

/** Where an aggregator, or `weir up`, answers over HTTP. */
export const defaultHttp = { host: '127.0.0.1', port: 10349 };

/** By the sink's kind. */
export const defaultLogServers = {
  loki: 'http://127.0.0.1:3100',
  victoriaLogs: 'http://127.0.0.1:9428',
} as const;
