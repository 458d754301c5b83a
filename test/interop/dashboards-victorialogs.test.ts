import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlowLogSink, type LoggedLine } from '../../src/logs/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { type DashboardLogsqlQuery, dashboardLogsqlQueries } from '../support/dashboard-queries.ts';
import { explorePanes } from '../support/explore-links.ts';
import { FlowCorpus } from '../support/flow-corpus.ts';
import { HttpApi } from '../support/http-api.ts';
import { eventsOf, killedContainer, logEvents } from '../support/logged-event.ts';
import { requires } from '../support/requires.ts';
import { startVictoriaLogs, type VictoriaLogs } from '../support/victoria-logs.ts';

/*
 * The dashboards' queries, in a real VictoriaLogs that Weir's own sink has filled with ten seconds of a busy
 * cluster.
 */

const RECORDS = 20_000;

interface Sum {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Sum['labels'];
      readonly value: readonly [number, string];
      readonly values: readonly (readonly [number, string])[];
    }[];
  };
}

requires('victoria-logs')('a real VictoriaLogs with lines of flows', () => {
  let server: VictoriaLogs;
  let api: HttpApi;

  beforeAll(async () => {
    server = await startVictoriaLogs();
    api = new HttpApi(server.url);
    const ledger = new Ledger();
    const parts = { clock: systemClock, ledger, log: new Log(systemClock, () => {}) };
    const sink = new FlowLogSink('lines', { url: server.url, server: 'victoriaLogs' }, parts);
    await sink.start();
    const corpus = new FlowCorpus({
      records: RECORDS,
      recordsPerSecond: 2_000,
      startMs: Date.now() - 12_000,
    });
    for (const batch of corpus.batches()) await sink.write(batch);
    await sink.stop(60_000);
    expect(ledger.toJSON()[0]).toMatchObject({ sent: RECORDS, closed: true });
    await logEvents([killedContainer()], { url: server.url, server: 'victoriaLogs' });
    await server.flush();
  });

  afterAll(() => server?.stop());

  const lastHour = () => ({ start: String(Date.now() / 1000 - 3600), end: String(Date.now() / 1000) });

  /** Sums as Grafana's plugin requests them: once, with the range in the query. */
  async function sumsOf(logsql: string): Promise<Sum[]> {
    const query = `_time:1h ${logsql}`;
    const { data } = await api.getJson<Answer>('/select/logsql/stats_query', { query });
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** … and over time; these are the last ones. */
  async function sumsOverTime(query: string): Promise<Sum[]> {
    const asked = { query, ...lastHour(), step: '1m' };
    const { data } = await api.getJson<Answer>('/select/logsql/stats_query_range', asked);
    return data.result.map(({ metric, values }) => ({ labels: metric, value: Number(values.at(-1)![1]) }));
  }

  /** The number of lines or of sums that are a number. */
  async function answered({ logsql, answer }: DashboardLogsqlQuery): Promise<number> {
    if (answer === 'lines') return (await server.lines(`${logsql} | limit 500`)).length;
    const sums = answer === 'sums' ? await sumsOf(logsql) : await sumsOverTime(logsql);
    return sums.filter(({ value }) => value > 0).length;
  }

  /** One pair of workloads with a flow, through a Service. */
  async function busiestPair() {
    const [row] = await server.query(
      '{service_name="weir-flows",flowType="InterNode",verdict!=""} destinationServicePortName:!"" | stats by (sourcePodNamespace, sourcePodName, destinationPodName) count() as n | sort by (n desc) limit 1',
    );
    return {
      namespace: row!.sourcePodNamespace!,
      workload: workloadOf(row!.sourcePodName!),
      peer: workloadOf(row!.destinationPodName!),
    };
  }

  const between = ({ labels }: LoggedLine) =>
    [labels.sourcePodName, labels.destinationPodName].map((pod) => workloadOf(pod ?? '')).sort();

  it('answers every query of every dashboard with data', async () => {
    const queries = dashboardLogsqlQueries();
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

  it('finds all lines if nothing is selected', async () => {
    const { logsql } = dashboardLogsqlQueries().find(({ where }) => where === 'flow-records / Lines')!;
    expect(await server.count(logsql)).toBe(RECORDS);
  });

  it('answers with exactly the lines that the variables select', async () => {
    const pair = await busiestPair();
    const queries = dashboardLogsqlQueries(pair).filter(
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
    const ends = [pair.workload, pair.peer].sort();
    for (const { where, logsql } of queries) {
      const lines = await server.lines(logsql);
      for (const line of lines) expect([where, between(line)]).toEqual([where, ends]);
      if (!where.startsWith('denied')) expect([where, lines.length > 0]).toEqual([where, true]);
    }
  });

  it('accepts several choices, as Grafana joins them', async () => {
    const { workload, peer, namespace } = await busiestPair();
    const chosen = { namespace, workload: `(${workload}|${peer})` };
    const { logsql } = dashboardLogsqlQueries(chosen).find(({ where }) => where === 'pod-to-pod / Lines')!;
    const lines = await server.lines(logsql);
    const ends = new Set(lines.flatMap(between));
    expect(ends.has(workload) && ends.has(peer)).toBe(true);
    for (const line of lines) expect(between(line).some((end) => [workload, peer].includes(end))).toBe(true);
  });

  it('finds lines by a substring, by verdict and by kind, on Flow Records', async () => {
    const [line] = await server.lines('{service_name="weir-flows",flowType="ToExternal"} | limit 1');
    const address = line!.line.split(' ')[2]!;
    const askedFor = (variables: Record<string, string>) => {
      const { logsql } = dashboardLogsqlQueries(variables).find(
        ({ where }) => where === 'flow-records / Lines',
      )!;
      return server.lines(logsql);
    };
    const found = await askedFor({ line: address.replaceAll('.', '\\.') });
    expect(found.length).toBeGreaterThan(0);
    for (const one of found) expect(one.line).toContain(address);
    const dropped = await askedFor({ verdict: 'Drop' });
    expect(new Set(dropped.map(({ labels }) => labels.verdict))).toEqual(new Set(['Drop']));
    const outside = await askedFor({ flowtype: '(ToExternal|FromExternal)' });
    expect(new Set(outside.map(({ labels }) => labels.flowType))).toEqual(new Set(['ToExternal']));
  });

  it('marks events of the chosen namespaces, and those of Nodes', async () => {
    await logEvents(eventsOf('marked'), { url: server.url, server: 'victoriaLogs' });
    await server.flush();
    const marks = dashboardLogsqlQueries({ namespace: 'shop', cluster: 'marked' }).find(({ where }) =>
      where.startsWith('overview / Kubernetes events'),
    )!;
    expect((await server.lines(marks.logsql)).map(({ line }) => line).sort()).toEqual([
      'NodeNotReady of Node node-a: Gone.',
      'OOMKilled of Pod cart-0: container app ended with exit code 137',
    ]);
  });

  it('sums the octets in the lines', async () => {
    const { logsql } = dashboardLogsqlQueries().find(
      ({ where }) => where === 'pod-to-pod / Pods that send most',
    )!;
    const [biggest] = await sumsOf(logsql);
    const { sourcePodName, destinationPodName } = biggest!.labels;
    const lines = await server.lines(
      `{service_name="weir-flows"} sourcePodName:="${sourcePodName}" destinationPodName:="${destinationPodName}"`,
    );
    const octets = lines.reduce((sum, { line }) => sum + Number(line.split(' ')[7]), 0);
    expect(biggest!.value).toBe(octets);
  });

  it('links to exactly the lines between the two ends in Explore', async () => {
    const { workload, peer } = await busiestPair();
    const panes = explorePanes({ source_workload: workload, destination_workload: peer });
    const queries = new Set(
      panes
        .filter(({ title }) => title === 'Their lines in VictoriaLogs')
        .flatMap(({ pane }) => pane.queries.map(({ expr }) => expr)),
    );
    expect(queries.size).toBe(1);
    const lines = await server.lines([...queries][0]!);
    const ends = [workload, peer].sort();
    const all = (await server.lines('{service_name="weir-flows"}')).filter(
      (line) => between(line).join() === ends.join(),
    );
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.map(({ line }) => line).sort()).toEqual(all.map(({ line }) => line).sort());
  });
});

/** The corpus's Pods belong to Deployments: two endings. */
const workloadOf = (pod: string): string => pod.split('-').slice(0, -2).join('-');
