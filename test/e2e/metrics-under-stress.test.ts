import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { MetricsText } from '../support/metrics-text.ts';
import type { NetworkNamespace } from '../support/namespace.ts';
import type { Program } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { loneHost } from '../support/topology.ts';
import type { Mood } from '../support/traffic/otlp-moods.ts';
import type { StormReport } from '../support/traffic/scrape-storm.ts';
import { until } from '../support/until.ts';
import { startWeir, stopWeir } from '../support/weir.ts';

/*
 * An aggregator under full load from two nodes' agents, played by bench/pipeline/sender.ts, while the readers
 * of its metrics misbehave. All records must arrive and be counted.
 */

const groupings = ['workload', 'pod', 'node', 'policy'];
const flows = 10_000;
const recordsAMessage = 20;

/**
 * The sender's flows in this many rounds: two halves with records each, octets there and three times as many
 * back.
 */
const sent = (rounds: number) => ({
  records: 2 * rounds * flows,
  octets: sumOver(flows, (flow) => 4 * rounds * (1_500 + (flow % 1_000))),
  packets: sumOver(flows, (flow) => 3 * rounds * (3 + (flow % 7))),
});

function sumOver(count: number, value: (index: number) => number): number {
  return Array.from({ length: count }, (_, index) => value(index)).reduce((sum, one) => sum + one, 0);
}

function load(host: NetworkNamespace, rounds: number): Program {
  const sender = new URL('../../bench/pipeline/sender.ts', import.meta.url);
  return host.startModule(sender, [4739, flows, rounds, recordsAMessage, 0].map(String));
}

function startAggregator(
  host: NetworkNamespace,
  metrics: object,
  directory: TemporaryDirectory,
): Promise<Program> {
  const file = {
    aggregatorTransportProtocol: 'tcp',
    weir: { metrics: { groupings, seriesLimit: 1_000, ...metrics } },
  };
  return startWeir(host, 'aggregator', file, directory);
}

async function metrics(host: NetworkNamespace): Promise<MetricsText> {
  return new MetricsText((await host.fetch('http://127.0.0.1:9464/metrics')).body);
}

/** Resident memory of a process, now or at its peak. */
function residentMegabytes({ pid }: Program, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(new RegExp(`^${which}:\\s+(\\d+) kB`, 'm'))![1]) / 1024;
}

/** A page's values for each grouping: the shown series, and those that bigger ones replaced. */
const countedOn = (page: MetricsText) =>
  groupings.map((grouping) => {
    const ever = (unit: string) =>
      page.sum(`weir_flow_${grouping}_${unit}_total`) +
      page.sum(`weir_metrics_expired_${unit}_total`, { grouping });
    return [grouping, ever('bytes'), ever('packets')] as const;
  });

/**
 * Waits until all octets are counted, and checks that each grouping has them and all records have arrived.
 */
async function expectAllCounted(host: NetworkNamespace, rounds: number): Promise<void> {
  const { records, octets, packets } = sent(rounds);
  const isThere = async () => countedOn(await metrics(host))[0]![1] >= octets;
  await until('all octets', isThere, { everyMs: 100 });
  const page = await metrics(host);
  expect(countedOn(page)).toEqual(groupings.map((grouping) => [grouping, octets, packets]));
  expect(page.value('weir_ledger_received_total', { component: 'ipfix in', unit: 'records' })).toBe(records);
}

async function expectClosedBooks(aggregator: Program): Promise<void> {
  const ledger = await stopWeir(aggregator);
  expect(ledger.filter(({ closes }) => !closes)).toEqual([]);
  const dropped = ledger.filter((line) => line.dropped > 0 && line.name !== 'recent flows');
  expect(dropped).toEqual([]);
}

