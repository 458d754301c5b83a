import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { severalAddressesNote } from '../../../src/ipfix/collecting/several-addresses.ts';

const link = (address: string, internal = false) =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo;
const loopback = [link('127.0.0.1', true), link('::1', true)];
const two = { lo: loopback, eth0: [link('192.0.2.1'), link('192.0.2.2'), link('2001:db8::1')] };
const one = { lo: loopback, eth0: [link('192.0.2.1'), link('2001:db8::1'), link('fe80::1')] };

const noteOf = (protocol: 'udp' | 'dtls', host: string, interfaces = two) =>
  severalAddressesNote({ protocol, host, port: 4_739 }, interfaces);

describe('DTLS on all addresses', () => {
  it('says where answers leave from if a host has several addresses of a family', () => {
    expect(noteOf('dtls', '0.0.0.0')).toContain('this host has 2 addresses');
    expect(noteOf('dtls', '::')).toContain('this host has 3 addresses');
  });

  it.each([
    ['a host with one of each family', noteOf('dtls', '::', one)],
    ['one address', noteOf('dtls', '192.0.2.1')],
    ['plain UDP, which answers nothing', noteOf('udp', '0.0.0.0')],
  ])('has nothing to say for %s', (_, note) => {
    expect(note).toBeUndefined();
  });
});
