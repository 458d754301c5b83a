import { expect, it } from 'vitest';
import { readTableState, TrackingTable } from '../../../src/exporter/conntrack/index.ts';
import { connect, createNamespace } from '../../support/namespace.ts';
import { loadRules } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';

requires(
  'namespaces',
  'nft',
  'ping',
)('TrackingTable', () => {
  it('turns connection tracking on, for loopback too, without any other rule', async () => {
    await using namespace = await createNamespace('track');
    const table = new TrackingTable();
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    expect(namespace.enter(readTableState)).toMatchObject({
      entries: 0,
      hasTrackingTable: false,
      tracking: 'not-seen',
    });
    expect(namespace.enter(() => table.ensure())).toBe('made');
    expect(namespace.enter(readTableState)).toMatchObject({
      entries: 0,
      hasTrackingTable: true,
      tracking: 'yes',
      warnings: [],
    });
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    await namespace.run(['ping', '-c', '1', '::1']);
    expect(namespace.enter(readTableState).entries).toBe(2);
  });

  it('counts each connection once when it begins: local, on loopback, forwarded, and none that was dropped', async () => {
    await using client = await createNamespace('client');
    await using router = await createNamespace('router');
    await using server = await createNamespace('server');
    const addresses = (host: number) => [
      `10.0.${host >> 4}.${host & 15}/24`,
      `fd00:${host >> 4}::${host & 15}/64`,
    ];
    await connect(
      { namespace: client, device: 'eth0', addresses: addresses(0x11) },
      { namespace: router, device: 'eth0', addresses: addresses(0x12) },
    );
    await connect(
      { namespace: router, device: 'eth1', addresses: addresses(0x22) },
      { namespace: server, device: 'eth0', addresses: addresses(0x21) },
    );
    router.enableForwarding();
    for (const family of ['10.0.1.2', 'fd00:1::2']) await client.addRoute('default', family);
    for (const family of ['10.0.2.2', 'fd00:2::2']) await server.addRoute('default', family);
    await loadRules(
      router,
      `table inet deny {
        chain forward {
          type filter hook forward priority 0
          udp dport 9 drop
        }
      }`,
    );
    const table = new TrackingTable();
    expect(router.enter(() => table.connectionsBegun())).toBeUndefined();
    router.enter(() => table.ensure());
    await client.run(['ping', '-c', '3', '-i', '0.01', '10.0.2.1']); // forwarded
    await client.run(['ping', '-c', '2', '-i', '0.01', '10.0.1.2']); // to the router itself
    await router.run(['ping', '-c', '2', '-i', '0.01', '10.0.2.1']); // from the router
    await router.run(['ping', '-c', '2', '-i', '0.01', '127.0.0.1']);
    expect(router.enter(() => table.connectionsBegun())).toBe(4);
    await client.runSource(`
      import { createSocket } from 'node:dgram';
      const socket = createSocket('udp4');
      socket.send('dropped on the way', 9, '10.0.2.1', () => socket.close());`);
    await client.run(['ping', '-c', '1', '10.0.2.1']);
    expect(router.enter(() => table.connectionsBegun())).toBe(5);
  });

  it('reads as what it is in nft', async () => {
    await using namespace = await createNamespace('list');
    namespace.enter(() => new TrackingTable().ensure());
    expect((await namespace.run(['nft', 'list', 'ruleset'])).replaceAll('\t', '  ')).toBe(
      `table inet weir {
  comment "Weir: turns connection tracking on and counts the connections that begin"
  counter begun {
    packets 0 bytes 0
  }

  chain input {
    type filter hook input priority 2147483646; policy accept;
    ct status ! confirmed counter name "begun"
  }

  chain postrouting {
    type filter hook postrouting priority 2147483646; policy accept;
    ct status ! confirmed counter name "begun"
  }
}
`,
    );
  });

  it('takes over what a crash has left, and removes it with nothing else', async () => {
    await using namespace = await createNamespace('crash');
    await loadRules(
      namespace,
      `table inet mine {
        chain input {
          type filter hook input priority 0
          accept
        }
      }`,
    );
    const mine = await namespace.run(['nft', 'list', 'ruleset']);
    await loadRules(
      namespace,
      `table inet weir {
        chain old {
          ct state new accept
        }
      }`,
    );
    expect(namespace.enter(() => new TrackingTable().ensure())).toBe('taken-over');
    expect(await namespace.run(['nft', 'list', 'table', 'inet', 'weir'])).not.toContain('old');
    expect(namespace.enter(() => new TrackingTable().remove())).toBe('removed');
    expect(namespace.enter(() => new TrackingTable().remove())).toBe('absent');
    expect(await namespace.run(['nft', 'list', 'ruleset'])).toBe(mine);
  });
});
