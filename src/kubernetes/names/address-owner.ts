import type { KnownNode } from './known-node.ts';
import type { KnownPod } from './known-pod.ts';

/** Who may own an address. */
export type AddressOwner = KnownPod | KnownNode;
