import { describe, expect, it } from 'vitest';
import { countIpPackets } from '../../src/exporter/ip-packets.ts';

const none = { snmp: '', snmp6: '', dev: '' };
const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
  eth0: 9000     900    0    0    0     0          0         0   900      90    0    0    0     0       0          0
    lo: 1000      10    0    0    0     0          0         0  1000      10    0    0    0     0       0          0
`;

describe('countIpPackets', () => {
  it('adds delivered, forwarded and sent packets, and counts loopback once', () => {
    const snmp = 'Ip: ForwDatagrams InDelivers OutRequests OutTransmits\nIp: 100 40 30 130\n';
    expect(countIpPackets({ ...none, snmp, dev })).toBe(100 + 40 + 30 - 10);
  });

  it('counts forwarded packets once before Linux 6.7, where they are among those sent', () => {
    const snmp = 'Ip: ForwDatagrams InDelivers OutRequests\nIp: 100 40 130\n';
    expect(countIpPackets({ ...none, snmp })).toBe(40 + 130);
  });

  it('leaves out packets that a firewall denies on output, and counts a fragmented packet once', () => {
    const snmp = 'Ip: InDelivers OutRequests FragOKs FragCreates OutTransmits\nIp: 40 1000 2 6 34\n';
    expect(countIpPackets({ ...none, snmp })).toBe(40 + 30);
  });

  it('leaves out packets that the kernel counts for no connection', () => {
    const snmp =
      'Ip: InDelivers OutRequests OutTransmits\nIp: 40 30 30\nIcmpMsg: InType0 InType3 OutType11 OutType8\nIcmpMsg: 5 2 1 5\n';
    const snmp6 = [
      ['Ip6InDelivers', 50],
      ['Ip6OutRequests', 20],
      ['Ip6OutForwDatagrams', 7],
      ['Ip6OutTransmits', 27],
      ['Icmp6InType135', 4],
      ['Icmp6OutType136', 4],
      ['Icmp6OutType143', 2],
      ['Icmp6OutType1', 1],
      ['Icmp6InType128', 3],
    ];
    const text = snmp6.map(([name, count]) => `${name}                   \t${count}\n`).join('');
    expect(countIpPackets({ ...none, snmp, snmp6: text })).toBe(70 - 3 + (50 + 20 + 7) - 11);
  });
});
