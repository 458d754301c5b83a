import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlowLogSink } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { type DashboardLogQuery, dashboardLogQueries } from '../support/dashboard-queries.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { eventsOf, killedContainer, logEvents } from '../support/logged-event.ts';
import { type Loki, type LokiLine, startLoki } from '../support/loki.ts';
import { requires } from '../support/requires.ts';
import { provesLogql } from '../support/shipped-logql-renewal.ts';

/*
 * The dashboards' queries, in a real Loki that Weir's own sink has filled with ten seconds of a busy cluster.
 */

const RECORDS = 20_000;

requires('loki')('a real Loki with lines of flows', () => {
  let loki: Loki;

  beforeAll(async () => {
    loki = await startLoki({
      limits: { ingestion_rate_mb: 100, ingestion_burst_size_mb: 100, max_query_series: 100_000 },
    });
    const ledger = new Ledger();
    const parts = { clock: systemClock, ledger, log: new Log(systemClock, () => {}) };
    const sink = new FlowLogSink('loki', { url: loki.url }, parts);
    await sink.start();
    const corpus = new FlowCorpus({
      records: RECORDS,
      recordsPerSecond: 2_000,
      startMs: Date.now() - 12_000,
    });
    for (const batch of corpus.batches()) await sink.write(batch);
    await sink.stop(60_000);
    expect(ledger.toJSON()[0]).toMatchObject({ sent: RECORDS, closed: true });
    await logEvents([killedContainer()], { url: loki.url });
  });

  afterAll(() => loki?.stop());
  provesLogql(() => loki, ['grafana-dashboards: ']);

  /** The number of lines or sums, and whether any sum is a number. */
  async function answered({ logql, answer }: DashboardLogQuery): Promise<number> {
    if (answer === 'lines') return (await loki.lines(logql, { limit: 500 })).length;
    return (await loki.query(logql)).filter(({ value }) => value > 0).length;
  }

  it('answers every query of every dashboard with data', async () => {
    const queries = dashboardLogQueries();
    expect(queries.length).toBeGreaterThan(15);
    const failures: string[] = [];
    for (const query of queries) {
      try {
        if ((await answered(query)) === 0) failures.push(`${query.where}: nothing`);
      } catch (error) {
        failures.push(`${query.where}: ${(error as Error).message}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it('answers with exactly the lines that the variables select', async () => {
    const [pair] = (
      await loki.query(
        'topk(1, sum by (sourcePodNamespace, sourcePodName, destinationPodName) (count_over_time({service_name="weir-flows", flowType="InterNode", verdict!=""} | destinationServicePortName!="" [1h])))',
      )
    ).map(({ labels }) => labels);
    const workload = workloadOf(pair!.sourcePodName!);
    const peer = workloadOf(pair!.destinationPodName!);
    const queries = dashboardLogQueries({ namespace: pair!.sourcePodNamespace!, workload, peer }).filter(
      ({ answer, where }) =>
        answer === 'lines' && !/network-policy|pod-to-external|Kubernetes events/.test(where),
    );
    expect(queries.map(({ where }) => where.split(' / ')[0]).sort()).toEqual([
      'denied',
      'flow-records',
      'pod-to-pod',
      'pod-to-service',
      'saturation-and-quiet',
    ]);
    const between = ({ labels }: LokiLine) =>
      [labels.sourcePodName, labels.destinationPodName].map((pod) => workloadOf(pod ?? '')).sort();
    for (const { where, logql } of queries) {
      const lines = await loki.lines(logql, { limit: 500 });
      for (const line of lines) expect([where, between(line)]).toEqual([where, [workload, peer].sort()]);
      if (!where.startsWith('denied')) expect([where, lines.length > 0]).toEqual([where, true]);
    }
  });

  it('finds lines by a substring, by verdict and by kind, on Flow Records', async () => {
    const [line] = await loki.lines('{service_name="weir-flows", flowType="ToExternal"}', { limit: 1 });
    const address = line!.line.split(' ')[2]!;
    const askedFor = async (variables: Record<string, string>) => {
      const { logql } = dashboardLogQueries(variables).find(({ where }) => where === 'flow-records / Lines')!;
      return loki.lines(logql, { limit: 500 });
    };
    const found = await askedFor({ line: address.replaceAll('.', '\\.') });
    expect(found.length).toBeGreaterThan(0);
    for (const one of found) expect(one.line).toContain(address);
    const dropped = await askedFor({ verdict: 'Drop' });
    expect(new Set(dropped.map(({ labels }) => labels.verdict))).toEqual(new Set(['Drop']));
    const outside = await askedFor({ flowtype: 'ToExternal|FromExternal' });
    expect(new Set(outside.map(({ labels }) => labels.flowType))).toEqual(new Set(['ToExternal']));
  });

  it('marks events of the chosen namespaces, and those of Nodes', async () => {
    await logEvents(eventsOf('marked'), { url: loki.url });
    const marks = dashboardLogQueries({ namespace: 'shop', cluster: 'marked' }).find(({ where }) =>
      where.startsWith('overview / Kubernetes events'),
    )!;
    expect((await loki.lines(marks.logql)).map(({ line }) => line).sort()).toEqual([
      'Node node-a: Gone.',
      'Pod cart-0: container app ended with exit code 137',
    ]);
  });

  it('sums the octets in the lines', async () => {
    const { logql } = dashboardLogQueries().find(
      ({ where }) => where === 'pod-to-pod / Pods that send most',
    )!;
    const [biggest] = (await loki.query(logql)).sort((one, other) => other.value - one.value);
    const { sourcePodName, destinationPodName } = biggest!.labels;
    const lines = await loki.lines(
      `{service_name="weir-flows"} | sourcePodName="${sourcePodName}" | destinationPodName="${destinationPodName}"`,
    );
    const octets = lines.reduce((sum, { line }) => sum + Number(line.split(' ')[7]), 0);
    expect(biggest!.value).toBe(octets);
  });
});

/** The corpus's Pods belong to Deployments: two endings. */
const workloadOf = (pod: string): string => pod.split('-').slice(0, -2).join('-');
