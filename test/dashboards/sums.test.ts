import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { dashboardQueries } from '../support/dashboard-queries.ts';
import { testRules } from '../support/promtool.ts';
import { requires } from '../support/requires.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';

/**
 * What a series shows for the last two hours: so many a minute, evenly, or only in the first or second of
 * them.
 */
interface Played {
  readonly series: string;
  readonly aMinute: number;
  readonly when?: 'before' | 'now';
}

/** A number, or by the value of a label one for each line. */
type Expected = number | { readonly label: string; readonly values: Readonly<Record<string, number>> };

interface Check {
  readonly promql: string;
  readonly expected: Expected;
}

/** Prometheus' own engine says what the queries return at the end of the range. */
async function evaluate(played: readonly Played[], checks: readonly Check[]): Promise<void> {
  using directory = new TemporaryDirectory();
  const file = directory.file('sums.yaml');
  const values = ({ aMinute, when }: Played) => {
    if (when === 'before') return `0+${aMinute}x60 ${60 * aMinute}+0x60`;
    if (when === 'now') return `0+0x59 0+${aMinute}x60`;
    return `0+${aMinute}x121`;
  };
  const samples = (expected: Expected) =>
    typeof expected === 'number'
      ? [{ labels: '{}', value: expected }]
      : Object.entries(expected.values).map(([value, number]) => ({
          labels: `{${expected.label}="${value}"}`,
          value: number,
        }));
  const test = {
    interval: '1m',
    input_series: played.map((one) => ({ series: one.series, values: values(one) })),
    promql_expr_test: checks.map(({ promql, expected }) => ({
      expr: rounded(
        typeof expected === 'number' ? `sum(${promql})` : `sum by (${expected.label}) (${promql})`,
      ),
      eval_time: '2h',
      exp_samples: samples(expected),
    })),
  };
  writeFileSync(file, stringify({ evaluation_interval: '1m', tests: [test] }, { lineWidth: 0 }));
  await expect(testRules(file)).resolves.toContain('SUCCESS');
}

/** Rates of whole numbers are not whole in binary. */
const rounded = (promql: string) => `round(${promql}, 0.0001)`;

/** The queries of a panel, in its order. */
function ask(dashboard: string, title: string, variables: Record<string, string> = {}): string[] {
  const found = dashboardQueries({ rateInterval: '4m', range: '1h', variables }).filter(
    (query) => query.dashboard === dashboard && query.title === title,
  );
  expect(found.length).toBeGreaterThan(0);
  return found.map(({ promql }) => promql);
}

const between = (from: string, to: string, measure = 'bytes') =>
  `weir_flow_workload_${measure}_total{source_namespace="shop",source_workload="${from}",source_kind="Pod",destination_namespace="shop",destination_workload="${to}",destination_kind="Pod"}`;
const toInternet = (from: string) =>
  `weir_flow_workload_bytes_total{source_namespace="shop",source_workload="${from}",source_kind="Pod",destination_workload="internet",destination_kind="Range"}`;

requires('promtool')('a panel', () => {
  it('of the largest and all others shows everything once', async () => {
    // 10, 20 … 120 octets a second: 780 in all, of which the ten biggest have 750
    const played = Array.from({ length: 12 }, (_, i) => ({
      series: between(`w${i}`, 'db'),
      aMinute: 600 * (i + 1),
    }));
    const [biggest, others] = ask('overview', 'Throughput by workload pair');
    await evaluate(played, [
      { promql: biggest!, expected: 8 * 750 },
      { promql: others!, expected: 8 * 30 },
    ]);
  });

  it('counts a flow between two selected ends once', async () => {
    const played = [
      { series: between('web', 'db'), aMinute: 60 },
      { series: between('db', 'web'), aMinute: 120 },
      { series: between('web', 'cache'), aMinute: 600 },
      { series: toInternet('db'), aMinute: 6000 },
    ];
    const throughput = (variables: Record<string, string>) => ask('overview', 'Throughput', variables)[0]!;
    await evaluate(played, [
      { promql: throughput({}), expected: 8 * 113 },
      { promql: throughput({ namespace: 'shop' }), expected: 8 * 113 },
      { promql: throughput({ workload: 'web' }), expected: 8 * 13 },
      { promql: throughput({ workload: 'web', peer: 'db' }), expected: 8 * 3 },
      { promql: throughput({ workload: '(web|db)' }), expected: 8 * 113 },
      { promql: throughput({ workload: 'internet' }), expected: 8 * 100 },
    ]);
  });

  it('of changes includes new and vanished entries', async () => {
    const played: Played[] = [
      { series: between('old', 'db'), aMinute: 60, when: 'before' },
      { series: between('new', 'db'), aMinute: 120, when: 'now' },
      { series: between('same', 'db'), aMinute: 600 },
    ];
    await evaluate(played, [
      {
        promql: ask('overview', 'Bytes: grew most')[0]!,
        expected: { label: 'source_workload', values: { new: 7200 } },
      },
      {
        promql: ask('overview', 'Bytes: fell most')[0]!,
        expected: { label: 'source_workload', values: { old: -3600 } },
      },
    ]);
  });

  it('of loss shows the share that did not arrive', async () => {
    const played = [
      { series: between('web', 'db', 'sent_packets'), aMinute: 1000 },
      { series: between('web', 'db', 'received_packets'), aMinute: 900 },
    ];
    await evaluate(played, [
      { promql: ask('pod-to-pod', 'Packets lost in transit by workload pair')[0]!, expected: 0.1 },
      { promql: ask('pod-to-pod', 'Most packets lost in transit by workload pair')[0]!, expected: 0.1 },
    ]);
  });

  it('of a node graph names each edge and both its ends, with a namespace if present', async () => {
    const [edges] = ask('overview', 'Traffic between workloads');
    const played = [
      { series: between('web', 'db'), aMinute: 60 },
      { series: toInternet('web'), aMinute: 120 },
    ];
    const by = (label: string, values: Record<string, number>) => ({
      promql: edges!,
      expected: { label, values },
    });
    await evaluate(played, [
      by('source', { 'shop/web': 10_800 }),
      by('target', { 'shop/db': 3600, internet: 7200 }),
      by('id', { 'shop/web → shop/db': 3600, 'shop/web → internet': 7200 }),
    ]);
  });

  it('of links shows their share of the capacity for each direction', async () => {
    const link = (direction: string) =>
      `weir_exporter_link_bytes_total{node="n",link="eth0",direction="${direction}"}`;
    const played = [
      { series: link('transmit'), aMinute: 60 * 50 },
      { series: link('receive'), aMinute: 60 * 25 },
    ];
    const capacity = 'vector(100)';
    const [use] = ask('node-throughput', 'Links in use');
    const promql = use!.replace(
      /max by \(cluster, node, link\) \([^)]*\)/,
      `label_replace(label_replace(${capacity}, "node", "n", "", ""), "link", "eth0", "", "")`,
    );
    await evaluate(played, [
      { promql, expected: { label: 'direction', values: { transmit: 0.5, receive: 0.25 } } },
    ]);
  });
});
