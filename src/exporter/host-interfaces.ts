import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { type AddressWords, parseAddress } from '../flow/index.ts';

/** One network interface: what its link can carry, and what it has carried since it was made. */
export interface LinkReading {
  readonly name: string;
  /** Undefined where the link has no speed of its own (virtual) or is down. */
  readonly speedBitsPerSecond: number | undefined;
  readonly receivedOctets: number;
  readonly receivedPackets: number;
  readonly receivedErrors: number;
  readonly receivedDropped: number;
  readonly sentOctets: number;
  readonly sentPackets: number;
  readonly sentErrors: number;
  readonly sentDropped: number;
}

/** The interfaces of one network namespace at one time. */
export interface HostInterfaces {
  readonly addresses: readonly AddressWords[];
  readonly links: readonly LinkReading[];
}

/**
 * Reads the interfaces of the calling thread's network namespace. Synchronous on purpose: Node's thread pool may live in another
 * one.
 * @param hasSysfs whether /sys shows this namespace; it shows the one it was mounted in, and only there are speeds known
 */
export function readHostInterfaces(hasSysfs: boolean): HostInterfaces {
  const addresses = Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .map(({ address }) => parseAddress(address.replace(/%.*$/, '')))
    .filter((words) => words !== undefined);
  const table = readFileSync('/proc/thread-self/net/dev', 'utf8');
  return { addresses, links: parseLinks(table, hasSysfs ? speedOf : () => undefined) };
}

/**
 * Reads the table of proc_net_dev(5), after two lines of headings one line an interface:
 *
 *     name: received octets, packets, errors, dropped, fifo, frame, compressed, multicast, sent octets, packets, errors, dropped, …
 */
export function parseLinks(table: string, speed: (name: string) => number | undefined): LinkReading[] {
  return table
    .split('\n')
    .slice(2)
    .filter((line) => line.includes(':'))
    .map((line) => {
      const colon = line.lastIndexOf(':');
      const name = line.slice(0, colon).trim();
      const counts = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/)
        .map(Number);
      return {
        name,
        speedBitsPerSecond: speed(name),
        receivedOctets: counts[0]!,
        receivedPackets: counts[1]!,
        receivedErrors: counts[2]!,
        receivedDropped: counts[3]!,
        sentOctets: counts[8]!,
        sentPackets: counts[9]!,
        sentErrors: counts[10]!,
        sentDropped: counts[11]!,
      };
    });
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
