import { describe, expect, it } from 'vitest';
import { BEGUN, madeNode, madePod } from './made-objects.ts';
import { TestCluster } from './test-cluster.ts';

describe('a Node', () => {
  it('has its internal addresses of both families, but no external one, which a router may share out', () => {
    const cluster = new TestCluster();
    cluster.set(
      madeNode({
        addresses: [
          { type: 'InternalIP', address: '192.0.2.1' },
          { type: 'InternalIP', address: '2001:db8::1' },
          { type: 'ExternalIP', address: '198.51.100.1' },
          { type: 'Hostname', address: 'node-a' },
        ],
      }),
    );
    expect(cluster.ownerOf('192.0.2.1')).toBe('node-a');
    expect(cluster.ownerOf('2001:db8::1')).toBe('node-a');
    expect(cluster.ownerOf('198.51.100.1')).toBeUndefined();
  });

  it('has the addresses of its tunnels and bridges that network plugins tell', () => {
    const cluster = new TestCluster();
    cluster.set(
      madeNode({
        podCIDRs: ['10.244.3.0/24', 'fd00:10:244:3::/64'],
        annotations: {
          'projectcalico.org/IPv4VXLANTunnelAddr': '10.42.7.1',
          'k8s.ovn.org/node-subnets': '{"default":["10.129.2.0/23","fd01:0:0:5::/64"]}',
        },
      }),
    );
    const addresses = [
      '10.244.3.0',
      '10.244.3.1',
      'fd00:10:244:3::1',
      '10.42.7.1',
      '10.129.2.2',
      'fd01:0:0:5::2',
    ];
    expect(addresses.map((address) => cluster.ownerOf(address))).toEqual(addresses.map(() => 'node-a'));
    expect(cluster.ownerOf('10.244.3.2')).toBeUndefined();
  });

  it('gives way to a Pod that has one of these addresses', () => {
    const cluster = new TestCluster();
    cluster.set(madeNode({ podCIDRs: ['10.244.3.0/24'] }), madePod({ addresses: ['10.244.3.1'] }));
    expect(cluster.ownerOf('10.244.3.1')).toBe('shop/web-0');
  });

  it('that takes over the name and address of another has them from then on', () => {
    const cluster = new TestCluster();
    const addresses = [{ type: 'InternalIP', address: '192.0.2.1' }];
    const first = madeNode({ uid: 'first', addresses });
    cluster.set(first);
    cluster.clock.advance(60_000);
    cluster.set(madeNode({ uid: 'second', addresses, createdMs: BEGUN + 60_000 }));
    cluster.delete(first);
    cluster.clock.advance(10_000);
    expect(cluster.ownerOf('192.0.2.1')).toBe('node-a');
    expect(cluster.names.nodes.size).toBe(1);
    expect(cluster.names.owners.find([0, 0, 0xffff, 0xc000_0201], 0, 0, cluster.clock.now())).toMatchObject({
      uid: { text: 'second' },
    });
  });

  it('that is deleted has its address in the time before', () => {
    const cluster = new TestCluster();
    const node = madeNode({ addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] });
    cluster.set(node);
    cluster.clock.advance(60_000);
    cluster.delete(node);
    cluster.clock.advance(20_000);
    expect(cluster.ownerOf('192.0.2.1')).toBeUndefined();
    expect(cluster.ownerOf('192.0.2.1', BEGUN + 30_000)).toBe('node-a');
  });
});
