import type { FileKind } from '../../src/cli/config/index.ts';
import { labelsOf, type Manifest, metadataOf, selectorOf } from './manifest.ts';
import { chartValue, entriesOf } from './tree.ts';

/** The names of the scrape jobs, which the alert rules expect. */
const jobs = { agent: 'weir-agent', aggregator: 'weir-aggregator' } as const;

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
      podMetricsEndpoints: [
        {
          port: 'metrics',
          interval: chartValue('podMonitors.interval'),
          honorLabels: true, // Weir's own labels of flows and nodes stay
          relabelings: [{ targetLabel: 'job', replacement: jobs[kind] }],
        },
      ],
    },
  },
});

export const podMonitors: readonly Manifest[] = [podMonitor('agent'), podMonitor('aggregator')];
