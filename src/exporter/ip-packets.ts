import { readNetTable } from './net-table.ts';

/**
 * The tables of a network namespace: /proc/net/snmp, /proc/net/snmp6 (empty without IPv6) and /proc/net/dev.
 */
export interface IpTables {
  readonly snmp: string;
  readonly snmp6: string;
  readonly dev: string;
}

/**
 * IP packets that the calling thread's network namespace has carried since its creation. Too low by the
 * loopback packets that pass while the tables are read, since what `countIpPackets` subtracts is read last.
 */
export function readIpPackets(): number {
  return countIpPackets({
    snmp: readNetTable('snmp'),
    snmp6: readNetTable('snmp6'),
    dev: readNetTable('dev'),
  });
}

/**
 * Packets that connection tracking should count, by the counters of RFC 4293: delivered here, forwarded, or
 * sent from here. A loopback packet is sent and delivered, and counts once.
 *
 * This is no sum over interfaces, so a packet that crosses a bridge, a veth and a link counts once. It
 * excludes what is not IP, what a bridge or a flow table passes below IP, and what a firewall drops. It also
 * excludes what the kernel never counts for a connection: neighbour discovery, multicast listener reports,
 * and ICMP errors.
 */
export function countIpPackets({ snmp, snmp6, dev }: IpTables): number {
  const v4 = readSnmp(snmp);
  const v6 = readSnmp6(snmp6);
  const looped = Number(/^ *lo: *\d+ +(\d+)/m.exec(dev)?.[1] ?? 0);
  return stackPackets(v4, 'Ip') + stackPackets(v6, 'Ip6') - looped;
}

type Counters = ReadonlyMap<string, number>;

function stackPackets(counters: Counters, protocol: string): number {
  const counterOf = (name: string) => counters.get(`${protocol}${name}`) ?? 0;
  // Since Linux 6.7 OutRequests counts before the firewall, which may deny; OutTransmits counts each fragment
  // after it.
  const hasTransmits = counters.has(`${protocol}OutTransmits`);
  const sent = hasTransmits
    ? counterOf('OutTransmits') - counterOf('FragCreates') + counterOf('FragOKs')
    : counterOf('OutRequests');
  let packets = counterOf('InDelivers') + sent;
  for (const [name, count] of counters) if (uncounted.test(name)) packets -= count;
  return packets;
}

/**
 * ICMP: unreachable, source quench, redirect, time exceeded, parameter problem. ICMPv6: errors, and 130 to
 * 137 and 143.
 */
const uncounted = /^(IcmpMsg(In|Out)Type(3|4|5|11|12)|Icmp6(In|Out)Type([1-4]|13[0-7]|143))$/;

/** Pairs of lines: "Ip: name name …" and "Ip: number number …". */
function readSnmp(table: string): Counters {
  const counters = new Map<string, number>();
  const lines = table.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [protocol = '', ...names] = lines[at]!.split(' ');
    const [, ...counts] = lines[at + 1]!.split(' ');
    names.forEach((name, column) => {
      counters.set(`${protocol.replace(':', '')}${name}`, Number(counts[column]));
    });
  }
  return counters;
}

/** A name and a number on each line. */
function readSnmp6(table: string): Counters {
  const counters = new Map<string, number>();
  for (const [, name, count] of table.matchAll(/^(\w+)\s+(\d+)$/gm)) counters.set(name!, Number(count));
  return counters;
}
