import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Attributes } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Exposition, FlowProducer } from '../src/metrics/exposition/index.ts';
import { groupings, measuresOf, type SeriesTable } from '../src/metrics/series/index.ts';
import { systemClock } from '../src/runtime/index.ts';
import { type SeriesRow, seriesTable } from '../test/support/series-table.ts';
import { onMainThread } from './main-thread.ts';
import { type BenchRow, measureInterleaved, type Timing, timesFaster } from './measure.ts';

export const title = 'Scrape of 100,000 series over HTTP, main thread';

const SERIES = 100_000;
const RUNS = 7;
const [bytes] = measuresOf('workload');

/** The measurements of one kind of scrape. */
interface Way {
  readonly url: string;
  readonly headers: Record<string, string>;
  /** Longest block of the main thread in each scrape. */
  readonly blocksMs: number[];
}

export async function run(): Promise<BenchRow[]> {
  const rows = rowsOf(SERIES);
  const table = seriesTable('workload', groupings.workload.labels, [bytes!], rows);
  const own = await startServer(ownHandler(table));
  const sdk = await startServer(sdkHandler(rows));
  const producer = producerOf(table);
  const client = new Worker(new URL('./scrape/client.ts', import.meta.url));
  const plain = { accept: 'text/plain', 'accept-encoding': 'identity' };
  const ways = {
    text: wayTo(own, plain),
    openMetrics: wayTo(own, { ...plain, accept: 'application/openmetrics-text' }),
    gzip: wayTo(own, { ...plain, 'accept-encoding': 'gzip' }),
    sdk: wayTo(sdk, plain),
  };
  const collected: number[] = [];
  try {
    await checkThatBothTellTheSame(ways.text.url, ways.sdk.url);
    const timings = await measureInterleaved(
      {
        text: () => scrapeOnce(client, ways.text),
        openMetrics: () => scrapeOnce(client, ways.openMetrics),
        gzip: () => scrapeOnce(client, ways.gzip),
        sdk: () => scrapeOnce(client, ways.sdk),
        producer: async () => {
          const { cpuMs, longestBlockMs } = await onMainThread(() => producer.collect());
          collected.push(longestBlockMs);
          return cpuMs;
        },
      },
      { runs: RUNS, warmup: 2 },
    );
    return [
      scrapeRow("Prometheus's text", timings.text, timings.sdk, 5),
      scrapeRow('OpenMetrics', timings.openMetrics, timings.sdk),
      scrapeRow('text, gzip', timings.gzip, timings.sdk),
      {
        name: "the SDK's exporter",
        unit: 'CPU-ms',
        median: timings.sdk.medianMs,
        spread: timings.sdk.spread,
      },
      blockRow("longest block, Prometheus's text", ways.text.blocksMs, 40),
      blockRow('longest block, OpenMetrics', ways.openMetrics.blocksMs, 40),
      blockRow('longest block, text, gzip', ways.gzip.blocksMs, 40),
      blockRow("longest block, the SDK's exporter", ways.sdk.blocksMs),
      { name: 'collected for OTLP', unit: 'CPU-ms', median: timings.producer.medianMs },
      blockRow('longest block, collected for OTLP', collected),
    ];
  } finally {
    await client.terminate();
    for (const server of [own, sdk]) {
      server.closeAllConnections();
      server.close();
    }
  }
}

function rowsOf(count: number): SeriesRow[] {
  return Array.from({ length: count }, (_, row) => ({
    labels: {
      source_namespace: `team-${row % 40}`,
      source_workload: `service-${row % 1999}`,
      source_kind: 'Pod',
      destination_namespace: `team-${(row * 7) % 40}`,
      destination_workload: `backend-${Math.floor(row / 1999)}`,
      destination_kind: row % 5 === 0 ? 'Range' : 'Pod',
    },
    values: [row * 1_000_003],
  }));
}

function ownHandler(table: SeriesTable): RequestListener {
  const exposition = new Exposition({ clock: systemClock, tables: [table], head: () => [] });
  return (request, response) => void exposition.handle(request, response);
}

/** The intended use of the SDK: a counter, and an `add` for each series. */
function sdkHandler(rows: readonly SeriesRow[]): RequestListener {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const views = [{ instrumentName: '*', aggregationCardinalityLimit: 2 * rows.length }];
  const provider = new MeterProvider({ readers: [exporter], views });
  const name = bytes!.name.replace(/_total$/, '');
  const counter = provider.getMeter('bench').createCounter(name, { description: bytes!.description });
  for (const { labels, values } of rows) counter.add(values[0]!, labels as Attributes);
  return (request, response) => exporter.getMetricsRequestHandler(request, response);
}

const producerOf = (table: SeriesTable) =>
  new FlowProducer({
    tables: [table],
    naming: 'opentelemetry',
    clock: systemClock,
    resource: emptyResource(),
    version: '0',
  });

async function startServer(handler: RequestListener): Promise<Server> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const wayTo = (server: Server, headers: Record<string, string>): Way => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
  headers,
  blocksMs: [],
});

/** The speed of a wrong answer is worth nothing. */
async function checkThatBothTellTheSame(ownUrl: string, sdkUrl: string): Promise<void> {
  const sumOf = async (url: string) => {
    const text = await (await fetch(url)).text();
    const values = text
      .split('\n')
      .flatMap((line) => (line.startsWith(bytes!.name) ? [line.split(' ').at(-1)] : []));
    return { series: values.length, sum: values.reduce((sum, value) => sum + Number(value), 0) };
  };
  const [own, sdk] = [await sumOf(ownUrl), await sumOf(sdkUrl)];
  if (own.series !== SERIES || own.sum !== sdk.sum || sdk.series !== SERIES) {
    throw new Error(`own text ${JSON.stringify(own)}, the SDK's ${JSON.stringify(sdk)}`);
  }
}

async function scrapeOnce(client: Worker, way: Way): Promise<number> {
  const { cpuMs, longestBlockMs } = await onMainThread(async () => {
    client.postMessage({ url: way.url, headers: way.headers });
    await once(client, 'message');
  });
  way.blocksMs.push(longestBlockMs);
  return cpuMs;
}

const scrapeRow = (name: string, timing: Timing, sdk: Timing, atLeast?: number): BenchRow => ({
  name,
  unit: 'CPU-ms',
  median: timing.medianMs,
  spread: timing.spread,
  ratio: timesFaster(timing, sdk),
  against: "the SDK's exporter",
  ...(atLeast === undefined ? {} : { target: { of: 'ratio', atLeast } }),
});

/** The longest of all runs, without warm-up. */
const blockRow = (name: string, blocksMs: readonly number[], atMost?: number): BenchRow => ({
  name,
  unit: 'CPU-ms',
  median: Math.max(...blocksMs.slice(-RUNS)),
  ...(atMost === undefined ? {} : { target: { atMost } }),
});
