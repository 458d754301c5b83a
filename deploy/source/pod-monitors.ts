import type { FileKind } from '../../src/cli/config/index.ts';
import { labelsOf, type Manifest, metadataOf, selectorOf } from './manifest.ts';
import { metricsToken } from './pod.ts';
import { chartValue, entriesOf, type TreeMap, whereSet } from './tree.ts';

/** The names of the scrape jobs, which the alert rules expect. */
const jobs = { agent: 'weir-agent', aggregator: 'weir-aggregator' } as const;

/** How the operator scrapes a part. */
export const scrapedEndpoint = (kind: FileKind, values: 'podMonitors' | 'serviceMonitors'): TreeMap => ({
  port: 'metrics',
  interval: chartValue(`${values}.interval`),
  honorLabels: true, // Weir's own labels of flows and nodes stay
  relabelings: [{ targetLabel: 'job', replacement: jobs[kind] }],
  authorization: whereSet(metricsToken.path, {
    credentials: { name: chartValue(metricsToken.path), key: metricsToken.key },
  }),
});

const podMonitor = (kind: FileKind): Manifest => ({
  file: `${kind}-pod-monitor`,
  condition: 'podMonitors.enable',
  component: 'pod-monitors',
  object: {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PodMonitor',
    metadata: metadataOf(kind, { labels: { ...labelsOf(kind), ...entriesOf('podMonitors.labels') } }),
    spec: {
      selector: { matchLabels: selectorOf(kind) },
      podMetricsEndpoints: [scrapedEndpoint(kind, 'podMonitors')],
    },
  },
});

export const podMonitors: readonly Manifest[] = [podMonitor('agent'), podMonitor('aggregator')];
