import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { FlowBatch } from '../src/flow/index.ts';
import { FlowSeries, type FlowSeriesOptions, type GroupingName } from '../src/metrics/index.ts';
import { type Clock, Ledger } from '../src/runtime/index.ts';
import { threadTimeMs } from '../test/support/thread-time.ts';
import { type BenchRow, measureInterleaved, measureWork, type Timing, timesFaster } from './measure.ts';
import { reportsOf } from './metrics/flows-by-series.ts';

const SERIES = 100_000;
/** Updates of each series in a run, and between two reads: agents report each 5 s. */
const ROUNDS = 12;
const ROUNDS_A_READ = 3;
/** Flows whose reports are classified: of some thousand Pods, as in a cluster of 50 nodes. */
const FLOWS = 40_960;

export const title = `flow series: ${SERIES.toLocaleString('en')} live series, updates, reports and memory`;

export async function run(): Promise<BenchRow[]> {
  const apart = reportsOf({
    flows: SERIES,
    source: (flow) => ({ pod: flow, workload: flow }),
    destination: (flow) => ({ pod: flow % 50, workload: flow % 50 }),
  });
  const octetsASeries = measureMemory(apart);
  const updates = await measureUpdates(apart);
  const reports = reportsOf({
    flows: FLOWS,
    source: (flow) => ({ pod: flow % 4_000, workload: flow % 400 }),
    destination: (flow) => ({ pod: (flow * 7 + 1) % 4_000, workload: ((flow * 7 + 1) % 4_000) % 400 }),
  });
  const common = await measureReports(reports, ['workload']);
  const every = await measureReports(reports, ['workload', 'node', 'policy', 'external', 'service', 'port']);
  return [
    nanosecondsRow('an increase of a flow, octets and packets both ways', SERIES, updates.weir, {
      ratio: timesFaster(updates.weir, updates.sdk),
      against: "counter.add of OpenTelemetry's SDK with 6 attributes",
      target: { of: 'ratio', atLeast: 40 },
    }),
    {
      name: 'memory of a series, each with a class and a flow of its own',
      median: octetsASeries,
      unit: 'octets/series',
      target: { atMost: 300 },
    },
    nanosecondsRow('first report of a flow, workloads', FLOWS, common.first),
    nanosecondsRow('later report, workloads', FLOWS, common.later, { target: { atMost: 250 } }),
    nanosecondsRow('first report of a flow, 6 groupings', FLOWS, every.first),
    nanosecondsRow('later report, 6 groupings', FLOWS, every.later),
  ];
}

function nanosecondsRow(name: string, count: number, timing: Timing, rest: Partial<BenchRow> = {}): BenchRow {
  return { name, unit: 'ns', median: (timing.medianMs * 1e6) / count, spread: timing.spread, ...rest };
}

const standingClock: Clock = {
  now: () => Date.UTC(2026, 0, 1),
  monotonic: () => 0,
  wallAt: (monotonicMs) => Date.UTC(2026, 0, 1) + monotonicMs,
  after: () => () => {},
  every: () => () => {},
};

function seriesFor(options: FlowSeriesOptions): FlowSeries {
  return new FlowSeries(options, { clock: standingClock, ledger: new Ledger() });
}

function classifyAll(series: FlowSeries, batches: readonly FlowBatch[], isFirst: boolean): void {
  let flow = 0;
  for (const batch of batches) {
    for (let row = 0; row < batch.length; row++)
      series.classify(flow++, batch, row, standingClock.now(), isFirst, true);
  }
}

function sumOf(series: FlowSeries, name: string, measure: number): number {
  const table = series.tables.find((one) => one.name === name)!;
  table.hold();
  table.release();
  const { values, slots } = table;
  return values[measure]!.subarray(1, slots).reduce((sum, value) => sum + value, 0);
}

async function measureUpdates(batches: readonly FlowBatch[]): Promise<Record<'weir' | 'sdk', Timing>> {
  const series = keepForever(seriesFor({ seriesLimit: 2 * SERIES }));
  classifyAll(series, batches, true);
  const growth = Float64Array.of(1500, 3, 0, 0);
  // A prime step visits all flows in an order that no cache foresees.
  const updateWeir = () => {
    const before = sumOf(series, 'workload', 0);
    const started = threadTimeMs();
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0, flow = 0; i < SERIES; i++, flow = (flow + 40_009) % SERIES) {
        series.advance(flow, growth);
      }
      if (round % ROUNDS_A_READ === 0) {
        series.tables[0]!.hold();
        series.tables[0]!.release();
      }
    }
    const ms = (threadTimeMs() - started) / ROUNDS;
    if (sumOf(series, 'workload', 0) - before !== SERIES * ROUNDS * 1500)
      throw new Error('octets are missing');
    return ms;
  };
  const { counter, attributes } = sdkCounter();
  const updateSdk = () => {
    const started = threadTimeMs();
    for (let i = 0, flow = 0; i < SERIES; i++, flow = (flow + 40_009) % SERIES) {
      counter.add(1500, attributes[flow]);
    }
    return threadTimeMs() - started;
  };
  return measureInterleaved({ weir: updateWeir, sdk: updateSdk }, { runs: 7, warmup: 2 });
}

/** A counter of the SDK with as many series, and the ready-made attributes of each. */
function sdkCounter() {
  const provider = new MeterProvider({ readers: [new IdleReader()] });
  const counter = provider.getMeter('bench').createCounter('flow.io');
  const attributes = Array.from({ length: SERIES }, (_, i) => ({
    source_namespace: `namespace-${i % 40}`,
    source_workload: `workload-${i}`,
    source_kind: 'Pod',
    destination_namespace: `namespace-${i % 50}`,
    destination_workload: `workload-${i % 50}`,
    destination_kind: 'Pod',
  }));
  return { counter, attributes };
}

/** Reads nothing while the counter is measured, and allows all series. */
class IdleReader extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
      cardinalitySelector: () => 2 * SERIES,
    });
  }

  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

/** Bytes by which the process grows for each series. */
function measureMemory(batches: readonly FlowBatch[]): number {
  const before = memoryOctets();
  const series = keepForever(seriesFor({ seriesLimit: SERIES }));
  classifyAll(series, batches, true);
  const octets = memoryOctets() - before;
  if (series.readings[0]!.series !== SERIES) throw new Error(`${series.readings[0]!.series} series`);
  return octets / SERIES;
}

function memoryOctets(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const kept: FlowSeries[] = [];

/** A process has one for all its life: when one dies, V8 discards the code that it compiled for it. */
function keepForever(series: FlowSeries): FlowSeries {
  kept.push(series);
  return series;
}

async function measureReports(batches: readonly FlowBatch[], groupings: readonly GroupingName[]) {
  const timeReports = (series: FlowSeries, isFirst: boolean) => {
    const started = threadTimeMs();
    classifyAll(series, batches, isFirst);
    return threadTimeMs() - started;
  };
  const first = await measureWork(() => timeReports(keepForever(seriesFor({ groupings })), true));
  const series = keepForever(seriesFor({ groupings }));
  classifyAll(series, batches, true);
  const later = await measureWork(() => timeReports(series, false));
  const [name] = groupings;
  const flows = series.tables
    .find((table) => table.name === name)!
    .measures.findIndex(({ name }) => /flows/.test(name));
  if (sumOf(series, name!, flows) !== FLOWS) throw new Error('flows are missing');
  return { first, later };
}
