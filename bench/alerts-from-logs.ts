import { writeFileSync } from 'node:fs';
import { startLoki } from '../test/support/loki.ts';
import type { Need } from '../test/support/needs.ts';
import { octetsBelow } from '../test/support/octets-below.ts';
import { startPrometheus } from '../test/support/prometheus.ts';
import { TemporaryDirectory } from '../test/support/temporary-directory.ts';
import { countHistory, logHistory } from './alerts/corpus-history.ts';
import { type Cost, costOfEvaluation } from './alerts/evaluation.ts';
import { type Range, twoRules } from './alerts/two-rules.ts';
import { type BenchRow, quantileOf } from './measure.ts';

export const title = 'Rules that look back for four minutes: Prometheus over metrics, Loki over lines';
export const needs: readonly Need[] = ['loki', 'prometheus', 'promtool'];

const RATES = [1_000, 10_000];
const ROUNDS = 2;
const enough = {
  ingestion_rate_mb: 1000,
  ingestion_burst_size_mb: 1000,
  per_stream_rate_limit: '1GB',
  per_stream_rate_limit_burst: '1GB',
};

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const rate of RATES) rows.push(...(await atRate(rate)));
  return rows;
}

/** Each rule in both servers by turns, for a few rounds. */
async function atRate(rate: number): Promise<BenchRow[]> {
  using directory = new TemporaryDirectory();
  const dataDirectory = directory.file('prometheus');
  const countedAt = Date.now();
  const series = await countHistory(dataDirectory, rate);
  const ruleFile = directory.file('rules.yaml');
  writeFileSync(ruleFile, 'groups: []\n');
  await using prometheus = await startPrometheus({ dataDirectory, ruleFiles: [ruleFile], scrape: {} });
  await using loki = await startLoki({
    limits: enough,
    rules: { files: { 'rules.yaml': 'groups: []\n' }, alertmanager: '127.0.0.1:9' },
    more: { ruler: { poll_interval: '1s' } },
  });
  const loggedAt = Date.now();
  await logHistory(loki.url, rate);
  const inPrometheus = async (text: string) => {
    writeFileSync(ruleFile, text);
    await prometheus.reload();
  };
  const inLoki = async (text: string) => writeFileSync(loki.directory.file('rules/fake/rules.yaml'), text);
  const readMetric = async () =>
    numberIn(
      await (await fetch(`${prometheus.url}/metrics`)).text(),
      /^prometheus_rule_evaluations_total\{.*\} (\S+)$/gm,
    );
  const readEvaluations = () => loki.metric('loki_prometheus_rule_evaluations_total');

  const costs = twoRules.map(() => ({ metrics: [] as Cost[], lines: [] as Cost[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { promql, logql }] of twoRules.entries()) {
      if (promql !== undefined) {
        const expr = promql(rangesBefore(countedAt));
        costs[index]!.metrics.push(
          await costOfEvaluation(prometheus.program.pid, expr, inPrometheus, readMetric),
        );
      }
      const expr = logql(rangesBefore(loggedAt));
      costs[index]!.lines.push(await costOfEvaluation(loki.program.pid, expr, inLoki, readEvaluations));
    }
  }
  const stored = octetsBelow(dataDirectory);
  await inLoki('groups: []\n');
  await loki.flush();
  const at = `${rate.toLocaleString('en')} flows/s`;
  return [
    ...twoRules.flatMap(({ what }, index) => costRows(`${at}, ${what}`, costs[index]!)),
    { name: `${at}, metrics on disk, ${series} series`, median: stored / 1e6, unit: 'MB' },
    { name: `${at}, lines on disk`, median: loki.storedOctets() / 1e6, unit: 'MB' },
  ];
}

/**
 * Rules are evaluated at the present, while the history's end gets older, so the offsets grow. They begin a
 * minute after the history, which an evaluation of a minute needs.
 */
function rangesBefore(endMs: number): Range {
  const seconds = Math.round((Date.now() - endMs) / 1000) + 60;
  return (minutes, before = 0) => `[${minutes}m] offset ${before * 60 + seconds}s`;
}

function costRows(name: string, { metrics, lines }: Record<'metrics' | 'lines', Cost[]>): BenchRow[] {
  const medianOf = (costs: Cost[], of: keyof Cost) =>
    quantileOf(
      costs.map((cost) => cost[of]),
      0.5,
    );
  return (
    [
      ['metrics', metrics],
      ['lines', lines],
    ] as const
  ).flatMap(([from, costs]) =>
    costs.length === 0
      ? []
      : [
          { name: `${name}: from ${from}`, median: medianOf(costs, 'cpuMs'), unit: 'CPU-ms' },
          { name: `${name}: from ${from}`, median: medianOf(costs, 'memoryMB'), unit: 'MB more' },
        ],
  );
}

function numberIn(text: string, sample: RegExp): number {
  return [...text.matchAll(sample)].reduce((sum, [, value]) => sum + Number(value), 0);
}
