import { expect, it } from 'vitest';
import {
  ConntrackSource,
  type ConntrackSourceOptions,
  RowKind,
} from '../../../src/exporter/conntrack/index.ts';
import { type ConnectionRow, connectionRows } from '../../support/connection-row.ts';
import {
  deleteConnections,
  type InsertedConnection,
  insertConnections,
  numberedConnection,
  updateConnections,
} from '../../support/conntrack-fixture.ts';
import { createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';
import { until } from '../../support/until.ts';

requires(
  'namespaces',
  'nft',
  'ping',
  'conntrack',
)('ConntrackSource', () => {
  it('reports a loopback connection of either family with exactly the packets and octets that nftables counted', async () => {
    await using namespace = await createNamespace('lo');
    await using watched = await watch(namespace, { events: false });
    await loadRules(namespace, countersOfPort(8080));
    for (const address of ['127.0.0.1', '::1']) {
      await exchange(namespace, address, 8080);
      await watched.source.dump();
      const counted = await readCounters(namespace);
      const [row, ...others] = watched
        .take()
        .filter((candidate) => candidate.original.destination === address);
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        kind: RowKind.dump,
        family: address === '::1' ? 10 : 2,
        protocol: 6,
        tcpState: 7, // TIME_WAIT
        original: { source: address, ports: [expect.any(Number), 8080] },
        packets: [counted.original!.packets, counted.reply!.packets],
        octets: [counted.original!.octets, counted.reply!.octets],
      });
      expect(row!.octets[1]).toBeGreaterThan(300_000);
      expect(row!.startTimeMs).toBeGreaterThan(Date.now() - 60_000);
      await namespace.run(['nft', 'reset', 'counters']);
    }
  });

  it('reports the start, the changes and the end of a connection, the end with final counters and times', async () => {
    await using namespace = await createNamespace('events');
    await using watched = await watch(namespace);
    await loadRules(namespace, countersOfPort(8080));
    await exchange(namespace, '127.0.0.1', 8080);
    await until('the connection to close', () => watched.rows.some((row) => row.tcpState === 7));
    await namespace.run(['conntrack', '-D', '-p', 'tcp']);
    const destroyed = await until('its end', () => watched.rows.find((row) => row.kind === RowKind.destroy));
    const counted = await readCounters(namespace);
    expect(watched.rows.map((row) => row.kind)).toEqual([
      RowKind.new,
      ...watched.rows.slice(1, -1).map(() => RowKind.update),
      RowKind.destroy,
    ]);
    expect(new Set(watched.rows.map((row) => row.id)).size).toBe(1);
    expect(watched.rows[0]!.packets).toEqual([Number.NaN, Number.NaN]);
    expect(destroyed.packets).toEqual([counted.original!.packets, counted.reply!.packets]);
    expect(destroyed.octets).toEqual([counted.original!.octets, counted.reply!.octets]);
    expect(destroyed.stopTimeMs).toBeGreaterThan(destroyed.startTimeMs);
    expect(watched.source.counters).toMatchObject({
      newEvents: 1,
      destroyEvents: 1,
      malformed: 0,
      overruns: 0,
    });
  });

  it('finds every entry of a large table once, of both families', async () => {
    await using namespace = await createNamespace('large');
    await using watched = await watch(namespace, { events: false });
    const made = many(10_000);
    namespace.enter(() => insertConnections(made));
    const summary = await watched.source.dump();
    const rows = watched.take();
    expect(summary).toMatchObject({ rows: made.length, malformed: 0, interrupted: false, overruns: 0 });
    expect(watched.source.counters.dumpRows).toBe(made.length);
    expect(new Set(rows.map((row) => `${row.original.source} ${row.original.ports[0]}`)).size).toBe(
      made.length,
    );
    expect(rows.filter((row) => row.family === 10).length).toBe(made.length / 2);
  });

  it('reports an update of a mark', async () => {
    await using namespace = await createNamespace('mark');
    await using watched = await watch(namespace);
    const connection = numberedConnection(1);
    namespace.enter(() => {
      insertConnections([connection]);
      updateConnections([{ ...connection, mark: 0xbeef }]);
    });
    const updated = await until('the update', () => watched.rows.find((row) => row.kind === RowKind.update));
    expect(updated.mark).toBe(0xbeef);
  });

  it('separates two pings between the same hosts by their ids', async () => {
    await using namespace = await createNamespace('ping');
    await using watched = await watch(namespace, { events: false });
    for (const address of ['127.0.0.1', '127.0.0.1', '::1', '::1'])
      await namespace.run(['ping', '-c', '1', address]);
    await watched.source.dump();
    const pings = watched.take();
    expect(pings.map((row) => [row.protocol, ...row.original.icmp.slice(0, 2)]).sort()).toEqual([
      [1, 8, 0],
      [1, 8, 0],
      [58, 128, 0],
      [58, 128, 0],
    ]);
    expect(new Set(pings.map((row) => `${row.family} ${row.original.icmp[2]}`)).size).toBe(4);
    expect(new Set(pings.map((row) => row.id)).size).toBe(4);
  });

  it('separates the same 5-tuple in two zones', async () => {
    await using namespace = await createNamespace('zones');
    await using watched = await watch(namespace, { events: false });
    const connection = numberedConnection(1);
    namespace.enter(() =>
      insertConnections([{ ...connection, zone: 1 }, { ...connection, zone: 65_520 }, connection]),
    );
    await watched.source.dump();
    const rows = watched.take();
    expect(rows.map((row) => row.zone).sort()).toEqual([0, 1, 65_520]);
    expect(new Set(rows.map((row) => row.id)).size).toBe(3);
  });

  it('shows both tuples of a translated connection', async () => {
    await using namespace = await createNamespace('nat');
    await using watched = await watch(namespace, { events: false });
    await loadRules(
      namespace,
      `table ip nat {
        chain output {
          type nat hook output priority -100
          tcp dport 9000 redirect to :8080
        }
      }`,
    );
    await exchange(namespace, '127.0.0.1', 8080, 9000);
    await watched.source.dump();
    const [row] = watched.take();
    const port = row!.original.ports[0];
    expect([row!.original.ports, row!.reply.ports]).toEqual([
      [port, 9000],
      [8080, port],
    ]);
  });

  it('marks connections that were tracked before accounting was on as without counters', async () => {
    await using namespace = await createNamespace('noacct');
    await using watched = await watch(namespace, { events: false }, false);
    namespace.enter(() => insertConnections([numberedConnection(1)]));
    await watched.source.enableAccounting();
    namespace.enter(() => insertConnections([numberedConnection(2)]));
    await watched.source.dump();
    const rows = watched.take().sort((a, b) => a.original.ports[0]! - b.original.ports[0]!);
    expect(rows.map((row) => row.packets[0])).toEqual([Number.NaN, 0]);
    expect(rows.map((row) => Number.isNaN(row.startTimeMs))).toEqual([true, false]);
  });

  it('accounts for each event when the receive buffer is too small, and requests a dump', async () => {
    await using namespace = await createNamespace('overrun');
    await using watched = await watch(namespace, { receiveBufferOctets: 4_096 });
    const made = many(20_000);
    namespace.enter(() => insertConnections(made));
    const { counters } = watched.source;
    await until('all events', () => counters.newEvents + (counters.lostEvents ?? 0) === made.length);
    expect(counters.lostEvents).toBeGreaterThan(0);
    expect(counters.overruns).toBeGreaterThan(0);
    expect(watched.overruns.at(-1)).toBe(counters.lostEvents);
    const { rows } = await watched.source.dump();
    expect(rows).toBe(made.length);
  });

  it('holds a bounded number of batches while the main thread is busy, and accounts for the rest', async () => {
    await using namespace = await createNamespace('busy');
    await using watched = await watch(namespace, { receiveBufferOctets: 4 << 20 });
    const made = many(40_000);
    namespace.enter(() => insertConnections(made)); // keeps the main thread from returning buffers
    const { counters } = watched.source;
    await until('all events', () => counters.newEvents + (counters.lostEvents ?? 0) === made.length);
    expect(counters.newEvents).toBeGreaterThanOrEqual(4 * 2_048);
  });

  it('reports events amid a dump', async () => {
    await using namespace = await createNamespace('amid');
    const made = many(60_000);
    namespace.enter(() => insertConnections(made.slice(0, 40_000))); // far more than batches in transit hold
    const kinds: number[] = [];
    const source = new ConntrackSource(
      { netns: namespace.path },
      {
        ...ignore,
        onBatch: ({ kind, rows }) => {
          if (kinds.length === 0) namespace.enter(() => insertConnections(made.slice(40_000)));
          kinds.push(...kind.subarray(0, rows));
        },
      },
    );
    await source.start();
    await source.dump();
    await until('all events', () => source.counters.newEvents === 20_000);
    await source.stop();
    expect(kinds.indexOf(RowKind.new)).toBeLessThan(kinds.lastIndexOf(RowKind.dump));
  });

  it('delivers what it has read before it stops, promptly', async () => {
    await using namespace = await createNamespace('stop');
    const watched = await watch(namespace);
    const made = many(5_000);
    namespace.enter(() => {
      insertConnections(made);
      deleteConnections(made);
    });
    const startedAt = performance.now();
    await watched.source.stop();
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(watched.source.counters).toMatchObject({ newEvents: 5_000, destroyEvents: 5_000, lostEvents: 0 });
    await expect(watched.source.dump()).rejects.toThrow('not running');
  });

  it('aborts a dump when it stops', async () => {
    await using namespace = await createNamespace('break');
    namespace.enter(() => insertConnections(many(20_000))); // far more than the batches in transit can hold
    let stopped: Promise<void> | undefined;
    const source: ConntrackSource = new ConntrackSource(
      { netns: namespace.path, events: false },
      {
        ...ignore,
        onBatch: () => {
          stopped ??= source.stop();
        },
      },
    );
    await source.start();
    await expect(source.dump()).rejects.toMatchObject({ code: 'WEIR_CONNTRACK_STOPPED' });
    await stopped;
  });

  it('can be stopped before it starts', async () => {
    await new ConntrackSource({}, ignore).stop();
  });

  it('reports a namespace that does not exist', async () => {
    const source = new ConntrackSource({ netns: '/run/netns/weir-none' }, ignore);
    await expect(source.start()).rejects.toMatchObject({
      code: 'WEIR_NETLINK_NO_NAMESPACE',
      message: 'there is no network namespace at /run/netns/weir-none',
    });
  });

  it('reports a path that is no namespace', async () => {
    const source = new ConntrackSource({ netns: '/etc/passwd' }, ignore);
    await expect(source.start()).rejects.toMatchObject({
      code: 'WEIR_NETLINK_NO_NAMESPACE',
      message: 'expected a network namespace at /etc/passwd, found something else',
    });
  });

  it('names the capability that it needs', async () => {
    await using namespace = await createNamespace('nobody');
    const module = new URL('../../../src/exporter/conntrack/index.ts', import.meta.url);
    const program = `
      const { ConntrackSource } = await import(${JSON.stringify(module.href)});
      const source = new ConntrackSource({}, {});
      await source.start().catch((error) => console.log(error.code, error.errno, error.remedy));`;
    const withoutCapability = [
      'setpriv',
      '--bounding-set=-net_admin',
      process.execPath,
      '--input-type=module',
      '--eval',
    ];
    const said = await namespace.run([...withoutCapability, program]);
    expect(said).toMatch(/^WEIR_NETLINK_NOT_PERMITTED EPERM It needs the capability CAP_NET_ADMIN/);
  });
});

