import { expect, it } from 'vitest';
import type { FlowRecord } from '../../../src/flow/index.ts';
import { startCapture } from '../../support/capture.ts';
import { createNamespace, type NetworkNamespace } from '../../support/namespace.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { exchangeTcp, exchangeUdp, startTcpServer, startUdpEcho } from '../../support/traffic.ts';
import { until } from '../../support/until.ts';
import { WatchedHost } from '../../support/watched-host.ts';

const ended = ({ records }: WatchedHost, port: number): FlowRecord | undefined =>
  records.find(
    ({ destinationTransportPort, flowEndReason }) => destinationTransportPort === port && flowEndReason === 3,
  );

/** Captures TCP on port 5000 of the loopback. */
async function captureLoopback(namespace: NetworkNamespace, directory: TemporaryDirectory) {
  const file = directory.file('lo.pcap');
  const capture = await startCapture({ namespace, device: 'lo', file, filter: 'tcp port 5000' });
  return {
    /** Ends it. Returns a line for each packet, which begins with its time in seconds. */
    async read(): Promise<string> {
      return namespace.run(['tcpdump', '-tt', '-n', '-r', file]);
    },
    [Symbol.asyncDispose]: () => capture[Symbol.asyncDispose](),
  };
}

requires(
  'namespaces',
  'conntrack',
  'tcpdump',
)('the times of a connection', () => {
  it('are within ten milliseconds of its first and last packet in a capture', async () => {
    using directory = new TemporaryDirectory();
    await using host = await createNamespace('captured');
    await using watched = await new WatchedHost(host, { pollIntervalMs: 3_000 }).start();
    await using _server = await startTcpServer(host, { port: 5_000 });
    await using capture = await captureLoopback(host, directory);
    await exchangeTcp(host, { host: '127.0.0.1', port: 5_000, octets: 100, holdMs: 250 });
    const record = await until('the end of the connection', () => ended(watched, 5_000));
    const printed = await capture.read();
    // Both clocks are the kernel's, so that a busy machine makes no difference.
    const packetsMs = [...printed.matchAll(/^\d+\.\d+/gm)].map(([seconds]) => Number(seconds) * 1_000);
    expect(packetsMs.length).toBeGreaterThan(6);
    const [first, last] = [Math.min(...packetsMs), Math.max(...packetsMs)];
    expect(Math.abs(record.flowStartMilliseconds! - first)).toBeLessThan(10);
    expect(Math.abs(record.flowEndMilliseconds! - last)).toBeLessThan(10);
  });

  it('are so beside dumps that show an end before or after its event', async () => {
    using directory = new TemporaryDirectory();
    await using host = await createNamespace('dumped');
    await using watched = await new WatchedHost(host, { pollIntervalMs: 20 }).start();
    await using _server = await startTcpServer(host, { port: 5_000 });
    await using capture = await captureLoopback(host, directory);
    const connections = await exchangeTcp(host, {
      host: '127.0.0.1',
      port: 5_000,
      octets: 100,
      connections: 300,
    });
    const isEnd = ({ destinationTransportPort, flowEndReason }: FlowRecord) =>
      destinationTransportPort === 5_000 && flowEndReason === 3;
    const ends = await until('the ends of all connections', () => {
      const records = watched.records.filter(isEnd);
      return records.length === connections.length && records;
    });
    const lastMs = new Map<string, number>();
    const printed = await capture.read();
    for (const [, seconds, port] of printed.matchAll(/^(\d+\.\d+) .*127\.0\.0\.1\.(\d{4,5})(?<!\.5000)\b/gm))
      lastMs.set(port!, Number(seconds) * 1_000);
    const late = ends.filter(
      ({ sourceTransportPort, flowEndMilliseconds }) =>
        !(Math.abs(flowEndMilliseconds! - lastMs.get(`${sourceTransportPort}`)!) < 10),
    );
    expect(late).toEqual([]);
  });

  it('come from its packets, not from the agent', async () => {
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
    const ofUdp = await until('the end of the UDP exchange', () => ended(watched, 5_001));
    expect(ofTcp.flowStartMilliseconds).toBeGreaterThanOrEqual(before);
    expect(ofTcp.flowEndMilliseconds! - ofTcp.flowStartMilliseconds!).toBeGreaterThanOrEqual(300);
    expect(ofTcp.flowEndMilliseconds! - ofTcp.flowStartMilliseconds!).toBeLessThan(tcp!.durationMs + 10);
    // The kernel counts the age of a connection in jiffies.
    expect(ofUdp.flowEndMilliseconds).toBeLessThanOrEqual(after + 20);
    await watched.finish();
    expect(watched.account('connections')).toMatchObject({ received: 2, sent: 2, closed: true });
  });
});
