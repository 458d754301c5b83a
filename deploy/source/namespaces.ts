import type { FileKind } from '../../src/cli/config/index.ts';
import { labelsOf, type Manifest, metadataOf } from './manifest.ts';
import { chartValue, type TreeMap } from './tree.ts';

/** Labels of Pod Security: what a namespace admits, and what it warns of and records. */
const podSecurity = (level: 'privileged' | 'restricted'): TreeMap =>
  Object.fromEntries(
    ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]),
  );

const namespaceOf = (kind: FileKind, level: 'privileged' | 'restricted'): Manifest => ({
  file: `${kind}-namespace`,
  condition: 'namespaces.create',
  object: {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: chartValue(`namespaces.${kind}`),
      labels: { ...labelsOf(kind), ...podSecurity(level) },
    },
  },
});

/** Some clusters allow the system's priorities outside of kube-system only where a quota says so. */
const priorityQuota = (kind: FileKind): Manifest => ({
  file: `${kind}-resource-quota`,
  object: {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadataOf(kind),
    spec: {
      hard: { pods: '100k' },
      scopeSelector: {
        matchExpressions: [
          { scopeName: 'PriorityClass', operator: 'In', values: [chartValue(`${kind}.priorityClassName`)] },
        ],
      },
    },
  },
});

export const namespaceManifests: readonly Manifest[] = [
  namespaceOf('agent', 'privileged'),
  namespaceOf('aggregator', 'restricted'),
  priorityQuota('agent'),
  priorityQuota('aggregator'),
];
