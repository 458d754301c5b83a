import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCapture } from '../../support/capture.ts';
import { loadRules, readCounters } from '../../support/nftables.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { type TwoNodes, twoNodes } from '../../support/topology.ts';
import {
  exchangeSctp,
  exchangeTcp,
  exchangeUdp,
  ping,
  startSctpServer,
  startTcpServer,
  startUdpEcho,
} from '../../support/traffic.ts';

requires(
  'namespaces',
  'nft',
  'ethtool',
  'ping',
  'conntrack',
)('two nodes with a client each', () => {
  let nodes: TwoNodes;
  beforeAll(async () => {
    nodes = await twoNodes();
    for (const { node } of [nodes.a, nodes.b]) {
      await loadRules(
        node,
        `table inet watch {
           counter udp_out {}
           counter sctp_out {}
           counter sctp_back {}
           chain forward {
             type filter hook forward priority 0;
             ct state new
             udp dport 5000 counter name udp_out
             sctp dport 5001 counter name sctp_out
             sctp sport 5001 counter name sctp_back
           }
         }`,
      );
    }
  });
  afterAll(() => nodes?.close());

  for (const family of ['v4', 'v6'] as const) {
    it(`carry TCP, UDP and ICMP from client to client over IP${family}`, async () => {
      const host = nodes.b.clientAddress[family];
      await using _tcp = await startTcpServer(nodes.b.client, { port: 8080, replyOctets: 5_000 });
      await using _udp = await startUdpEcho(nodes.b.client, 5000);
      const tcp = await exchangeTcp(nodes.a.client, { host, port: 8080, octets: 123_456 });
      expect(tcp).toMatchObject([{ sent: 123_456, received: 5_000 }]);

      const before = await readCounters(nodes.a.node);
      const udp = await exchangeUdp(nodes.a.client, { host, port: 5000, octets: 100, datagrams: 7 });
      expect(udp).toMatchObject({ sent: 700, received: 700 });
      const after = await readCounters(nodes.a.node);
      expect(after.udp_out!.packets - before.udp_out!.packets).toBe(7);
      const headers = family === 'v4' ? 20 + 8 : 40 + 8;
      expect(after.udp_out!.octets - before.udp_out!.octets).toBe(7 * (100 + headers));

      await ping(nodes.a.client, { host, count: 3 });
    });

    it(`carry an SCTP association over IP${family} that both kernels track to its end`, async () => {
      const host = nodes.b.clientAddress[family];
      await using _sctp = await startSctpServer(nodes.b.client, host, 5001);
      const before = await readCounters(nodes.a.node);
      const from = nodes.a.clientAddress[family];
      const sctp = await exchangeSctp(nodes.a.client, {
        from,
        host,
        port: 5001,
        localPort: 40_001,
        chunks: 3,
      });
      expect(sctp).toMatchObject({ sentPackets: 7, receivedPackets: 6 });
      const after = await readCounters(nodes.a.node);
      expect(after.sctp_out!.octets - before.sctp_out!.octets).toBe(sctp.sentOctets);
      expect(after.sctp_back!.octets - before.sctp_back!.octets).toBe(sctp.receivedOctets);
      for (const { node } of [nodes.a, nodes.b]) {
        const tracked = await node.run([
          'conntrack',
          '-L',
          '-p',
          'sctp',
          '-f',
          family === 'v4' ? 'ipv4' : 'ipv6',
        ]);
        expect(tracked).toMatch(new RegExp(`CLOSED src=${from} dst=${host} sport=40001 dport=5001`));
      }
    });

    it(`both reach the aggregator over IP${family}`, async () => {
      for (const { node } of [nodes.a, nodes.b]) await ping(node, { host: nodes.aggregatorAddress[family] });
    });
  }

  it('make a thousand short connections, each with its exact payload', async () => {
    await using _ = await startTcpServer(nodes.b.client, { port: 8081, replyOctets: 70 });
    const host = nodes.b.clientAddress.v4;
    const options = { host, port: 8081, octets: 30, connections: 1_000, concurrency: 20 };
    const made = await exchangeTcp(nodes.a.client, options);
    expect(made.filter(({ sent, received }) => sent === 30 && received === 70)).toHaveLength(1_000);
    expect(new Set(made.map(({ localPort }) => localPort)).size).toBe(1_000);
  });
});

requires(
  'namespaces',
  'nft',
  'ethtool',
  'ping',
  'tcpdump',
)('a capture', () => {
  it('contains every packet of its filter when it has stopped', async () => {
    await using nodes = await twoNodes();
    using directory = new TemporaryDirectory();
    const { node } = nodes.a;
    const file = directory.file('ping.pcap');
    const capture = await startCapture({ namespace: node, device: 'client', file, filter: 'icmp' });
    await ping(nodes.a.client, { host: nodes.b.clientAddress.v4, count: 5 });
    expect(await capture.stop()).toBe(10);
  });
});
