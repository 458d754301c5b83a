import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  type ProcessMetric,
  processMetrics,
  Telemetry,
  type TelemetryOptions,
} from '../../../src/metrics/index.ts';
import { Ledger, systemClock } from '../../../src/runtime/index.ts';
import { keptLog } from '../../support/ipfix.ts';
import { type MetricsText, scrape } from '../../support/metrics-text.ts';
import { threadTimeMs } from '../../support/thread-time.ts';
import { agentReadings, aggregatorReadings, clusterReadings, seriesReadings } from './readings.ts';

/** Telemetry behind a real server. */
async function serve(options: Partial<TelemetryOptions>) {
  const { log, lines } = keptLog();
  const telemetry = new Telemetry({
    component: 'aggregator',
    clock: systemClock,
    ledger: new Ledger(),
    log,
    version: '1.2.3',
    resource: {},
    otlp: [],
    ...options,
  });
  const server = createServer((request, response) => void telemetry.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    telemetry,
    lines,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    async [Symbol.asyncDispose]() {
      await telemetry.stop(1_000);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function books(): Ledger {
  const ledger = new Ledger();
  const account = ledger.open('sink file', 'records', () => 2);
  account.received = 10;
  account.sent = 5;
  account.drop('queue full', 3);
  account.note('filtered out', 7);
  return ledger;
}

const table = new Map<string, ProcessMetric>(Object.entries(processMetrics));

/** Each metric of the table as it is told: its type, and the names of its labels. */
function told(text: MetricsText) {
  return [...text.families.values()]
    .filter(({ name }) => table.has(name))
    .map(({ name, type, help, samples }) => ({
      name,
      type,
      help,
      labels: Object.keys(samples[0]!.labels)
        .filter((label) => label !== 'le')
        .toSorted(),
    }));
}

const expected = (of: readonly string[]) =>
  [...table]
    .filter(([name, metric]) => of.includes(metric.of) && !name.startsWith('weir_otlp_'))
    .map(([name, { type, description, labels }]) => ({
      name,
      type,
      help: description,
      labels: labels.toSorted(),
    }));

/** The longest turn of the event loop while `work` runs, as a share of this thread's processor time. */
async function longestTurnShare(work: () => Promise<unknown>): Promise<number> {
  const turns: number[] = [];
  let isDone = false;
  let last = threadTimeMs();
  const look = () => {
    const now = threadTimeMs();
    turns.push(now - last);
    last = now;
    if (!isDone) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isDone = true;
  return Math.max(...turns) / turns.reduce((sum, turn) => sum + turn, 0);
}

describe('the metrics of a process', () => {
  it('match the table for an aggregator, with types, texts and labels', async () => {
    await using served = await serve({
      ledger: books(),
      aggregator: () => aggregatorReadings,
      cluster: () => clusterReadings,
      series: seriesReadings(),
    });
    await served.telemetry.start();
    const text = await scrape(served.url);
    expect(told(text)).toEqual(expected(['every', 'aggregator']));
    expect(text.value('weir_build_info', { version: '1.2.3', component: 'aggregator' })).toBe(1);
    expect(text.samplesOf('target_info')[0]!.labels).toMatchObject({
      service_name: 'weir-aggregator',
      service_version: '1.2.3',
    });
    const exporter = { exporter: '192.0.2.1', domain: '7' };
    expect(text.value('weir_collector_exporter_last_record_timestamp_seconds', exporter)).toBe(
      1_767_225_600.5,
    );
    expect(text.value('weir_collector_lost_records_total', exporter)).toBe(3);
    expect(text.value('weir_collector_exporter_unsent_records_total', exporter)).toBe(5);
    expect(text.value('weir_collector_exporter_ignored_packets_total', exporter)).toBe(6);
    expect(text.value('weir_sink_up', { sink: 'file' })).toBe(0);
    const sinkExpiry = 'weir_sink_certificate_expiry_timestamp_seconds';
    expect(text.value(sinkExpiry, { sink: 'file' })).toBe(1_798_761_800);
    expect(text.value('weir_metrics_expired_bytes_total', { grouping: 'workload' })).toBe(500);
    expect(text.value('weir_metrics_delay_seconds_bucket', { le: '1' })).toBe(5);
    expect(text.sum('weir_flow_workload_packets_total')).toBe(2001.5);
  });

  it('match the table for an agent', async () => {
    await using served = await serve({
      component: 'agent',
      ledger: books(),
      agent: () => agentReadings,
      cluster: () => clusterReadings,
      resource: { 'k8s.node.name': 'node-1' },
    });
    await served.telemetry.start();
    const text = await scrape(served.url);
    expect(told(text)).toEqual(expected(['every', 'agent']));
    expect(text.samplesOf('target_info')[0]!.labels.k8s_node_name).toBe('node-1');
    expect(text.value('weir_exporter_link_capacity_bytes_per_second')).toBe(1.25e9);
    expect(text.value('weir_exporter_link_errors_total', { link: 'eth0', direction: 'transmit' })).toBe(3);
    expect(text.value('weir_exporter_links', { told: 'summed' })).toBe(50);
    expect(text.value('weir_exporter_certificate_expiry_timestamp_seconds')).toBe(1_798_761_700);
    const duration = 'antrea_agent_conntrack_poll_cycle_duration_seconds';
    expect(text.samplesOf(`${duration}_bucket`).map(({ value }) => value)).toEqual([5, 7, 8]);
    expect(text.value(`${duration}_sum`)).toBe(1.25);
  });

  it('tell for each kind of Kubernetes whether it is known and heard', async () => {
    await using served = await serve({ cluster: () => clusterReadings });
    await served.telemetry.start();
    const text = await scrape(served.url);
    const valuesOf = (name: string) =>
      text.samplesOf(name).map(({ labels, value }) => [labels.kind, value] as const);
    expect(valuesOf('weir_kubernetes_objects')).toEqual([
      ['pods', 250],
      ['services', 0],
      ['remembered pods', 4],
    ]);
    expect(valuesOf('weir_kubernetes_stale_seconds')).toEqual([
      ['pods', 0],
      ['services', 42.5],
    ]);
    expect(valuesOf('weir_kubernetes_synced')).toEqual([
      ['pods', 1],
      ['services', 0],
    ]);
  });

  it('tell nothing of Kubernetes where no API server is followed', async () => {
    await using served = await serve({ aggregator: () => aggregatorReadings });
    await served.telemetry.start();
    const { families } = await scrape(served.url);
    expect([...families.keys()].filter((name) => name.startsWith('weir_kubernetes_'))).toEqual([]);
  });

  it("report the operating system's own values", async () => {
    await using served = await serve({});
    await served.telemetry.start();
    const text = await scrape(served.url);
    expect(Date.now() / 1000 - text.value('process_start_time_seconds')!).toBeLessThan(3600);
    expect(text.value('process_cpu_seconds_total')).toBeGreaterThan(0.1);
    expect(text.value('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(text.value('process_open_fds')).toBeGreaterThan(3);
    expect(text.value('process_max_fds')).toBeGreaterThan(text.value('process_open_fds')!);
  });

  it('are the same as OpenMetrics', async () => {
    await using served = await serve({
      component: 'up',
      ledger: books(),
      aggregator: () => aggregatorReadings,
      agent: () => agentReadings,
      series: seriesReadings(),
    });
    await served.telemetry.start();
    const plain = await scrape(served.url);
    const open = await scrape(served.url, 'application/openmetrics-text');
    const steady = ({ samples }: MetricsText) =>
      samples
        .filter(({ name }) => !/^(process|weir_event_loop|weir_metrics_scrapes)_/.test(name))
        .map(({ name, labels, value }) => ({
          name,
          labels:
            labels.le === undefined
              ? labels
              : { ...labels, le: Number(labels.le.replace('+Inf', 'Infinity')) },
          value,
        }));
    expect(steady(open)).toEqual(steady(plain));
    expect(open.families.get('weir_exporter_link_bytes')).toMatchObject({ type: 'counter', unit: 'bytes' });
    expect(open.families.get('target')).toMatchObject({ type: 'info' });
  });

  it('of thousands of exporters take many turns, so that other work runs between them', async () => {
    const [known] = aggregatorReadings.collector.exporters;
    const exporters = Array.from({ length: 4_096 }, (_, n) => ({ ...known!, observationDomainId: n }));
    const collector = { ...aggregatorReadings.collector, exporters };
    await using served = await serve({ aggregator: () => ({ ...aggregatorReadings, collector }) });
    await served.telemetry.start();
    const read = async () =>
      (await fetch(served.url, { headers: { 'accept-encoding': 'identity' } })).arrayBuffer();
    const shares = [];
    // The best of them, because a collection of garbage makes any turn long.
    for (let n = 0; n < 5; n++) shares.push(await longestTurnShare(read));
    expect(Math.min(...shares)).toBeLessThan(0.4);
  });

  it('exist only while it runs', async () => {
    await using served = await serve({});
    expect((await fetch(served.url)).status).toBe(503);
    await served.telemetry.start();
    expect((await fetch(served.url)).status).toBe(200);
    await served.telemetry.stop(1_000);
    expect((await fetch(served.url)).status).toBe(503);
  });
});

describe('ledger accounts as metrics', () => {
  it('never fall, though some counts are cancelled, and still show whether they balance', async () => {
    const ledger = new Ledger();
    const account = ledger.open('ipfix in', 'records');
    await using served = await serve({ ledger });
    await served.telemetry.start();
    const labels = { component: 'ipfix in', unit: 'records' };
    account.received = 9;
    account.note('lost upstream', 5);
    expect((await scrape(served.url)).value('weir_ledger_difference', labels)).toBe(9);
    account.received = 8;
    account.sent = 8;
    account.events.set('lost upstream', 2);
    const text = await scrape(served.url);
    expect(text.value('weir_ledger_events_total', { ...labels, event: 'lost upstream' })).toBe(5);
    expect(text.value('weir_ledger_received_total', labels)).toBe(9);
    expect(text.value('weir_ledger_difference', labels)).toBe(0);
  });

  it('sum the accounts of one component', async () => {
    const ledger = new Ledger();
    ledger.open('http', 'records').received = 5;
    const client = ledger.open('http client 127.0.0.1:40000', 'records', undefined, { component: 'http' });
    client.received = 4;
    await using served = await serve({ ledger });
    await served.telemetry.start();
    const text = await scrape(served.url);
    expect(text.samplesOf('weir_ledger_received_total')).toMatchObject([
      { labels: { component: 'http', unit: 'records' }, value: 9 },
    ]);
  });
});
