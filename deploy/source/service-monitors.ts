import type { FileKind } from '../../src/cli/config/index.ts';
import { labelsOf, type Manifest, metadataOf, nameOf, selectorOf } from './manifest.ts';
import { scrapedEndpoint } from './pod-monitors.ts';
import { chartValue, entriesOf } from './tree.ts';

/* For a Prometheus that selects ServiceMonitors only. Each needs a Service with the port of metrics. */

const whereWanted = { condition: 'serviceMonitors.enable', component: 'service-monitors' } as const;

/** Its label tells it apart from the Service that agents find. */
const metricsLabel = { 'weir.dev/service': 'metrics' };

const metricsService = (kind: FileKind): Manifest => ({
  file: `${kind}-metrics-service`,
  ...whereWanted,
  object: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(kind, {
      name: `${nameOf[kind]}-metrics`,
      labels: { ...labelsOf(kind), ...metricsLabel },
    }),
    spec: {
      selector: selectorOf(kind),
      ports: [
        { name: 'metrics', port: chartValue(`${kind}.metricsPort`), targetPort: 'metrics', protocol: 'TCP' },
      ],
    },
  },
});

const serviceMonitor = (kind: FileKind): Manifest => ({
  file: `${kind}-service-monitor`,
  ...whereWanted,
  object: {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: metadataOf(kind, { labels: { ...labelsOf(kind), ...entriesOf('serviceMonitors.labels') } }),
    spec: {
      selector: { matchLabels: { ...selectorOf(kind), ...metricsLabel } },
      endpoints: [scrapedEndpoint(kind, 'serviceMonitors')],
    },
  },
});

export const serviceMonitors: readonly Manifest[] = (['agent', 'aggregator'] as const).flatMap((kind) => [
  metricsService(kind),
  serviceMonitor(kind),
]);
