import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type AddressWords, parseAddress } from '../flow/index.ts';
import { type LinkReading, readLinks } from './links/index.ts';

/** The interfaces of one network namespace at one time. */
export interface HostInterfaces {
  readonly addresses: readonly AddressWords[];
  readonly links: readonly LinkReading[];
}

/**
 * Reads the interfaces of the calling thread's network namespace. Synchronous on purpose: Node's thread pool
 * may live in another one.
 * @param hasSysfs whether /sys shows this namespace; it shows the one it was mounted in, and only there are
 * speeds known
 * @throws NetlinkError where the kernel or a seccomp profile refuses
 */
export function readHostInterfaces(hasSysfs: boolean): HostInterfaces {
  const addresses = Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .map(({ address }) => parseAddress(address.replace(/%.*$/, '')))
    .filter((words) => words !== undefined);
  return { addresses, links: readLinks(hasSysfs ? speedOf : () => undefined) };
}

/** The kernel tells megabits per second, -1 or an error where there is no such thing. */
function speedOf(name: string): number | undefined {
  try {
    const megabits = Number(readFileSync(`/sys/class/net/${name}/speed`, 'utf8'));
    return megabits > 0 ? megabits * 1_000_000 : undefined;
  } catch {
    return undefined;
  }
}
