import { writeFileSync } from 'node:fs';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { startMetricsPage } from '../../support/metrics-page.ts';
import { createNamespace } from '../../support/namespace.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { createBlocksFromOpenMetrics } from '../../support/promtool.ts';
import { requires } from '../../support/requires.ts';
import { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { until } from '../../support/until.ts';

const carrots = `# HELP carrots_total Carrots that were eaten.
# TYPE carrots_total counter
carrots_total{eater="rabbit"} 42
carrots_total{eater="hare"} +Inf
`;

requires('prometheus')('Prometheus', () => {
  it('scrapes a target and answers queries', async () => {
    await using page = await startMetricsPage(carrots);
    const started = new Date();
    await using prometheus = await startPrometheus({ scrape: { garden: [page.address] } });
    await until('a scrape', async () => (await prometheus.query('carrots_total')).length > 0);
    const labels = { __name__: 'carrots_total', eater: 'rabbit', instance: page.address, job: 'garden' };
    expect(await prometheus.query('carrots_total{eater="rabbit"}')).toEqual([{ labels, value: 42 }]);
    expect(await prometheus.query('max(carrots_total)')).toEqual([{ labels: {}, value: Infinity }]);
    expect(await prometheus.query('scalar(count(carrots_total))')).toEqual([{ labels: {}, value: 2 }]);
    expect(await prometheus.query('carrots_total', new Date(started.getTime() - 60_000))).toEqual([]);
    expect(await prometheus.series('{eater="rabbit"}')).toEqual([labels]);
    expect((await prometheus.metadata()).carrots_total).toEqual([
      { type: 'counter', help: 'Carrots that were eaten.', unit: '' },
    ]);
    expect(await prometheus.targets()).toMatchObject([
      {
        labels: { job: 'garden', instance: page.address },
        scrapeUrl: `http://${page.address}/metrics`,
        health: 'up',
        lastError: '',
      },
    ]);
    const soon = new Date(Date.now() + 1_000);
    const range = await prometheus.queryRange('carrots_total{eater="rabbit"}', started, soon, 1);
    expect(range).toMatchObject([{ labels, points: expect.arrayContaining([[expect.any(Number), 42]]) }]);
  });

  it("reports a fault in a target's page", async () => {
    await using page = await startMetricsPage('carrots{ 42\n');
    await using prometheus = await startPrometheus({ scrape: { garden: [page.address] } });
    const target = await until('a scrape', async () =>
      (await prometheus.targets()).find(({ health }) => health === 'down'),
    );
    expect(target.lastError).toMatch(/expected/);
  });

  it('receives OTLP', async () => {
    await using prometheus = await startPrometheus();
    const exporter = new OTLPMetricExporter({ url: prometheus.otlpUrl });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ readers: [reader] });
    meters.getMeter('garden').createCounter('carrots', { unit: '{carrot}' }).add(7, { eater: 'hare' });
    await meters.forceFlush();
    await meters.shutdown();
    const found = await until('the metric', async () => (await prometheus.query('carrots_total'))[0]);
    expect(found).toMatchObject({ labels: { eater: 'hare' }, value: 7 });
  });

  it('loads another setup, and reports its faults', async () => {
    using directory = new TemporaryDirectory();
    const rules = directory.file('rules.yml');
    const record = (expr: string) =>
      JSON.stringify({ groups: [{ name: 'garden', rules: [{ record: 'garden:carrots:sum', expr }] }] });
    writeFileSync(rules, record('vector(3)'));
    await using prometheus = await startPrometheus();
    await prometheus.reload({ ruleFiles: [rules] });
    await until('an evaluation', async () => (await prometheus.query('garden:carrots:sum'))[0]?.value === 3);
    expect(await prometheus.rules()).toMatchObject([
      { name: 'garden:carrots:sum', type: 'recording', health: 'ok' },
    ]);
    writeFileSync(rules, record('sum('));
    await expect(prometheus.reload()).rejects.toThrow(/reload/);
    expect(prometheus.program.stderr).toMatch(/could not parse expression/);
  });

  it('reports why it does not start', async () => {
    await expect(startPrometheus({ more: { carrots: {} } })).rejects.toThrow(/field carrots not found/);
  });
});

requires('prometheus', 'namespaces')('Prometheus in a namespace', () => {
  it('answers queries there', async () => {
    await using garden = await createNamespace('garden');
    await using prometheus = await startPrometheus({ namespace: garden });
    expect(await prometheus.query('vector(1)')).toEqual([{ labels: {}, value: 1 }]);
  });
});

requires('prometheus', 'promtool')('Prometheus on existing data', () => {
  it("returns promtool's data of any time, again after a restart", async () => {
    using directory = new TemporaryDirectory();
    const [file, dataDirectory] = [directory.file('carrots.txt'), directory.file('data')];
    const tenHoursAgo = Math.floor(Date.now() / 1000) - 36_000;
    writeFileSync(file, `# TYPE carrots gauge\ncarrots{eater="hare"} 5 ${tenHoursAgo}\n# EOF\n`);
    await createBlocksFromOpenMetrics(file, dataDirectory);
    for (let start = 1; start <= 2; start++) {
      await using prometheus = await startPrometheus({ dataDirectory });
      expect(await prometheus.query('carrots', new Date((tenHoursAgo + 60) * 1000))).toEqual([
        { labels: { __name__: 'carrots', eater: 'hare' }, value: 5 },
      ]);
    }
  });
});
