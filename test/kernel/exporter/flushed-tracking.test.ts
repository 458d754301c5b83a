import { expect, it } from 'vitest';
import { connect, createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import type { Program } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { sumOf, WatchedHost } from '../../support/watched-host.ts';

/**
 * Sends a hundred octets ten times a second over one connection of TCP and one of UDP, and is answered each
 * time.
 */
const client = `
  import { createSocket } from 'node:dgram';
  import { connect } from 'node:net';
  const tcp = connect({ host: '10.0.8.2', port: 8443, localPort: 45454 }, () => console.log('talks'));
  const udp = createSocket('udp4').bind(45455);
  const timer = setInterval(() => {
    tcp.write(Buffer.alloc(100));
    udp.send(Buffer.alloc(100), 8444, '10.0.8.2');
  }, 100);
  process.once('SIGTERM', () => {
    clearInterval(timer);
    tcp.end(() => process.exit());
  });
`;

const server = `
  import { createSocket } from 'node:dgram';
  import { createServer } from 'node:net';
  const udp = createSocket('udp4').bind(8444);
  udp.on('message', (message, { address, port }) => udp.send(message, port, address));
  createServer((socket) => socket.pipe(socket)).listen(8443, () => console.log('listens'));
`;

const counting = `table inet counting {
  counter there {}
  counter back {}
  chain in { type filter hook input priority 0; meta l4proto { tcp, udp } th dport { 8443, 8444 } counter name there; }
  chain out { type filter hook output priority 0; meta l4proto { tcp, udp } th sport { 8443, 8444 } counter name back; }
}`;

const run = (namespace: NetworkNamespace, source: string): Program =>
  namespace.start([process.execPath, '--input-type=module', '--eval', source]);

requires(
  'namespaces',
  'nft',
  'conntrack',
)('open connections after a flush of connection tracking', () => {
  it.each([
    ['all of it', ['--flush']],
    ['one by one', ['--delete', '--proto', 'tcp']],
  ])('keep their direction, and each packet counts once: %s', async (_, words) => {
    await using clientHost = await createNamespace('client');
    await using serverHost = await createNamespace('server');
    await connect(
      { namespace: clientHost, device: 'eth0', addresses: ['10.0.8.1/24'] },
      { namespace: serverHost, device: 'eth0', addresses: ['10.0.8.2/24'] },
    );
    await loadRules(serverHost, counting);
    await using watched = await new WatchedHost(serverHost).start();
    await using servers = run(serverHost, server);
    await servers.says(/listens/);
    await using clients = run(clientHost, client);
    await clients.says(/talks/);

    const flows = () => watched.flows().length;
    await until('both flows', () => flows() >= 2);
    for (let flush = 0; flush < 2; flush++) {
      const before = flows();
      await serverHost.run(['conntrack', ...words]);
      await until('what goes on after it', () => flows() > before);
    }
    await clients.stop();
    const records = await watched.finish();

    const ends = new Set(
      records.map(({ sourceIP, sourceTransportPort, destinationTransportPort, biflowDirection }) =>
        [sourceIP, sourceTransportPort, destinationTransportPort, biflowDirection].join(' '),
      ),
    );
    expect([...ends].filter((one) => !/^10\.0\.8\.1 (45454 8443|45455 8444) 1?$/.test(one))).toEqual([]);
    const { there, back } = await readCounters(serverHost);
    expect(sumOf(records)).toEqual({
      packets: there!.packets,
      octets: there!.octets,
      replyPackets: back!.packets,
      replyOctets: back!.octets,
    });
    expect(watched.account('connections').closed).toBe(true);
  });
});
