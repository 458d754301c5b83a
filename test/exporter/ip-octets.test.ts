import { describe, expect, it } from 'vitest';
import { ipReceivedOctets } from '../../src/exporter/ip-octets.ts';

const netstat =
  'TcpExt: SyncookiesSent InOctets\nTcpExt: 1 7\nIpExt: InNoRoutes InOctets OutOctets\nIpExt: 0 5000 90\n';
const snmp6 = 'Ip6InReceives                   \t3\nIp6InOctets                     \t700\n';
const dev = '  eth0: 9000 90 0\n    lo: 1140 10 0 0\n';

describe('ipReceivedOctets', () => {
  it('adds both families, and subtracts what loopback received without its Ethernet headers', () => {
    expect(ipReceivedOctets({ netstat, snmp6, dev })).toBe(5_000 + 700 - (1_140 - 10 * 14));
  });

  it('is zero where the kernel has no such table', () => {
    expect(ipReceivedOctets({ netstat: '', snmp6: '', dev: '' })).toBe(0);
  });
});
