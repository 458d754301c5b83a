import { expect, it } from 'vitest';
import type { FlowRecord } from '../../../src/flow/index.ts';
import { connect, createNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { WatchedHost } from '../../support/watched-host.ts';

/** Servers of TCP and UDP that send ten times a second once a client has sent something. */
const server = `
  import { createServer } from 'node:net';
  import { createSocket } from 'node:dgram';
  const tcp = createServer((socket) => setInterval(() => socket.write('news'), 100)).listen(8443, '::');
  const udp = createSocket('udp6').bind(8444, '::');
  udp.on('message', (_, { address, port }) => setInterval(() => udp.send('news', port, address), 100));
  tcp.on('listening', () => console.log('listening'));
`;

/** Sends once to both, from one port for each family, and then only listens. */
const client = `
  import { connect } from 'node:net';
  import { createSocket } from 'node:dgram';
  let heard = 0;
  const hears = () => { if (++heard === 4) console.log('hears all'); };
  for (const [address, type, localPort] of [['10.0.7.2', 'udp4', 45454], ['fd00:7::2', 'udp6', 45456]]) {
    connect({ host: address, port: 8443, localPort }).once('data', hears).resume();
    const udp = createSocket(type).bind(localPort + 1, () => udp.send('hello', 8444, address));
    udp.once('message', hears);
  }
`;

const run = (source: string) => [process.execPath, '--input-type=module', '--eval', source];

/** The ends of a record: their ports, and whether the direction is certain. */
const direction = (record: FlowRecord) => [
  record.sourceTransportPort,
  record.destinationTransportPort,
  record.biflowDirection,
];

requires('namespaces', 'conntrack')('a connection that was open before tracking was on', () => {
  it('has the client as its source, on both nodes, even if the server sends first', async () => {
    await using clientHost = await createNamespace('client');
    await using serverHost = await createNamespace('server');
    await connect(
      { namespace: clientHost, device: 'eth0', addresses: ['10.0.7.1/24', 'fd00:7::1/64'] },
      { namespace: serverHost, device: 'eth0', addresses: ['10.0.7.2/24', 'fd00:7::2/64'] },
    );
    await using servers = serverHost.start(run(server));
    await servers.says(/listening/);
    await using clients = clientHost.start(run(client));
    await clients.says(/hears all/);

    await using onServer = await new WatchedHost(serverHost).start();
    await using onClient = await new WatchedHost(clientHost).start();
    for (const watched of [onServer, onClient]) {
      await until('records of all four', () => watched.flows().length >= 4);
    }
    const [ofServer, ofClient] = [await onServer.finish(), await onClient.finish()];

    const initiator = 1;
    const isTcp = ({ protocolIdentifier }: FlowRecord) => protocolIdentifier === 6;
    for (const records of [ofServer, ofClient]) {
      const ports = records.map(
        (record) => `${record.sourceTransportPort} ${record.destinationTransportPort}`,
      );
      expect([...new Set(ports)].sort()).toEqual(['45454 8443', '45455 8444', '45456 8443', '45457 8444']);
      for (const record of records) expect(record.reverseOctetTotalCount).toBeGreaterThan(0);
    }
    // The listening socket proves it; ports alone or a UDP socket do not.
    for (const record of ofServer.filter(isTcp)) expect(direction(record)[2]).toBe(initiator);
    for (const record of ofClient.filter(isTcp)) expect(direction(record)[2]).toBeUndefined();
  });

  it('is distinguished from one that the kernel saw open', async () => {
    await using host = await createNamespace('seen');
    await using watched = await new WatchedHost(host).start();
    await using servers = host.start(run(server));
    await servers.says(/listening/);
    await host.runSource(`
      import { connect } from 'node:net';
      connect({ host: '127.0.0.1', port: 8443, localPort: 443 }).once('data', () => process.exit());
    `);
    const record = await until('its record', () =>
      watched.records.find(({ sourceTransportPort }) => sourceTransportPort === 443),
    );
    expect(direction(record)).toEqual([443, 8_443, 1]);
  });

  it('between two Pods has the Pod that does not listen as its source, for any ports', async () => {
    await using host = await createNamespace('host');
    await using clientPod = await createNamespace('client');
    await using serverPod = await createNamespace('server');
    for (const [pod, device, net] of [
      [clientPod, 'client', 1],
      [serverPod, 'server', 2],
    ] as const) {
      await connect(
        { namespace: pod, device: 'eth0', addresses: [`10.0.${net}.2/24`, `fd00:${net}::2/64`] },
        { namespace: host, device, addresses: [`10.0.${net}.1/24`, `fd00:${net}::1/64`] },
      );
      for (const via of [`10.0.${net}.1`, `fd00:${net}::1`]) await pod.addRoute('default', via);
    }
    host.enableForwarding();
    await using servers = serverPod.start(
      run(`
        import { createServer } from 'node:net';
        createServer((socket) => setInterval(() => socket.write('news'), 100))
          .listen(50443, '::', () => console.log('listening'));
      `),
    );
    await servers.says(/listening/);
    await using clients = clientPod.start(
      run(`
        import { connect } from 'node:net';
        let heard = 0;
        for (const host of ['10.0.2.2', 'fd00:2::2'])
          connect({ host, port: 50443, localPort: 40404 }).once('data', () => ++heard === 2 && console.log('hears both')).resume();
      `),
    );
    await clients.says(/hears both/);

    const nodeNetworks = ['10.0.1.0/24', '10.0.2.0/24', 'fd00:1::/64', 'fd00:2::/64'];
    await using watched = await new WatchedHost(host, { nodeNetworks }).start();
    await until('records of both', () => watched.flows().length >= 2);
    for (const record of await watched.finish()) expect(direction(record)).toEqual([40_404, 50_443, 1]);
  });
});
