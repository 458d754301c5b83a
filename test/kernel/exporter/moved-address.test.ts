import { expect, it } from 'vitest';
import { connect, createNamespace } from '../../support/namespace.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';
import { sumOf, WatchedHost } from '../../support/watched-host.ts';

/** Sends a hundred octets ten times a second to the address that moves, in both families. */
const sender = `
  import { createSocket } from 'node:dgram';
  const v4 = createSocket('udp4').bind(45454);
  const v6 = createSocket('udp6').bind(45456, () => console.log('sends'));
  setInterval(() => {
    v4.send(Buffer.alloc(100), 8444, '10.0.9.3');
    v6.send(Buffer.alloc(100), 8444, 'fd00:9::3');
  }, 100);
`;

const counting = `table inet counting {
  counter there {}
  chain first { type filter hook prerouting priority -150; udp dport 8444 counter name there; }
}`;

requires('namespaces', 'nft')('a flow to an address that leaves the node and comes back', () => {
  it('stays as in its first record, and its packets count once', async () => {
    await using remote = await createNamespace('remote');
    await using host = await createNamespace('host');
    await connect(
      { namespace: remote, device: 'eth0', addresses: ['10.0.9.1/24', 'fd00:9::1/64'] },
      { namespace: host, device: 'eth0', addresses: ['10.0.9.2/24', 'fd00:9::2/64'] },
    );
    const moving = ['10.0.9.3/24', 'fd00:9::3/64'];
    const move = async (what: 'add' | 'delete') => {
      for (const address of moving) {
        const flags = what === 'add' && address.includes(':') ? ['nodad'] : [];
        await host.run(['ip', 'address', what, address, 'dev', 'eth0', ...flags]);
      }
    };
    await move('add');
    // The remote host continues to send to the old place of the address.
    const [link] = JSON.parse(await host.run(['ip', '-json', 'link', 'show', 'eth0']));
    for (const address of moving) {
      const bare = address.replace(/\/.*/, '');
      const at = ['lladdr', link.address, 'dev', 'eth0', 'nud', 'permanent'];
      await remote.run(['ip', 'neighbour', 'replace', bare, ...at]);
    }
    await loadRules(host, counting);
    await using watched = await new WatchedHost(host, {
      clusterNetworks: ['10.0.9.0/24', 'fd00:9::/64'],
    }).start();
    await using senders = remote.start([process.execPath, '--input-type=module', '--eval', sender]);
    await senders.says(/^sends$/m);

    const told = () =>
      watched.records.filter(({ destinationTransportPort }) => destinationTransportPort === 8444);
    const twoMore = async () => {
      const before = told().length;
      await until('four more records', () => told().length >= before + 4);
    };
    await twoMore();
    await move('delete');
    await twoMore();
    await move('add');
    await twoMore();
    await senders.stop();
    await watched.finish();

    const says = told().map(({ flowId, sourceNodeName, destinationNodeName, flowType }) =>
      [flowId, sourceNodeName, destinationNodeName, flowType].join(' '),
    );
    expect(new Set(says).size, [...new Set(says)].join('; ')).toBe(2);
    expect(told().every(({ destinationNodeName }) => destinationNodeName === 'node-a')).toBe(true);
    const { there } = await readCounters(host);
    expect(sumOf(told())).toMatchObject({ packets: there!.packets, octets: there!.octets });
  });
});
