import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MetricsText } from '../support/metrics-text.ts';
import { ObservedNodes } from '../support/observed-nodes.ts';
import { requires } from '../support/requires.ts';
import { startTcpClient, startUdpBlast, startUdpSink } from '../support/traffic.ts';

/*
 * How fresh the counters are. Real packets pass between two nodes, and the test reads the kernel's count and
 * the aggregator's /metrics at the same time. The delay is the time until the metric reaches each count of
 * the kernel.
 */

const port = { short: 8080, long: 8081 } as const;
type Kind = keyof typeof port;

/** One reading of a count of octets. */
interface Look {
  atMs: number;
  octets: number;
}

interface Delays {
  medianSeconds: number;
  p99Seconds: number;
  mostSeconds: number;
  looks: number;
}

/** Connections of 200 ms, two at a time, and one continuous flow of 20 packets a second, for this long. */
async function measure(seconds: number, flowExporter: object): Promise<Record<Kind, Delays>> {
  await using scene = await ObservedNodes.make(Object.values(port));
  const { a, b } = scene.nodes;
  await startUdpSink(b.client, port.long);
  await scene.startAggregator(
    { groupings: ['port'] },
    { activeFlowRecordTimeout: '60s', inactiveFlowRecordTimeout: '90s' },
  );
  for (const site of ['a', 'b'] as const) await scene.startAgent(site, { flowExporter });
  const host = b.clientAddress.v4;
  const connections = seconds * 10;
  startTcpClient(a.client, {
    host,
    port: port.short,
    octets: 2_000,
    connections,
    concurrency: 2,
    holdMs: 200,
  });
  startUdpBlast(a.client, { host, port: port.long, octets: 500, datagrams: seconds * 20, perSecond: 20 });

  const kinds = Object.keys(port) as Kind[];
  const kernel: Record<Kind, Look[]> = { short: [], long: [] };
  const metric: Record<Kind, Look[]> = { short: [], long: [] };
  const endMs = performance.now() + seconds * 1_000;
  while (performance.now() < endMs) {
    for (const kind of kinds) {
      const atMs = performance.now(); // taken first: the count can only be newer
      kernel[kind].push({ atMs, octets: (await scene.counted(port[kind])).octets });
    }
    const page = new MetricsText(await scene.metricsPage());
    const atMs = performance.now();
    for (const kind of kinds) {
      const octets = page.sum('weir_flow_port_bytes_total', { port: `${port[kind]}` });
      metric[kind].push({ atMs, octets });
    }
    await delay(100);
  }
  return { short: delaysOf(kernel.short, metric.short), long: delaysOf(kernel.long, metric.long) };
}

/** The last readings, which the metric did not reach, are left out. */
function delaysOf(kernel: readonly Look[], metric: readonly Look[]): Delays {
  const seconds = kernel
    .filter(({ octets }) => octets > 0)
    .flatMap((look) => {
      const come = metric.find(({ atMs, octets }) => atMs >= look.atMs && octets >= look.octets);
      return come === undefined ? [] : [(come.atMs - look.atMs) / 1_000];
    })
    .sort((one, other) => one - other);
  const quantile = (share: number) => seconds[Math.floor(share * (seconds.length - 1))] ?? Number.NaN;
  return {
    medianSeconds: quantile(0.5),
    p99Seconds: quantile(0.99),
    mostSeconds: quantile(1),
    looks: seconds.length,
  };
}

requires(
  'namespaces',
  'nft',
  'ethtool',
)('the delay from packet to counter', () => {
  it("is a second and the agent's timeouts", async () => {
    const byDefault = {
      flowPollInterval: '5s',
      activeFlowExportTimeout: '60s',
      idleFlowExportTimeout: '15s',
    };
    const eager = { flowPollInterval: '1s', activeFlowExportTimeout: '1s', idleFlowExportTimeout: '1s' };
    const [slow, fast] = await Promise.all([measure(75, byDefault), measure(30, eager)]);
    for (const [agent, delays] of Object.entries({ 'default time-outs': slow, 'time-outs of 1 s': fast })) {
      for (const [kind, { medianSeconds, p99Seconds, mostSeconds, looks }] of Object.entries(delays)) {
        const [median, p99, most] = [medianSeconds, p99Seconds, mostSeconds].map((value) => value.toFixed(1));
        console.log(
          `${agent}, ${kind} flows: median ${median} s, p99 ${p99} s, most ${most} s (${looks} looks)`,
        );
      }
    }
    expect(fast.short.looks).toBeGreaterThan(20);
    expect(fast.short.p99Seconds).toBeLessThan(5);
    expect(fast.long.p99Seconds).toBeLessThan(5);
    expect(slow.short.p99Seconds).toBeLessThan(10);
    expect(slow.long.looks).toBeGreaterThan(20);
    expect(slow.long.mostSeconds).toBeLessThan(60 + 5 + 5);
  });
});
