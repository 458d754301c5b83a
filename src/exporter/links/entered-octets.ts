import type { LinkState } from './link-state.ts';

/**
 * Kinds of links at which packets enter the namespace: hardware, and the host's end of a Pod or a virtual
 * machine. Other kinds (bridge, bond, VLAN, tunnel) receive what such a link has received before.
 */
const kindsOfEntries = new Set(['', 'veth', 'netkit', 'tun']);

/** Ethernet's header, which a link counts and IP does not. */
const ETHERNET_OCTETS = 14;

/** Sums up what entered a network namespace through its links, from one reading to the next. */
export class EnteredOctets {
  #before: ReadonlyMap<number, number> | undefined;

  /** @returns octets from the IP header on since the last reading; 0 at the first */
  take(links: readonly LinkState[]): number {
    const now = new Map(links.filter(isEntry).map((link) => [link.index, ipOctetsOf(link)]));
    let grown = 0;
    // A link that was missing at the last reading has received everything since.
    if (this.#before !== undefined)
      for (const [index, octets] of now) grown += Math.max(0, octets - (this.#before.get(index) ?? 0));
    this.#before = now;
    return grown;
  }

  /** Another namespace is read from now on. */
  restart(): void {
    this.#before = undefined;
  }
}

/** Received octets from the IP header on. */
export const ipOctetsOf = ({
  receivedOctets,
  receivedPackets,
}: Pick<LinkState, 'receivedOctets' | 'receivedPackets'>): number =>
  Math.max(0, receivedOctets - ETHERNET_OCTETS * receivedPackets);

const isEntry = ({ name, kind, hasPeerHere }: LinkState): boolean =>
  name !== 'lo' && kindsOfEntries.has(kind) && !hasPeerHere;
