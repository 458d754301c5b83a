import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLinks } from '../../../src/exporter/links/index.ts';
import { connect, createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { WatchedHost } from '../../support/watched-host.ts';

const PODS = 50;

requires('namespaces', 'ping')('the links of a host', () => {
  let host: NetworkNamespace;
  let pods: NetworkNamespace;

  beforeEach(async () => {
    host = await createNamespace('host');
    pods = await createNamespace('pods');
  });

  afterEach(() => Promise.all([host.close(), pods.close()]));

  it("of 50 Pods at a bridge are one sum, which does not fall when a Pod's link disappears", async () => {
    const numbers = Array.from({ length: PODS }, (_, at) => at + 1);
    const commands = [
      'link add cni0 type bridge',
      'address add 10.9.0.1/24 dev cni0',
      'link set cni0 up',
      ...numbers.flatMap((pod) => [
        `link add pod${pod} type veth peer name end${pod} netns ${pods.name}`,
        `link set pod${pod} master cni0 up`,
      ]),
    ];
    await host.run(['ip', '-batch', '-'], { input: commands.join('\n') });
    await pods.run(['ip', 'address', 'add', '10.9.0.2/24', 'dev', 'end1']);
    await pods.run(['ip', 'link', 'set', 'end1', 'up']);

    await using watched = await new WatchedHost(host, { tracking: false, pollIntervalMs: 100 }).start();
    const sum = () => watched.agent.metrics.links.find(({ name }) => name === 'other links')!;
    const names = () => watched.agent.metrics.links.map(({ name }) => name);
    const counts = () => watched.agent.metrics.linkCounts.map(({ links }) => links);
    expect(names()).toEqual(['lo', 'cni0', 'other links']);
    expect(counts()).toEqual([2, PODS, 0]);

    await pods.run(['ping', '-q', '-c', '5', '-i', '0.01', '-s', '1000', '10.9.0.1']);
    await until('the echoes in the sum', () => sum().receivedOctets >= 5 * 1_028);
    const before = sum();
    await host.run(['ip', 'link', 'delete', 'pod1']);
    await until('a reading without it', () => counts()[1] === PODS - 1);
    const after = sum();
    expect(after.receivedOctets).toBeGreaterThanOrEqual(before.receivedOctets);
    expect(after.sentPackets).toBeGreaterThanOrEqual(before.sentPackets);
    expect(after.receivedPackets).toBeGreaterThanOrEqual(5);
  });

  it("keep a container's uplink as a series, even with a name like a Pod's end", async () => {
    await connect(
      { namespace: host, device: 'veth0', addresses: ['10.9.0.2/24'] },
      { namespace: pods, device: 'far', addresses: ['10.9.0.1/24'] },
    );
    await connect(
      { namespace: host, device: 'eth1', addresses: ['10.8.0.2/24'] },
      { namespace: pods, device: 'far1', addresses: ['10.8.0.1/24'] },
    );
    await host.run(['ip', 'route', 'add', 'default', 'via', '10.9.0.1']);
    await using watched = await new WatchedHost(host, { tracking: false }).start();
    expect(watched.agent.metrics.links.map(({ name }) => name).sort()).toEqual(['eth1', 'lo', 'veth0']);
  });

  it('keep the links of a default route with several hops, for IPv6 too', async () => {
    for (const link of [1, 2, 3]) {
      await connect(
        { namespace: host, device: `up${link}`, addresses: [`10.9.${link}.2/24`, `fd00:${link}::2/64`] },
        { namespace: pods, device: `far${link}`, addresses: [`10.9.${link}.1/24`, `fd00:${link}::1/64`] },
      );
    }
    const hops = ['nexthop', 'via', '10.9.1.1', 'nexthop', 'via', '10.9.2.1'];
    await host.run(['ip', 'route', 'add', 'default', ...hops]);
    await host.run(['ip', '-6', 'route', 'add', 'default', 'via', 'fd00:3::1']);
    const links = host.enter(() => readLinks(() => undefined));
    const routed = links.filter(({ holdsDefaultRoute }) => holdsDefaultRoute);
    expect(routed.map(({ name }) => name).sort()).toEqual(['up1', 'up2', 'up3']);
    expect(routed.map(({ kind }) => kind)).toEqual(['veth', 'veth', 'veth']);
  });

  it('are counted as /proc/net/dev counts them', async () => {
    await host.run(['ping', '-q', '-c', '3', '-i', '0.01', '127.0.0.1']);
    const { links, table } = host.enter(() => ({
      links: readLinks(() => undefined),
      table: readFileSync('/proc/thread-self/net/dev', 'utf8'),
    }));
    const [octets, packets] = /lo: *(\d+) +(\d+)/.exec(table)!.slice(1).map(Number);
    expect(packets).toBe(6);
    expect(links.find(({ name }) => name === 'lo')).toMatchObject({
      receivedOctets: octets,
      receivedPackets: packets,
      sentOctets: octets,
      sentPackets: packets,
    });
  });
});
