/**
 * Delivers lines to a Loki: collects them in batches, pushes, retries, stores them on disk, and counts them.
 * Knows nothing about flows.
 */

export { readPushCredentials } from './credentials.ts';
export { Outbox } from './outbox.ts';
export type { PushConnection } from './push-client.ts';
export type { PushOptions } from './push-options.ts';
