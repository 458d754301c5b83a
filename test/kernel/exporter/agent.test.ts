import { afterEach, beforeEach, expect, it } from 'vitest';
import type { FlowRecord } from '../../../src/flow/index.ts';
import { createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';
import { exchangeTcp, exchangeUdp, ping, startTcpServer, startUdpEcho } from '../../support/traffic.ts';
import { until } from '../../support/until.ts';
import { sumOf, WatchedHost } from '../../support/watched-host.ts';

requires(
  'namespaces',
  'nft',
  'ping',
  'conntrack',
)('the agent on a host', () => {
  let host: NetworkNamespace;

  beforeEach(async () => {
    host = await createNamespace('host');
  });

  afterEach(() => host.close());

  const ofPort = (records: readonly FlowRecord[], port: number) =>
    records.filter((record) => record.destinationTransportPort === port);

  it('goes by other times while it runs, and loses nothing', async () => {
    const slow = { pollIntervalMs: 600_000, activeTimeoutMs: 600_000, idleTimeoutMs: 600_000 };
    await using watched = await new WatchedHost(host, slow).start();
    await using _echo = await startUdpEcho(host, 5_001);
    await exchangeUdp(host, { host: '127.0.0.1', port: 5_001, octets: 100, datagrams: 5 });
    expect(watched.records).toEqual([]);
    watched.agent.changeTimes({ pollIntervalMs: 200, activeTimeoutMs: 100, idleTimeoutMs: 1_000 });
    await until('the remark', () => watched.said.join().includes('activeTimeoutMs 100 is less than'));
    await until('a record', () => ofPort(watched.records, 5_001).length > 0);
    const records = await watched.finish();
    expect(sumOf(ofPort(records, 5_001))).toMatchObject({ packets: 5, octets: 640 });
    expect(watched.ledger.isClosed).toBe(true);
  });

  it('counts TCP, UDP and pings over IPv4 and IPv6 to the octet, as nftables does', async () => {
    await loadRules(host, countingRules);
    await using watched = await new WatchedHost(host).start();
    await using _server = await startTcpServer(host, { port: 5_000, replyOctets: 100_000 });
    await using _echo = await startUdpEcho(host, 5_001);
    for (const address of ['127.0.0.1', '::1']) {
      await exchangeTcp(host, { host: address, port: 5_000, octets: 20_000, connections: 2 });
      await exchangeUdp(host, { host: address, port: 5_001, octets: 333, datagrams: 5 });
      await ping(host, { host: address, count: 3, octets: 100, id: 77 });
    }
    const records = await watched.finish();
    const counters = await readCounters(host);
    const expected = (name: string) => ({
      packets: counters[`${name}_original`]!.packets,
      octets: counters[`${name}_original`]!.octets,
      replyPackets: counters[`${name}_reply`]!.packets,
      replyOctets: counters[`${name}_reply`]!.octets,
    });
    expect(expected('tcp').octets).toBeGreaterThan(80_000);
    expect(sumOf(ofPort(records, 5_000))).toEqual(expected('tcp'));
    expect(sumOf(ofPort(records, 5_001))).toEqual(expected('udp'));
    const pings = records.filter(
      ({ protocolIdentifier }) => protocolIdentifier === 1 || protocolIdentifier === 58,
    );
    expect(sumOf(pings)).toEqual(expected('ping'));
    expect(new Set(pings.map((record) => record.sourceTransportPort))).toEqual(new Set([77]));
    expect(new Set(records.map(({ flowType, sourceNodeName }) => `${flowType} ${sourceNodeName}`))).toEqual(
      new Set(['1 node-a']),
    );
    expect(watched.flows()).toHaveLength(8);
    expect(watched.ledger.isClosed).toBe(true);
    expect(watched.account('connections')).toMatchObject({ received: 8, sent: 8, dropped: {}, events: {} });
    expect(watched.agent.metrics).toMatchObject({ connectionsBegun: 8, connectionsNeverSeen: 0 });
  });

  it('sees each of 5,000 short connections with its exact counters', async () => {
    for (const state of ['time_wait', 'close'])
      host.setSysctl(`net.netfilter.nf_conntrack_tcp_timeout_${state}`, 1);
    await using watched = await new WatchedHost(host, {
      pollIntervalMs: 5_000,
      idleTimeoutMs: 15_000,
    }).start();
    await using _server = await startTcpServer(host, { port: 5_000, replyOctets: 2_000 });
    const made = await exchangeTcp(host, {
      host: '127.0.0.1',
      port: 5_000,
      octets: 1_000,
      connections: 5_000,
      concurrency: 8,
    });
    expect(made.filter(({ durationMs }) => durationMs < 100).length).toBeGreaterThan(4_900);
    await watched.finish();
    const flows = watched.flows();
    for (const flow of flows) {
      const { packets, octets, replyPackets, replyOctets } = sumOf(flow);
      // TCP over loopback has 52 octets of headers with time stamps, and 60 in the first packet of each side.
      expect(octets).toBe(1_000 + 52 * packets + 8);
      expect(replyOctets).toBe(2_000 + 52 * replyPackets + 8);
    }
    const ports = (list: readonly (number | undefined)[]) => list.toSorted((a, b) => a! - b!);
    expect(ports(flows.map(([record]) => record!.sourceTransportPort))).toEqual(
      ports(made.map(({ localPort }) => localPort)),
    );
    expect(watched.flows()).toHaveLength(5_000);
    expect(watched.ledger.isClosed).toBe(true);
    expect(watched.account('connections')).toMatchObject({ received: 5_000, sent: 5_000, dropped: {} });
  });

  it('reports in its ledger what it did not see when events are off', async () => {
    for (const state of ['time_wait', 'close'])
      host.setSysctl(`net.netfilter.nf_conntrack_tcp_timeout_${state}`, 1);
    await using watched = await new WatchedHost(host, { events: false, pollIntervalMs: 3_000 }).start();
    await until('the first poll', () => watched.agent.metrics.connectionsBegun !== undefined);
    await using _server = await startTcpServer(host, { port: 5_000 });
    await exchangeTcp(host, {
      host: '127.0.0.1',
      port: 5_000,
      octets: 10,
      connections: 5_000,
      concurrency: 8,
    });
    const before = polls(watched);
    await until('another poll', () => polls(watched) > before); // by then the last of them are gone or seen
    await watched.finish();
    const { received, sent, dropped, closed } = watched.account('connections');
    expect(received).toBe(5_000);
    expect(sent).toBe(watched.flows().length);
    expect(dropped['never seen']).toBeGreaterThan(0);
    expect(sent + dropped['never seen']!).toBe(5_000);
    expect(closed).toBe(true);
    expect(watched.said.join('\n')).toContain('events are off');
  });

  it('compensates by dumps for events that the kernel discarded', async () => {
    await using watched = await new WatchedHost(host, { eventBufferOctets: 4_096 }).start();
    await using _server = await startTcpServer(host, { port: 5_000, replyOctets: 500 });
    const made = await exchangeTcp(host, {
      host: '127.0.0.1',
      port: 5_000,
      octets: 10,
      connections: 2_000,
      concurrency: 50,
    });
    const records = ofPort(await watched.finish(), 5_000);
    expect(made).toHaveLength(2_000);
    expect(watched.account('conntrack').events.overrun).toBeGreaterThan(0);
    expect(watched.flows()).toHaveLength(2_000);
    const { packets, octets } = sumOf(records);
    expect(octets).toBe(2_000 * (10 + 8) + 52 * packets);
    expect(watched.ledger.isClosed).toBe(true);
  });

  it('keeps both sides of NAT', async () => {
    await loadRules(host, natRules);
    await using watched = await new WatchedHost(host).start();
    await using _server = await startTcpServer(host, { port: 5_000 });
    const [made] = await exchangeTcp(host, { host: '127.0.0.1', port: 8_080, octets: 10 });
    const records = await watched.finish();
    expect(records).toMatchObject([
      {
        sourceIP: '127.0.0.1',
        sourceTransportPort: made!.localPort,
        destinationIP: '127.0.0.2',
        destinationTransportPort: 5_000,
        destinationServiceIP: '127.0.0.1',
        destinationServicePort: 8_080,
        proxySnatIP: '127.0.0.3',
      },
    ]);
  });

  it('distinguishes a reused 5-tuple from the earlier flow', async () => {
    await using watched = await new WatchedHost(host).start();
    await using _echo = await startUdpEcho(host, 5_001);
    const again = { host: '127.0.0.1', port: 5_001, octets: 100, localPort: 40_000 };
    await exchangeUdp(host, { ...again, datagrams: 3 });
    await host.run(['conntrack', '-D', '-p', 'udp']);
    await exchangeUdp(host, { ...again, datagrams: 2 });
    await watched.finish();
    const packets = watched.flows().map((flow) => sumOf(flow).packets);
    expect(packets).toEqual([3, 2]);
    expect(watched.account('connections')).toMatchObject({ received: 2, sent: 2, closed: true });
  });

  it('reports every connection even when its store is full', async () => {
    for (const state of ['time_wait', 'close'])
      host.setSysctl(`net.netfilter.nf_conntrack_tcp_timeout_${state}`, 1);
    await using watched = await new WatchedHost(host, { maxConnections: 10 }).start();
    await using _server = await startTcpServer(host, { port: 5_000 });
    await exchangeTcp(host, { host: '127.0.0.1', port: 5_000, octets: 10, connections: 100 });
    await until('the end of the connections in the kernel', async () => {
      return (await host.run(['conntrack', '-C'])).trim() === '0';
    });
    await watched.finish();
    const { sent, events, closed } = watched.account('connections');
    expect(watched.flows()).toHaveLength(100);
    expect({ sent, closed }).toEqual({ sent: 100, closed: true });
    expect(events['store full']).toBeGreaterThan(0);
    const { packets, octets } = sumOf(watched.records);
    expect(octets).toBe(100 * (10 + 8) + 52 * packets);
  });

  it('marks a flow that began before accounting was on as not counted, until its end', async () => {
    await loadRules(
      host,
      'table inet t { chain c { type filter hook input priority 0; ct state new accept; }; }',
    );
    host.setSysctl('net.netfilter.nf_conntrack_acct', 0);
    await using _echo = await startUdpEcho(host, 5_001);
    const flow = { host: '127.0.0.1', port: 5_001, octets: 100 };
    await exchangeUdp(host, { ...flow, localPort: 40_000 });
    await using watched = await new WatchedHost(host).start();
    await exchangeUdp(host, { ...flow, localPort: 40_000, datagrams: 4 });
    await exchangeUdp(host, { ...flow, localPort: 40_001, datagrams: 4 });
    await watched.finish();
    const [early] = watched.records.filter(({ sourceTransportPort }) => sourceTransportPort === 40_000);
    expect(early).toMatchObject({ destinationTransportPort: 5_001 });
    expect(early).not.toHaveProperty('packetTotalCount');
    expect(early).not.toHaveProperty('packetDeltaCount');
    const [late] = watched.records.filter(({ sourceTransportPort }) => sourceTransportPort === 40_001);
    expect(late).toMatchObject({ packetTotalCount: 4, octetTotalCount: 4 * 128 });
  });

  it('reports a flow that the firewall drops once, as denied', async () => {
    await loadRules(host, denyingRules);
    const deniedGroups = [{ group: 7, patterns: [], defaultAction: 2 }];
    await using watched = await new WatchedHost(host, { deniedGroups }).start();
    await host.runSource(
      "import { createSocket } from 'node:dgram'; const s = createSocket('udp4'); s.bind(40000, () => s.send('abc', 9, '127.0.0.1', () => s.close()));",
    );
    await until('the flow', () => watched.agent.metrics.deniedConnections === 1);
    await watched.finish();
    expect(watched.records).toMatchObject([
      {
        sourceTransportPort: 40_000,
        ingressNetworkPolicyRuleAction: 2,
        packetTotalCount: 1,
        octetTotalCount: 31,
      },
    ]);
    expect(watched.account('connections')).toMatchObject({
      received: 1,
      sent: 0,
      dropped: { denied: 1 },
      closed: true,
    });
  });

  it('reports a connection that the firewall rejects once, as denied, with all packets and the rule', async () => {
    await loadRules(host, rejectingRules);
    const deniedGroups = [{ group: 7, patterns: [], defaultAction: 3 }];
    await using watched = await new WatchedHost(host, { deniedGroups, pollIntervalMs: 500 }).start();
    await host.runSource(
      "import { connect } from 'node:net'; for (const port of [9, 10]) await new Promise((done) => connect({ port, host: '127.0.0.1' }).on('error', done));",
    );
    await until('the records', () => watched.records.length >= 2);
    await watched.finish();
    const told = watched.records.toSorted(
      (a, b) => a.destinationTransportPort! - b.destinationTransportPort!,
    );
    const rejected = {
      ingressNetworkPolicyRuleAction: 3,
      flowEndReason: 3,
      packetTotalCount: 1,
      octetTotalCount: 60,
    };
    expect(told).toMatchObject([
      { ...rejected, destinationTransportPort: 9 },
      { ...rejected, destinationTransportPort: 10 },
    ]);
    expect(watched.records).toHaveLength(2);
    expect(watched.account('denied packets')).toMatchObject({ received: 2, sent: 2, closed: true });
    expect(watched.account('connections').dropped).toMatchObject({ denied: 2 });
  });

  it('turns tracking on, says so, and leaves nothing behind', async () => {
    await using watched = await new WatchedHost(host).start();
    expect(await host.run(['nft', 'list', 'tables'])).toContain('table inet weir');
    expect(watched.said.join('\n')).toContain('turned connection tracking on');
    await watched.finish();
    expect(await host.run(['nft', 'list', 'tables'])).toBe('');
  });

  it('explains the effect when nothing is tracked, and reads the interfaces of its namespace', async () => {
    await using watched = await new WatchedHost(host, { tracking: false }).start();
    expect(watched.said.join('\n')).toContain('the kernel tracks no connection in this network namespace');
    expect(watched.agent.metrics.links.map(({ name }) => name)).toEqual(['lo']);
  });

  it('reports the traffic and the configured capacity of each link', async () => {
    const linkCapacities = [{ link: 'lo', bitsPerSecond: 8_000 }];
    await using watched = await new WatchedHost(host, { linkCapacities }).start();
    await using _echo = await startUdpEcho(host, 5_001);
    await exchangeUdp(host, { host: '127.0.0.1', port: 5_001, octets: 1_000, datagrams: 5 });
    const link = () => watched.agent.metrics.links[0]!;
    await until('the next reading', () => link().receivedPackets >= 10);
    expect(link()).toMatchObject({
      name: 'lo',
      capacityBitsPerSecond: 8_000,
      sentErrors: 0,
      receivedErrors: 0,
    });
    expect(link().receivedOctets).toBeGreaterThanOrEqual(10 * 1_028);
    expect(link().sentOctets).toBe(link().receivedOctets);
  });

  it('cannot start without its namespace, and explains how to find existing ones', async () => {
    const watched = new WatchedHost(host, { netns: '/run/netns/none' });
    await expect(watched.start()).rejects.toMatchObject({
      code: 'WEIR_NETLINK_NO_NAMESPACE',
      remedy: expect.stringContaining('ip netns list'),
    });
  });
});

const countingRules = `
  table inet counting {
    counter tcp_original {}
    counter tcp_reply {}
    counter udp_original {}
    counter udp_reply {}
    counter ping_original {}
    counter ping_reply {}
    chain output {
      type filter hook output priority 0;
      tcp dport 5000 counter name "tcp_original"
      tcp sport 5000 counter name "tcp_reply"
      udp dport 5001 counter name "udp_original"
      udp sport 5001 counter name "udp_reply"
      icmp type echo-request counter name "ping_original"
      icmp type echo-reply counter name "ping_reply"
      icmpv6 type echo-request counter name "ping_original"
      icmpv6 type echo-reply counter name "ping_reply"
    }
  }`;

const natRules = `
  table ip nat {
    chain output {
      type nat hook output priority -100;
      tcp dport 8080 dnat to 127.0.0.2:5000
    }
    chain postrouting {
      type nat hook postrouting priority 100;
      tcp dport 5000 snat to 127.0.0.3
    }
  }`;

const denyingRules = `
  table inet firewall {
    chain input {
      type filter hook input priority 0;
      udp dport 9 log prefix "no " group 7 drop
    }
  }`;

const rejectingRules = `
  table inet firewall {
    chain input {
      type filter hook input priority 0;
      tcp dport 9 log prefix "reject " group 7 reject with tcp reset
      tcp dport 10 log prefix "reject " group 7 reject
    }
  }`;

const polls = ({ agent }: WatchedHost): number => agent.metrics.pollCycleDuration.counts.at(-1)!;
