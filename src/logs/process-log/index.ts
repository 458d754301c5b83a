/**
 * The program's own log on its way to Loki, by winston and winston-loki: bounded, counted, and without harm
 * to the process when Loki is away, slow or refuses.
 */
export { ProcessLog } from './process-log.ts';
export type { ProcessLogOptions } from './process-log-options.ts';
