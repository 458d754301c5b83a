import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect, createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import { run } from '../../support/program.ts';
import { requires } from '../../support/requires.ts';
import { exchangeTcp, exchangeUdp, ping, startTcpServer, startUdpEcho } from '../../support/traffic.ts';
import { until } from '../../support/until.ts';
import { WatchedHost } from '../../support/watched-host.ts';

requires(
  'namespaces',
  'nft',
  'ping',
)('whether the agent sees all connections', () => {
  let host: NetworkNamespace;

  beforeEach(async () => {
    host = await createNamespace('host');
  });

  afterEach(() => host.close());

  const pings = () => ping(host, { host: '127.0.0.1', count: 30, octets: 8, id: 7 });
  const askForTracking = () =>
    loadRules(
      host,
      `table inet mine {
        chain input {
          type filter hook input priority 0
          ct state new counter
        }
      }`,
    );

  const notrack = (what: string) =>
    loadRules(
      host,
      `table inet raw {
        chain output {
          type filter hook output priority raw
          ${what} notrack
        }
      }`,
    );

  it('is determined by the IP packets, which tracking counts one by one', async () => {
    await using peer = await createNamespace('peer');
    await connect(
      { namespace: host, device: 'eth0', addresses: ['10.0.1.1/24', 'fd00:1::1/64'] },
      { namespace: peer, device: 'eth0', addresses: ['10.0.1.2/24', 'fd00:1::2/64'] },
    );
    await using watched = await new WatchedHost(host, { protocolFilter: ['tcp'] }).start();
    await using _server = await startTcpServer(peer, { port: 5_000, replyOctets: 300_000 });
    await using _local = await startTcpServer(host, { port: 5_000, replyOctets: 300_000 });
    await using _echo = await startUdpEcho(peer, 5_001);
    for (const address of ['10.0.1.2', 'fd00:1::2', '127.0.0.1']) {
      await exchangeTcp(host, { host: address, port: 5_000, octets: 20_000, connections: 3 });
      await ping(host, { host: address, count: 3, octets: 100, id: 77 });
    }
    await exchangeUdp(host, { host: '10.0.1.2', port: 5_001, octets: 4_000, datagrams: 5 });
    await watched.finish();
    const { received, sent, dropped, closed } = watched.account('ip packets');
    expect(received).toBeGreaterThan(150);
    expect({ sent, dropped, closed }).toEqual({
      sent: received,
      dropped: { 'not counted': 0 },
      closed: true,
    });
    expect(watched.agent.problems).toEqual([]);
  });

  it('is denied soon after the rule that enables tracking is removed, and affirmed when it returns', async () => {
    await askForTracking();
    await using watched = await new WatchedHost(host, { tracking: false, pollIntervalMs: 60_000 }).start();
    await pings();
    await until('the pings', () => watched.agent.metrics.ipPackets >= 60);
    expect(watched.agent.problems).toEqual([]);
    await host.run(['nft', 'flush', 'ruleset']);
    await pings();
    await until('it is blind, long before the next poll', () => watched.agent.problems.length > 0);
    expect(watched.agent.problems).toEqual([
      expect.stringMatching(/^kernel silent: \d+ IP packets .*\. Perhaps no rule turns tracking on any more/),
    ]);
    expect(watched.agent.metrics.blindness).toContainEqual({ reason: 'kernel silent', isBlind: true });
    await askForTracking();
    await pings();
    await until('it sees again', () => watched.agent.problems.length === 0);
    await watched.finish();
    const { dropped, closed } = watched.account('ip packets');
    expect(dropped['not counted']).toBeGreaterThanOrEqual(60);
    expect(closed).toBe(true);
  });

  it('is denied when a rule exempts all packets from tracking', async () => {
    await using watched = await new WatchedHost(host).start();
    await notrack('');
    await pings();
    await until('it is blind', () => watched.agent.problems[0]?.startsWith('kernel silent'));
  });

  it('is not denied when a rule exempts some packets from tracking, which are counted', async () => {
    await using watched = await new WatchedHost(host).start();
    await notrack('udp dport 5001');
    await notrack('udp sport 5001');
    await using _echo = await startUdpEcho(host, 5_001);
    await using pinging = host.start(['ping', '-i', '0.05', '127.0.0.1']);
    await until('a few pings', () => watched.agent.metrics.countedPackets > 20);
    for (let round = 0; round < 5; round++) {
      await exchangeUdp(host, { host: '127.0.0.1', port: 5_001, octets: 100, datagrams: 30 });
    }
    await pinging.stop('SIGINT');
    await watched.finish();
    expect(watched.said.join('\n')).not.toContain('kernel silent');
    const { received, sent, dropped } = watched.account('ip packets');
    expect(dropped).toEqual({ 'not counted': 300 });
    expect(received).toBe(sent + 300);
  });

  it('is not denied when the firewall denies all packets that the host sends', async () => {
    await using peer = await createNamespace('peer');
    await connect(
      { namespace: host, device: 'eth0', addresses: ['10.0.1.1/24', 'fd00:1::1/64'] },
      { namespace: peer, device: 'eth0', addresses: ['10.0.1.2/24', 'fd00:1::2/64'] },
    );
    await loadRules(
      host,
      `table inet firewall {
        counter denied {}
        chain output {
          type filter hook output priority 0
          icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
          counter name denied drop
        }
      }`,
    );
    await using watched = await new WatchedHost(host).start();
    for (const address of ['10.0.1.2', 'fd00:1::2', '127.0.0.1']) {
      await using pinging = host.start(['ping', '-c', '30', '-i', '0.01', '-W', '1', address]);
      await pinging.ended;
    }
    await watched.finish();
    expect((await readCounters(host)).denied!.packets).toBeGreaterThanOrEqual(90);
    expect(watched.said.join('\n')).not.toContain('kernel silent');
    const { received, closed } = watched.account('ip packets');
    expect(received).toBeLessThan(20);
    expect(closed).toBe(true);
  });

  it('continues over two agents, when one runs only for a while', async () => {
    await using watched = await new WatchedHost(host).start();
    await using guest = await new WatchedHost(host).start();
    await pings();
    await guest.finish();
    expect(guest.account('connections')).toMatchObject({ received: 1, closed: true });
    await host.run(['nft', 'flush', 'ruleset']);
    await ping(host, { host: '127.0.0.1', count: 30, octets: 8, id: 8 });
    await watched.finish();
    expect(watched.agent.metrics).toMatchObject({ connectionsBegun: 2, connectionsNeverSeen: 0 });
    expect(watched.account('connections')).toMatchObject({ received: 2, closed: true });
    expect(watched.account('ip packets')).toMatchObject({ received: 120, sent: 120 });
  });

  it('restores a sysctl that somebody sets to 0, and reports this', async () => {
    await using watched = await new WatchedHost(host).start();
    host.setSysctl('net.netfilter.nf_conntrack_acct', 0);
    await until('it is on again', () => host.sysctl('net.netfilter.nf_conntrack_acct') === '1');
    await until('a line about it', () =>
      watched.said.some((line) => line.includes('another program set net.netfilter.nf_conntrack_acct to 0')),
    );
    expect(watched.agent.problems).toEqual([]);
  });

  it('is denied while a reader has failed, tracking continues, and no connection is missed', async () => {
    await using watched = await new WatchedHost(host).start();
    await pings();
    closeSync(eventSocketIn(host));
    await until('it is blind', () => watched.agent.problems[0]?.startsWith('reader ended'));
    await ping(host, { host: '127.0.0.1', count: 5, octets: 8, id: 8 });
    await until('it sees again', () => watched.agent.problems.length === 0);
    await ping(host, { host: '127.0.0.1', count: 5, octets: 8, id: 9 });
    await watched.finish();
    expect(watched.agent.metrics).toMatchObject({ connectionsBegun: 3, connectionsNeverSeen: 0 });
    expect(watched.account('connections')).toMatchObject({ received: 3, closed: true });
    expect(watched.account('ip packets')).toMatchObject({ received: 80, sent: 80 });
  });

  it('follows a namespace that is created again at its path, and reports the flows of the old one', async () => {
    await using watched = await new WatchedHost(host).start();
    const { name } = host;
    await pings();
    await run(['ip', 'netns', 'delete', name]);
    await until('it is blind', () => watched.agent.problems[0]?.startsWith('namespace gone'));
    for (const id of [8, 9]) {
      await run(['ip', 'netns', 'add', name]);
      await host.ip('link', 'set', 'dev', 'lo', 'up');
      await until('it sees', () => watched.agent.problems.length === 0);
      await ping(host, { host: '127.0.0.1', count: 3, octets: 8, id });
      if (id === 8) await run(['ip', 'netns', 'delete', name]);
      if (id === 8) await until('it is blind', () => watched.agent.problems.length > 0);
    }
    const records = await watched.finish();
    const ids = records.map(({ sourceTransportPort }) => sourceTransportPort);
    expect(new Set(ids)).toEqual(new Set([7, 8, 9]));
    expect(watched.agent.metrics).toMatchObject({ connectionsBegun: 3, connectionsNeverSeen: 0 });
    expect(watched.account('ip packets')).toMatchObject({ received: 72, sent: 72, closed: true });
    expect(watched.ledger.isClosed).toBe(true);
  });
});

/**
 * The descriptor by which this process's agent receives events from the namespace: the only socket in
 * multicast groups.
 */
function eventSocketIn(namespace: NetworkNamespace): number {
  const sockets = namespace.enter(() => readFileSync('/proc/thread-self/net/netlink', 'utf8'));
  const columns = sockets.split('\n').map((line) => line.trim().split(/ +/));
  const inode = columns.find(([, protocol, , groups]) => protocol === '12' && groups !== '00000000')!.at(-1);
  const isIt = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === `socket:[${inode}]`;
    } catch {
      return false; // the descriptor of the directory itself
    }
  };
  return Number(readdirSync('/proc/self/fd').find(isIt));
}
