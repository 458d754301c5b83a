/**
 * The way of lines to a Loki: gathered in batches, pushed, put off, kept on disk, and counted. Knows nothing
 * of flows.
 */

export { readPushCredentials } from './credentials.ts';
export { Outbox } from './outbox.ts';
export type { PushConnection } from './push-client.ts';
export type { PushOptions } from './push-options.ts';
