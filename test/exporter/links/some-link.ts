import type { LinkState } from '../../../src/exporter/links/index.ts';

let made = 0;

/** A link of hardware that has carried nothing, but for what is told. */
export function someLink(told: Partial<LinkState> = {}): LinkState {
  made++;
  return {
    index: made,
    name: `eth${made}`,
    kind: '',
    isPort: false,
    hasPeerHere: false,
    holdsDefaultRoute: false,
    speedBitsPerSecond: undefined,
    receivedOctets: 0,
    receivedPackets: 0,
    receivedErrors: 0,
    receivedDropped: 0,
    sentOctets: 0,
    sentPackets: 0,
    sentErrors: 0,
    sentDropped: 0,
    ...told,
  };
}
