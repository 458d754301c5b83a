import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { describe, expect, it } from 'vitest';
import { renderDashboards } from '../../grafana-dashboards/source/index.ts';
import type { DefinedMetric } from '../../src/metrics/index.ts';
import { sectionsOf } from '../support/dashboards.ts';

const dns: DefinedMetric = {
  name: 'dns_bytes',
  type: 'counter',
  value: 'octets',
  filter: {},
  labels: ['cluster', 'source_workload'],
  panel: { dashboard: 'Overview', title: 'DNS' },
};

const life: DefinedMetric = {
  name: 'life',
  type: 'histogram',
  value: 'durationSeconds',
  labels: ['workload_namespace'],
  description: 'How long flows live.',
  panel: { dashboard: 'Flow metrics', title: 'Life of flows' },
};

function lastSection(file: string, defined: DefinedMetric[]) {
  return sectionsOf(JSON.parse(renderDashboards(defined)[file]!) as Dashboard).at(-1)!;
}

describe('user-defined metrics', () => {
  it('change nothing when none asks for a panel', () => {
    const { panel: _, ...silent } = dns;
    expect(renderDashboards([silent])).toEqual(renderDashboards());
  });

  it('get a row on their dashboard, named by title or by file', () => {
    for (const dashboard of ['Overview', 'overview', 'OVERVIEW']) {
      const { row, panels } = lastSection('overview.json', [{ ...dns, panel: { dashboard, title: 'DNS' } }]);
      expect(row.title).toBe('Your metrics');
      expect(panels).toMatchObject([
        { title: 'DNS', gridPos: { w: 24 }, fieldConfig: { defaults: { unit: 'bps' } } },
      ]);
    }
  });

  it('are drawn as rates in the unit of the axis', () => {
    const bits = lastSection('overview.json', [dns]).panels[0]!.targets![0]!;
    expect(bits.expr).toMatch(
      /^8 \* \(sum by \(cluster, source_workload\) \(rate\(weir_flow_dns_bytes_total\{cluster=~"\$cluster"\}/,
    );
    const inBytes: DefinedMetric = { ...dns, panel: { dashboard: 'Overview', title: 'DNS', unit: 'Bps' } };
    const octets = lastSection('overview.json', [inBytes]).panels[0]!;
    expect(octets.targets![0]!.expr).toMatch(/^sum by/);
    expect(octets.fieldConfig!.defaults.unit).toBe('Bps');
  });

  it('get a new dashboard under an unknown title', () => {
    const files = renderDashboards([life]);
    const own = JSON.parse(files['flow-metrics.json']!) as Dashboard;
    expect(own).toMatchObject({ uid: 'weir-flow-metrics', title: 'Weir / Flow metrics' });
    expect(sectionsOf(own)[0]!.panels).toMatchObject([
      {
        title: 'Life of flows',
        description: 'How long flows live.',
        fieldConfig: { defaults: { unit: 's' } },
      },
    ]);
  });

  it('are drawn as quantiles of all flows together if they are histograms', () => {
    const [panel] = lastSection('flow-metrics.json', [life]).panels;
    expect(panel!.targets!.map(({ expr }) => expr)).toEqual(
      [0.99, 0.9, 0.5].map(
        (quantile) =>
          `histogram_quantile(${quantile}, sum by (le) (rate(weir_flow_life_seconds_bucket{workload_namespace=~"$namespace"}[$__rate_interval])))`,
      ),
    );
  });
});