requires('namespaces')('an aggregator under load', () => {
  it('answers a burst of scrapes in full, and loses no record', async () => {
    await using host = await loneHost();
    using directory = new TemporaryDirectory();
    const aggregator = await startAggregator(host, {}, directory);
    const rounds = 20;
    await load(host, 1).succeeds();
    await expectAllCounted(host, 1);
    const before = residentMegabytes(aggregator, 'VmRSS');
    const url = 'http://127.0.0.1:9464/metrics';
    const script = new URL('../support/traffic/scrape-storm.ts', import.meta.url);
    const storm = host.startModule(script, [JSON.stringify({ url, concurrency: 50, seconds: 6 })]);
    await load(host, rounds).succeeds();
    const report: StormReport = JSON.parse(await storm.succeeds());
    const most = residentMegabytes(aggregator, 'VmHWM');
    console.log(
      `storm: ${report.answers} scrapes, ${Math.round(report.octets / report.answers / 1024)} KiB each, ` +
        `slowest ${Math.round(report.slowestMs)} ms; resident ${Math.round(before)} MB before, ${Math.round(most)} MB at most`,
    );
    expect(report.failures).toEqual([]);
    expect(report.answers).toBeGreaterThanOrEqual(50);
    expect(
      (await metrics(host)).value('weir_metrics_scrapes_total', { result: 'sent' }),
    ).toBeGreaterThanOrEqual(report.answers);
    await expectAllCounted(host, rounds + 1);
    expect(most - before).toBeLessThan(200);
    await expectClosedBooks(aggregator);
  });

  it('survives OTLP receivers that answer 429, 503 or nothing, and sends everything after their recovery', async () => {
    await using host = await loneHost();
    using directory = new TemporaryDirectory();
    const moody = host.startModule(new URL('../support/traffic/otlp-moods.ts', import.meta.url), ['4318']);
    await moody.says(/listening/);
    const targets = { 429: 'throttled', 503: 'throttled', silent: 'timeout' };
    const urls = Object.fromEntries(
      Object.keys(targets).map((mood) => [mood, `http://127.0.0.1:4318/${mood}/v1/metrics`]),
    );
    const otlp = Object.values(urls).map((endpoint) => ({ endpoint, interval: '1s', timeout: '500ms' }));
    const aggregator = await startAggregator(host, { otlp }, directory);
    await load(host, 1).succeeds();
    await expectAllCounted(host, 1);
    const before = residentMegabytes(aggregator, 'VmRSS');
    await load(host, 20).succeeds();
    await expectAllCounted(host, 21);
    const loaded = residentMegabytes(aggregator, 'VmRSS');
    await delay(5_000);
    const after = residentMegabytes(aggregator, 'VmRSS');
    const [atFirst, underLoad, atLast] = [before, loaded, after].map(Math.round);
    console.log(
      `receivers that fail: resident ${atFirst} MB, under load ${underLoad} MB, five exports later ${atLast} MB`,
    );
    const page = await metrics(host);
    for (const [mood, result] of Object.entries(targets)) {
      const target = urls[mood]!;
      const results = page.samplesOf('weir_otlp_exports_total', { target });
      expect(
        results.map(({ labels }) => labels.result),
        mood,
      ).toContain(result);
      expect(
        results.map(({ labels }) => labels.result),
        mood,
      ).not.toContain('success');
      expect(page.sum('weir_otlp_exports_total', { target }), mood).toBeGreaterThanOrEqual(3);
    }
    expect(loaded - before).toBeLessThan(200);
    expect(after - loaded).toBeLessThan(60);

    await host.fetch('http://127.0.0.1:4318/well');
    const { octets, packets } = sent(21);
    for (const mood of Object.keys(targets)) {
      const taken = await until(
        `an export to the receiver that was ${mood}`,
        async () => {
          const { body } = await host.fetch('http://127.0.0.1:4318/sums');
          const found = (JSON.parse(body) as Record<string, Mood>)[mood];
          return found !== undefined && found.sums['weir.flow.policy.packets'] !== undefined && found;
        },
        { everyMs: 100 },
      );
      expect([mood, taken.sums['weir.flow.node.bytes'], taken.sums['weir.flow.node.packets']]).toEqual([
        mood,
        octets,
        packets,
      ]);
    }
    await expectClosedBooks(aggregator);
  });
});
