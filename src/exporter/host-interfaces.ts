import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type AddressWords, parseAddress } from '../flow/ip-address.ts';
import { readIpReceivedOctets } from './ip-octets.ts';
import { type LinkState, readLinks } from './links/index.ts';

/** The interfaces of one network namespace at one time. */
export interface HostInterfaces {
  readonly addresses: readonly AddressWords[];
  readonly links: readonly LinkState[];
  /** Octets that IP has received from links since the creation of the namespace. */
  readonly ipReceivedOctets: number;
}

/**
 * Reads the interfaces of the calling thread's network namespace. It is synchronous, since Node's thread pool
 * may be in another namespace.
 * @param hasSysfs whether /sys shows this namespace; /sys shows the one it was mounted in, and only it has
 * speeds
 * @throws NetlinkError when the kernel or a seccomp profile refuses
 */
export function readHostInterfaces(hasSysfs: boolean): HostInterfaces {
  const addresses = Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .map(({ address }) => parseAddress(address.replace(/%.*$/, '')))
    .filter((words) => words !== undefined);
  const links = readLinks(hasSysfs ? speedOf : () => undefined);
  return { addresses, links, ipReceivedOctets: readIpReceivedOctets() };
}

/** The kernel reports megabits per second, or -1 or an error when there is no speed. */
function speedOf(name: string): number | undefined {
  try {
    const megabits = Number(readFileSync(`/sys/class/net/${name}/speed`, 'utf8'));
    return megabits > 0 ? megabits * 1_000_000 : undefined;
  } catch {
    return undefined;
  }
}
