import { type Manifest, metadataOf, selectorOf } from './manifest.ts';
import { chartValue, itemsOf, type Tree, type TreeMap, whereSet } from './tree.ts';

const ports = (...all: [protocol: string, port: Tree][]): TreeMap[] =>
  all.map(([protocol, port]) => ({ protocol, port }));

/**
 * Who reaches the aggregator. Agents have the addresses of their nodes, which no podSelector matches, so the
 * policy names ranges. What the aggregator sends is not limited, since every sink has its own address.
 */
export const networkPolicy: Manifest = {
  file: 'aggregator-network-policy',
  condition: 'networkPolicy.enable',
  component: 'network-policy',
  object: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf('aggregator'),
    spec: {
      podSelector: { matchLabels: selectorOf('aggregator') },
      policyTypes: ['Ingress'],
      ingress: [
        // A rule without peers would admit everybody.
        whereSet('networkPolicy.nodeRanges', {
          from: [itemsOf('networkPolicy.nodeRanges', 'ipBlock.cidr')],
          ports: ports(['TCP', 4739], ['UDP', 4739]),
        }),
        whereSet('networkPolicy.exporters', {
          from: chartValue('networkPolicy.exporters'),
          ports: ports(['TCP', 4739], ['UDP', 4739]),
        }),
        whereSet('networkPolicy.apiClients', {
          from: chartValue('networkPolicy.apiClients'),
          ports: ports(['TCP', chartValue('aggregator.apiPort')]),
        }),
        whereSet('networkPolicy.metricsClients', {
          from: chartValue('networkPolicy.metricsClients'),
          ports: ports(['TCP', chartValue('aggregator.metricsPort')]),
        }),
      ],
    },
  },
};
