import { describe, expect, it } from 'vitest';
import { AddressRanges, parseAddress } from '../../src/flow/index.ts';
import { builtInRanges } from '../../src/metrics/series/built-in-ranges.ts';

const ranges = new AddressRanges([
  { name: 'office', networks: ['10.1.0.0/16', '2001:db8:1::/48'] },
  { name: 'printers', networks: ['10.1.2.0/24'] },
  { name: 'router', networks: ['10.1.2.1'] },
  { name: 'lan', networks: ['192.168.0.0/16'] },
  ...builtInRanges,
]);

const nameOf = (address: string): string | undefined =>
  ranges.names[ranges.find(new Uint32Array([7, 7, ...parseAddress(address)!]), 2)];

describe('the range of an address', () => {
  it.each([
    ['10.1.9.9', 'office'],
    ['10.1.2.9', 'printers'],
    ['10.1.2.1', 'router'],
    ['10.2.0.1', 'private'],
    ['192.168.4.4', 'lan'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'internet'],
    ['100.64.0.1', 'cgnat'],
    ['100.128.0.1', 'internet'],
    ['127.0.0.53', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['239.1.1.1', 'multicast'],
    ['255.255.255.255', 'multicast'],
    ['8.8.8.8', 'internet'],
    ['0.0.0.0', 'internet'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fd00::1', 'private'],
    ['ff02::fb', 'multicast'],
    ['2001:db8:1:2::3', 'office'],
    ['2001:db8:2::3', 'internet'],
  ])('of %s is %s; the longest prefix wins', (address, name) => {
    expect(nameOf(address)).toBe(name);
  });

  it('is absent without an address, and of one that lies in no range', () => {
    expect(ranges.find(new Uint32Array(4), 0)).toBe(-1);
    const one = new AddressRanges([{ name: 'lab', networks: ['10.0.0.0/8'] }]);
    expect(one.find(parseAddress('192.0.2.1')!, 0)).toBe(-1);
    expect(one.find(parseAddress('2001:db8::1')!, 0)).toBe(-1);
  });

  it('must be given as networks', () => {
    expect(() => new AddressRanges([{ name: 'lab', networks: ['10.0.0.0/33'] }])).toThrow(
      'range "lab": expected an address or a CIDR such as 10.1.0.0/16; found "10.0.0.0/33"',
    );
  });
});
