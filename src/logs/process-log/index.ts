/**
 * The program's own log on its way to Loki, by winston and winston-loki: bounded, counted, and without harm
 * to the process when Loki is away, slow or refuses.
 */
export { type LokiLogSettings, lokiLogSettings } from './loki-log-settings.ts';
export { logOptions } from './options.ts';
export { ProcessLog } from './process-log.ts';
export type { ProcessLogOptions } from './process-log-options.ts';
