import { expect, it } from 'vitest';
import { Blindness } from '../../../src/exporter/blindness.ts';
import { BypassedTraffic } from '../../../src/exporter/bypassed-traffic.ts';
import { HostReader } from '../../../src/exporter/host-reader.ts';
import { Log, systemClock } from '../../../src/runtime/index.ts';
import { connect, createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';
import { exchangeTcp, startTcpServer } from '../../support/traffic.ts';

/** Reads a namespace before and after traffic, half a minute apart by its own clock. */
async function judge(host: NetworkNamespace, traffic: () => Promise<unknown>) {
  const blindness = new Blindness('agent', new Log(systemClock, () => {}));
  const bypassed = new BypassedTraffic(blindness);
  const reader = new HostReader(host.path);
  await reader.start();
  try {
    bypassed.take(await reader.read(), 0);
    await traffic();
    bypassed.take(await reader.read(), 30_000);
  } finally {
    await reader.stop();
  }
  const { enteredOctets, ipOctets } = bypassed;
  return { enteredOctets, ipOctets, problems: blindness.problems };
}

requires('namespaces')('the octets that reach IP', () => {
  it('are nearly all that enter where the host routes between Pods, also with a link of Cilium', async () => {
    await using host = await createNamespace('host');
    await using client = await createNamespace('client');
    await using server = await createNamespace('server');
    await connect(
      { namespace: host, device: 'cilium_host', addresses: ['10.0.1.1/24', 'fd00:1::1/64'] },
      { namespace: client, device: 'eth0', addresses: ['10.0.1.2/24', 'fd00:1::2/64'] },
    );
    await connect(
      { namespace: host, device: 'lxc1', addresses: ['10.0.2.1/24', 'fd00:2::1/64'] },
      { namespace: server, device: 'eth0', addresses: ['10.0.2.2/24', 'fd00:2::2/64'] },
    );
    await host.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
    await client.run(['ip', 'route', 'add', '10.0.2.0/24', 'via', '10.0.1.1']);
    await server.run(['ip', 'route', 'add', '10.0.1.0/24', 'via', '10.0.2.1']);
    await client.run(['ip', '-6', 'route', 'add', 'fd00:2::/64', 'via', 'fd00:1::1']);
    await server.run(['ip', '-6', 'route', 'add', 'fd00:1::/64', 'via', 'fd00:2::1']);
    await using _server = await startTcpServer(server, { port: 5_000, replyOctets: 300_000 });
    const { enteredOctets, ipOctets, problems } = await judge(host, async () => {
      for (const address of ['10.0.2.2', 'fd00:2::2'])
        await exchangeTcp(client, { host: address, port: 5_000, octets: 300_000, connections: 2 });
    });
    expect(enteredOctets).toBeGreaterThan(2 * 2 * 600_000);
    expect(ipOctets / enteredOctets).toBeGreaterThan(0.9);
    expect(ipOctets / enteredOctets).toBeLessThan(1.1);
    expect(problems).toEqual([]);
  });

  it('are few where frames pass below IP, and blind the agent beside a link of Cilium', async () => {
    await using host = await createNamespace('host');
    await using client = await createNamespace('client');
    await using server = await createNamespace('server');
    for (const [pod, device, address] of [
      [client, 'cilium_host', '10.0.3.1/24'],
      [server, 'lxc1', '10.0.3.2/24'],
    ] as const) {
      await connect(
        { namespace: host, device, addresses: [] },
        { namespace: pod, device: 'eth0', addresses: [address] },
      );
    }
    await host.run(['ip', 'link', 'add', 'br0', 'type', 'bridge']);
    await host.run(['ip', 'link', 'set', 'br0', 'up']);
    for (const port of ['cilium_host', 'lxc1']) await host.run(['ip', 'link', 'set', port, 'master', 'br0']);
    await using _server = await startTcpServer(server, { port: 5_000, replyOctets: 300_000 });
    const { problems } = await judge(host, () =>
      exchangeTcp(client, { host: '10.0.3.2', port: 5_000, octets: 300_000, connections: 2 }),
    );
    expect(problems).toEqual([expect.stringMatching(/^tracking bypassed: Cilium forwards (9\d|100) %/)]);
  });
});
