import { expect, it } from 'vitest';
import type { FlowRecord } from '../../../src/flow/index.ts';
import { createNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';
import { exchangeTcp, exchangeUdp, startTcpServer, startUdpEcho } from '../../support/traffic.ts';
import { until } from '../../support/until.ts';
import { WatchedHost } from '../../support/watched-host.ts';

const ended = ({ records }: WatchedHost, port: number): FlowRecord | undefined =>
  records.find(
    ({ destinationTransportPort, flowEndReason }) => destinationTransportPort === port && flowEndReason === 3,
  );

requires('namespaces', 'conntrack')('the times of a connection', () => {
  it('are those of its packets, not of the agent', async () => {
    await using host = await createNamespace('times');
    host.setSysctl('net.netfilter.nf_conntrack_udp_timeout', 1);
    await using watched = await new WatchedHost(host, {
      pollIntervalMs: 3_000,
      idleTimeoutMs: 60_000,
    }).start();
    await using _server = await startTcpServer(host, { port: 5_000 });
    await using _echo = await startUdpEcho(host, 5_001);
    const before = Date.now();
    const [tcp] = await exchangeTcp(host, { host: '127.0.0.1', port: 5_000, octets: 100, holdMs: 300 });
    await exchangeUdp(host, { host: '127.0.0.1', port: 5_001, octets: 100 });
    const after = Date.now();
    const ofTcp = await until('the end of the TCP connection', () => ended(watched, 5_000));
    const ofUdp = await until('the end of the UDP exchange', () => ended(watched, 5_001), {
      timeoutMs: 90_000,
    });
    expect(ofTcp.flowStartMilliseconds).toBeGreaterThanOrEqual(before);
    expect(ofTcp.flowEndMilliseconds! - ofTcp.flowStartMilliseconds!).toBeGreaterThanOrEqual(300);
    expect(ofTcp.flowEndMilliseconds! - ofTcp.flowStartMilliseconds!).toBeLessThan(tcp!.durationMs + 10);
    // The kernel counts in jiffies for how long it has kept a connection.
    expect(ofUdp.flowEndMilliseconds).toBeLessThanOrEqual(after + 20);
    await watched.finish();
    expect(watched.account('connections')).toMatchObject({ received: 2, sent: 2, closed: true });
  });
});
