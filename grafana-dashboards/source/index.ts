import type { DefinedMetric } from '../../src/metrics/index.ts';
import { renderPage } from './dashboard.ts';
import { pages } from './pages.ts';
import { withYourMetrics } from './your-metrics.ts';

/**
 * The dashboards as files: name -> JSON that Grafana loads.
 * @param defined a user's own metrics; those that request a panel get one
 */
export function renderDashboards(defined: readonly DefinedMetric[] = []): Record<string, string> {
  return Object.fromEntries(
    withYourMetrics(pages, defined).map((page) => [
      `${page.name}.json`,
      `${JSON.stringify(renderPage(page), undefined, 2)}\n`,
    ]),
  );
}

export { alertRules, recordedNames } from './alert-rules.ts';
export { type Comparison, comparisonsOf } from './comparison.ts';
