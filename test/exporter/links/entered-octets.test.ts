import { expect, it } from 'vitest';
import { EnteredOctets } from '../../../src/exporter/links/index.ts';
import { someLink } from './some-link.ts';

const received = (octets: number, packets: number, rest = {}) =>
  someLink({ receivedOctets: octets, receivedPackets: packets, ...rest });

it('counts at hardware and at the ends of Pods, from the IP header on', () => {
  const entered = new EnteredOctets();
  const links = (octets: number, packets: number) => [
    received(octets, packets, { index: 2, name: 'eth0' }),
    received(octets, packets, { index: 3, name: 'veth1', kind: 'veth' }),
    received(octets, packets, { index: 4, name: 'nk1', kind: 'netkit' }),
  ];
  expect(entered.take(links(1_000, 1))).toBe(0);
  expect(entered.take(links(3_000, 11))).toBe(3 * (2_000 - 10 * 14));
});

it('leaves out what receives again: loopback, bridges, tunnels, VLANs, and pairs with both ends here', () => {
  const entered = new EnteredOctets();
  const links = (octets: number) => [
    received(octets, 0, { index: 1, name: 'lo' }),
    received(octets, 0, { index: 5, name: 'br0', kind: 'bridge' }),
    received(octets, 0, { index: 6, name: 'flannel.1', kind: 'vxlan' }),
    received(octets, 0, { index: 7, name: 'eth0.5', kind: 'vlan' }),
    received(octets, 0, { index: 8, name: 'cilium_net', kind: 'veth', hasPeerHere: true }),
  ];
  entered.take(links(0));
  expect(entered.take(links(9_000))).toBe(0);
});

it('counts all of a new link, and nothing when a counter starts again', () => {
  const entered = new EnteredOctets();
  entered.take([received(500, 0, { index: 2 })]);
  expect(entered.take([received(500, 0, { index: 2 }), received(70, 0, { index: 9 })])).toBe(70);
  expect(entered.take([received(5, 0, { index: 2 })])).toBe(0);
});
