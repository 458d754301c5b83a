import type { KeptEvent } from '../../src/flow/index.ts';

/** An event of a Pod that was killed, with other values. */
export const madeEvent = (other: Partial<KeptEvent> = {}): KeptEvent => ({
  time: new Date().toISOString(),
  kind: 'kubernetes',
  reason: 'OOMKilled',
  type: 'Warning',
  objectKind: 'Pod',
  objectName: 'cart-0',
  names: { sourcePodNamespace: 'shop', sourcePodName: 'cart-0', sourceNodeName: 'node-2' },
  message: 'container app ended with exit code 137',
  facts: { container: 'app', exitCode: 137 },
  ...other,
});

/** One that is in a namespace, or in none. */
export const eventIn = (namespace: string | undefined, reason: string): KeptEvent =>
  madeEvent({ reason, names: namespace === undefined ? {} : { sourcePodNamespace: namespace } });