const ignore = { onBatch: () => {}, onOverrun: () => {}, onFailure: () => {} };

/**
 * A started source of the namespace, with tracking and (unless told) accounting on, and the rows it has given
 * so far.
 */
async function watch(namespace: NetworkNamespace, options: ConntrackSourceOptions = {}, accounting = true) {
  const rows: ConnectionRow[] = [];
  const overruns: (number | undefined)[] = [];
  const source = new ConntrackSource(
    { netns: namespace.path, ...options },
    {
      onBatch: (batch) => {
        rows.push(...connectionRows(batch));
      },
      onOverrun: (lost) => overruns.push(lost),
      onFailure: (error) => {
        throw error;
      },
    },
  );
  await source.start();
  if (accounting) await source.enableAccounting();
  await source.ensureTracking();
  return {
    source,
    rows,
    overruns,
    take: () => rows.splice(0),
    [Symbol.asyncDispose]: () => source.stop(),
  };
}

function many(count: number): InsertedConnection[] {
  return Array.from({ length: count }, (_, index) => numberedConnection(index, index % 2 === 0 ? 4 : 6));
}

/** A client asks `port` and gets 300,000 octets; the program ends when both ends have closed. */
async function exchange(
  namespace: NetworkNamespace,
  address: string,
  listenPort: number,
  port = listenPort,
): Promise<void> {
  await namespace.runSource(`
    import { connect, createServer } from 'node:net';
    const server = createServer((client) => client.end(Buffer.alloc(300_000)));
    server.listen(${listenPort}, '${address}', () => {
      connect(${port}, '${address}').resume().once('close', () => server.close());
    });`);
}

/** Where local packets are tracked: on output, before the device cuts large ones into several. */
function countersOfPort(port: number): string {
  return `table inet count {
    counter original {}
    counter reply {}
    chain output {
      type filter hook output priority 0
      tcp dport ${port} counter name original
      tcp sport ${port} counter name reply
    }
  }`;
}
