/**
 * Sends the program's own log to Loki, by winston and winston-loki. It is bounded and counted, and does not
 * harm the process when Loki is away, slow or refuses.
 */
export { type LokiLogSettings, lokiLogSettings } from './loki-log-settings.ts';
export { logOptions } from './options.ts';
export { ProcessLog } from './process-log.ts';
export type { ProcessLogOptions } from './process-log-options.ts';
