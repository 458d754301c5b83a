import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { ConntrackSource } from '../src/exporter/conntrack/index.ts';
import { createNamespace } from '../test/support/namespace.ts';
import { until } from '../test/support/until.ts';
import type { BenchRow } from './conntrack-dump.ts';

const CONNECTIONS = 100_000;
const ROUNDS = 3;

/**
 * A burst of 100,000 new connections, as fast as another thread can make them, while a source listens: how fast they
 * came, and how many of their events were lost. Each round in a namespace of its own.
 */
export async function benchConntrackEvents(): Promise<BenchRow[]> {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await burst());
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return [
    {
      name: `conntrack events, burst of ${CONNECTIONS}`,
      median: middle(rounds.map((r) => r.perSecond)),
      unit: 'connections/s',
    },
    {
      name: 'conntrack events, lost in the burst',
      median: Math.max(...rounds.map((r) => r.lost)),
      unit: 'events',
    },
    {
      name: 'conntrack events, CPU of both threads and kernel',
      median: middle(rounds.map((r) => r.microsecondsEach)),
      unit: 'µs/connection',
    },
    {
      name: 'conntrack events, main-thread delay p99',
      median: middle(rounds.map((r) => r.delayP99Ms)),
      unit: 'ms',
    },
  ];
}

async function burst() {
  await using namespace = await createNamespace('bench');
  const source = new ConntrackSource(
    { netns: namespace.path },
    {
      onBatch: () => {},
      onOverrun: () => {},
      onFailure: (error) => {
        throw error;
      },
    },
  );
  await source.start();
  const maker = new Worker(new URL('./conntrack-burst.ts', import.meta.url), {
    workerData: { netns: namespace.path, count: CONNECTIONS },
  });
  try {
    await source.enableAccounting();
    await once(maker, 'message');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const cpu = process.cpuUsage();
    delay.enable();
    maker.postMessage('go');
    const [elapsedMs] = (await once(maker, 'message')) as [number];
    const { counters } = source;
    await until('all events', () => counters.newEvents >= CONNECTIONS || counters.overruns > 0);
    delay.disable();
    const { user, system } = process.cpuUsage(cpu);
    return {
      perSecond: CONNECTIONS / (elapsedMs / 1000),
      lost: CONNECTIONS - counters.newEvents,
      microsecondsEach: (user + system) / CONNECTIONS,
      delayP99Ms: delay.percentile(99) / 1e6,
    };
  } finally {
    await maker.terminate();
    await source.stop();
  }
}

if (import.meta.main) console.table(await benchConntrackEvents());
