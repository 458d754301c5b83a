import { ipOctetsOf } from './links/index.ts';
import { readNetTable } from './net-table.ts';

/** Tables of a network namespace: /proc/net/netstat, /proc/net/snmp6 (empty without IPv6), /proc/net/dev. */
export interface OctetTables {
  readonly netstat: string;
  readonly snmp6: string;
  readonly dev: string;
}

/** Octets that IP has received from links in the calling thread's network namespace since its creation. */
export function readIpReceivedOctets(): number {
  return ipReceivedOctets({
    netstat: readNetTable('netstat'),
    snmp6: readNetTable('snmp6'),
    dev: readNetTable('dev'),
  });
}

/**
 * InOctets of RFC 4293, without what loopback has received. They count from the IP header on, and before the
 * firewall. Loopback counts an Ethernet header with each packet.
 */
export function ipReceivedOctets({ netstat, snmp6, dev }: OctetTables): number {
  const [names = [], counts = []] = netstat
    .split('\n')
    .filter((line) => line.startsWith('IpExt: '))
    .map((line) => line.split(' '));
  const v4 = Number(counts[names.indexOf('InOctets')] ?? 0);
  const v6 = Number(/^Ip6InOctets\s+(\d+)$/m.exec(snmp6)?.[1] ?? 0);
  const [, octets = 0, packets = 0] = /^ *lo: *(\d+) +(\d+)/m.exec(dev) ?? [];
  return v4 + v6 - ipOctetsOf({ receivedOctets: Number(octets), receivedPackets: Number(packets) });
}
