import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { ConntrackSource } from '../src/exporter/conntrack/index.ts';
import { createNamespace } from '../test/support/namespace.ts';
import { until } from '../test/support/until.ts';
import { type BenchRow, quantileOf } from './measure.ts';

export const title = 'conntrack events, bursts of 100,000 new connections';

const count = 100_000;
const rounds = 5;

/**
 * As fast as another thread can make connections while a source listens; each round in a new namespace. Then
 * the same while the source dumps the table all the time, which the same thread reads.
 */
export async function run(): Promise<BenchRow[]> {
  const rows = await rowsOf('', false);
  return [...rows, ...(await rowsOf(', amid dumps', true))];
}

async function rowsOf(amid: string, isDumping: boolean): Promise<BenchRow[]> {
  const bursts: Awaited<ReturnType<typeof measureBurst>>[] = [];
  for (let round = 0; round < rounds; round++) bursts.push(await measureBurst(isDumping));
  const medianOf = (of: keyof (typeof bursts)[number]) =>
    quantileOf(
      bursts.map((each) => each[of]),
      0.5,
    );
  const rows: BenchRow[] = [
    {
      name: 'rate of the burst',
      median: medianOf('perSecond'),
      unit: 'connections/s',
      target: { atLeast: 40_000 },
    },
    {
      name: 'events lost, worst round',
      median: Math.max(...bursts.map((each) => each.lost)),
      unit: 'events',
      target: { atMost: 0 },
    },
    { name: 'all events on the main thread after the burst', median: medianOf('lagMs'), unit: 'ms' },
    { name: 'CPU, making included', median: medianOf('cpuMicroseconds'), unit: 'µs/connection' },
    { name: 'main-thread delay p99', median: medianOf('delayP99Ms'), unit: 'ms', target: { atMost: 10 } },
  ];
  return rows.map((row) => ({ ...row, name: `${row.name}${amid}` }));
}

async function measureBurst(isDumping: boolean) {
  await using namespace = await createNamespace('bench');
  const fail = (error: Error) => {
    throw error;
  };
  const source = new ConntrackSource(
    { netns: namespace.path },
    { onBatch: () => {}, onOverrun: () => {}, onFailure: fail },
  );
  await source.start();
  const maker = new Worker(new URL('./conntrack/burst.ts', import.meta.url), {
    workerData: { netns: namespace.path, count },
  });
  try {
    await source.enableAccounting();
    await once(maker, 'message');
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const cpu = process.cpuUsage();
    delay.enable();
    maker.postMessage('go');
    const { counters } = source;
    const areAllKnown = () => counters.newEvents + (counters.lostEvents ?? 0) >= count;
    const dumping = isDumping ? dumpUntil(areAllKnown, source) : undefined;
    const [elapsedMs] = (await once(maker, 'message')) as [number];
    const madeAt = performance.now();
    await until('all events', areAllKnown, { everyMs: 1 });
    delay.disable();
    await dumping;
    const { user, system } = process.cpuUsage(cpu);
    return {
      perSecond: (count * 1000) / elapsedMs,
      lost: count - counters.newEvents,
      lagMs: performance.now() - madeAt,
      cpuMicroseconds: (user + system) / count,
      delayP99Ms: delay.percentile(99) / 1e6,
    };
  } finally {
    await maker.terminate();
    await source.stop();
  }
}

async function dumpUntil(isOver: () => boolean, source: ConntrackSource): Promise<void> {
  while (!isOver()) await source.dump();
}

if (import.meta.main) console.table(await run());
