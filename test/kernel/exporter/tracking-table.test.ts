import { expect, it } from 'vitest';
import { readTableState, TrackingTable } from '../../../src/exporter/conntrack/index.ts';
import { NetlinkSocket } from '../../../src/exporter/netlink/index.ts';
import { connect, createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { loadRules } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

requires(
  'namespaces',
  'nft',
  'ping',
)('TrackingTable', () => {
  it('turns connection tracking on, also for loopback, without any other rule', async () => {
    await using namespace = await createNamespace('track');
    const table = new TrackingTable();
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    expect(namespace.enter(() => readTableState(table))).toMatchObject({
      entries: 0,
      hasTrackingTable: false,
      tracking: 'not-seen',
    });
    expect(namespace.enter(() => table.ensure())).toBe('made');
    expect(namespace.enter(() => readTableState(table))).toMatchObject({
      entries: 0,
      hasTrackingTable: true,
      tracking: 'yes',
      warnings: [],
    });
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    await namespace.run(['ping', '-c', '1', '::1']);
    expect(namespace.enter(() => readTableState(table)).entries).toBe(2);
  });

  it('counts each local, loopback or forwarded connection once when it begins, and none that is denied', async () => {
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
          udp dport 10 reject
          tcp dport 10 reject with tcp reset
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
    await client.runSource(`
      import { createSocket } from 'node:dgram';
      import { once } from 'node:events';
      import { connect } from 'node:net';
      for (const [family, address] of [['udp4', '10.0.2.1'], ['udp6', 'fd00:2::1']]) {
        const socket = createSocket(family);
        socket.connect(10, address);
        await once(socket, 'connect');
        socket.send('rejected on the way');
        await once(socket, 'error');
        socket.close();
        await once(connect(10, address), 'error');
      }`);
    await client.run(['ping', '-c', '1', '10.0.2.1']);
    expect(router.enter(() => table.connectionsBegun())).toBe(5);
  });

  it('explains itself in the output of nft', async () => {
    await using namespace = await createNamespace('list');
    using table = tableIn(namespace);
    expect(table.isOwned).toBe(true);
    const listed = await namespace.run(['nft', 'list', 'ruleset']);
    expect(listed.replaceAll('\t', '  ').replace(/ # progname .*/, '')).toBe(
      `table inet ${table.name} {
  flags owner
  comment "${comment}"

  counter begun {
    packets 0 bytes 0
  }

  chain input {
    type filter hook input priority 2147483646; policy accept;
    ct direction original ct status ! confirmed counter name "begun"
  }

  chain postrouting {
    type filter hook postrouting priority 2147483646; policy accept;
    ct direction original ct status ! confirmed counter name "begun"
  }
}
`,
    );
  });

  it('exists once for each process, and tracking ends with the last', async () => {
    await using namespace = await createNamespace('share');
    using first = tableIn(namespace);
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    {
      using second = tableIn(namespace);
      await namespace.run(['ping', '-c', '1', '127.0.0.1']);
      expect(begunIn(namespace, first)).toBe(2);
      expect(begunIn(namespace, second)).toBe(1);
    }
    expect(await tablesOf(namespace)).toEqual([first.name]);
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    expect(begunIn(namespace, first)).toBe(3);
    expect(namespace.enter(() => first.remove())).toBe('removed');
    expect(namespace.enter(() => first.remove())).toBe('absent');
    expect(await namespace.run(['nft', 'list', 'ruleset'])).toBe('');
  });

  it('cannot be changed by other programs, and disappears with a killed process', async () => {
    await using namespace = await createNamespace('owner');
    await using other = namespace.startModule(new URL('../../support/tracking-process.ts', import.meta.url));
    await other.says(/made/);
    const [name] = await tablesOf(namespace);
    await namespace.run(['nft', 'flush', 'ruleset']);
    await expect(namespace.run(['nft', 'delete', 'table', 'inet', name!])).rejects.toThrow('not permitted');
    expect(await tablesOf(namespace)).toEqual([name]);
    process.kill(other.pid, 'SIGKILL');
    await until('the table is gone', async () => (await tablesOf(namespace)).length === 0);
  });

  it('leaves other tables unchanged, with any names', async () => {
    await using namespace = await createNamespace('foreign');
    const port = namespace.enter(() => portOfTheNext());
    const foreign = ['weir', `weir-${port}`, 'mine'].map(
      (name) => `table inet ${name} {
	chain old {
		ct state new accept
	}
}
`,
    );
    await loadRules(namespace, foreign.join(''));
    const before = await namespace.run(['nft', 'list', 'ruleset']);
    const table = tableIn(namespace);
    expect(table.name).toBe(`weir-${port}-2`);
    table[Symbol.dispose]();
    expect(await namespace.run(['nft', 'list', 'ruleset'])).toBe(before);
  });
});

requires(
  'namespaces',
  'nft',
  'ping',
)('TrackingTable on a kernel without owners of tables', () => {
  it.each([
    ['everything', 'flush ruleset'],
    ['its rules', 'flush chain inet TABLE input'],
    ['itself', 'delete table inet TABLE'],
    ['its effect', 'add table inet TABLE { flags dormant; }'],
  ])('is created again after somebody removes %s', async (_, command) => {
    await using namespace = await createNamespace('again');
    using table = tableIn(namespace, false);
    expect(table.isOwned).toBe(false);
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    expect(begunIn(namespace, table)).toBe(1);
    await namespace.run(['nft', command.replace('TABLE', table.name!)]);
    expect(namespace.enter(() => table.isPresent())).toBe(false);
    expect(namespace.enter(() => table.ensure())).toBe('made');
    expect(namespace.enter(() => table.ensure())).toBe('present');
    await namespace.run(['ping', '-c', '1', '127.0.0.1']);
    expect(begunIn(namespace, table)).toBe(2);
  });

  it('removes its own table at its end, and the table of a killed process', async () => {
    await using namespace = await createNamespace('dead');
    const module = new URL('../../support/tracking-process.ts', import.meta.url);
    await using other = namespace.startModule(module, ['unowned']);
    await other.says(/made/);
    const [left] = await tablesOf(namespace);
    using living = tableIn(namespace, false);
    expect((await tablesOf(namespace)).toSorted()).toEqual([left!, living.name!].toSorted());
    process.kill(other.pid, 'SIGKILL');
    await until('the process is gone', () => !other.running);
    {
      using _next = tableIn(namespace, false);
      const names = await tablesOf(namespace);
      expect(names).toContain(living.name);
      expect(names).not.toContain(left);
    }
    expect(await tablesOf(namespace)).toEqual([living.name]);
  });
});

const comment =
  'Weir: turns connection tracking on and counts the connections that begin; goes with its process, leave it out of saved rules';

function tableIn(namespace: NetworkNamespace, canOwn = true): TrackingTable & Disposable {
  const table = new TrackingTable(canOwn);
  expect(namespace.enter(() => table.ensure())).toBe('made');
  return Object.assign(table, { [Symbol.dispose]: () => void namespace.enter(() => table.remove()) });
}

const begunIn = (namespace: NetworkNamespace, table: TrackingTable) =>
  namespace.enter(() => table.connectionsBegun());

async function tablesOf(namespace: NetworkNamespace): Promise<string[]> {
  const tables = await namespace.run(['nft', 'list', 'tables']);
  return [...tables.matchAll(/^table inet (\S+)/gm)].map(([, name]) => name!);
}

/** The number that the kernel gives the next socket of this process: the process's own, if it is free. */
function portOfTheNext(): number {
  const socket = new NetlinkSocket();
  socket.close();
  return socket.portId;
}
