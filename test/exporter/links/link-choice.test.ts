import { describe, expect, it } from 'vitest';
import { LinkChoice, type LinkState } from '../../../src/exporter/links/index.ts';
import { someLink } from './some-link.ts';

const names = (links: readonly LinkState[]) => links.map(({ name }) => name);
const veth = (name: string, told: Partial<LinkState> = {}) => someLink({ name, kind: 'veth', ...told });

describe('the choice of links with their own series', () => {
  it("leaves out the host's ends of links to Pods and virtual machines", () => {
    const links = [
      someLink({ name: 'lo' }),
      someLink({ name: 'eth0' }),
      someLink({ name: 'eni0' }),
      someLink({ name: 'br0', kind: 'bridge' }),
      someLink({ name: 'wg0', kind: 'wireguard' }),
      someLink({ name: 'tun0', kind: 'tun' }),
      veth('uplink'),
      veth('port', { isPort: true }),
      veth('loop', { hasPeerHere: true }),
      someLink({ name: 'vnet0', kind: 'tun', isPort: true }),
      someLink({ name: 'lxc1', kind: 'netkit' }),
      ...['veth1a2b', 'cali1a2b', 'lxc1a2b', 'azv1a2b', 'eni1a2b', 'gke1a2b'].map((name) => veth(name)),
    ];
    const { own, summed, beyondLimit } = new LinkChoice().divide(links);
    expect(names(own)).toEqual(['lo', 'eth0', 'eni0', 'br0', 'wg0', 'tun0', 'uplink']);
    expect(names(summed)).toEqual(names(links.slice(7)));
    expect(beyondLimit).toEqual([]);
  });

  it('never leaves out the link of the default route, or a link with a configured capacity', () => {
    const links = [veth('veth0', { holdsDefaultRoute: true, isPort: true }), veth('veth1'), veth('veth2')];
    const { own, summed } = new LinkChoice({}, (name) => name === 'veth1').divide(links);
    expect(names(own)).toEqual(['veth1', 'veth0']);
    expect(names(summed)).toEqual(['veth2']);
  });

  it('follows patterns, and those that exclude take precedence', () => {
    const links = [veth('veth1'), veth('veth12'), veth('cali.1'), veth('calix1'), someLink({ name: 'eth0' })];
    const choice = new LinkChoice({ include: ['veth*', 'cali.1'], exclude: ['*2', 'eth0'] });
    const { own, summed } = choice.divide(links);
    expect(names(own)).toEqual(['veth1', 'cali.1']);
    expect(names(summed)).toEqual(['veth12', 'calix1', 'eth0']);
  });

  it('respects the limit: requested links first, then uplinks and hardware, the older first', () => {
    const links = [
      someLink({ name: 'br-a', kind: 'bridge' }),
      someLink({ name: 'br-b', kind: 'bridge' }),
      someLink({ name: 'hardware' }),
      veth('uplink', { holdsDefaultRoute: true }),
      veth('veth9'),
    ];
    const { own, summed, beyondLimit } = new LinkChoice({ include: ['veth9'], limit: 4 }).divide(links);
    expect(names(own)).toEqual(['veth9', 'hardware', 'uplink', 'br-a']);
    expect(names(beyondLimit)).toEqual(['br-b']);
    expect(summed).toEqual([]);
  });

  it('gives 64 links their own series by default', () => {
    const links = Array.from({ length: 100 }, () => someLink());
    const { own, beyondLimit } = new LinkChoice().divide(links);
    expect([own.length, beyondLimit.length]).toEqual([64, 36]);
  });
});
