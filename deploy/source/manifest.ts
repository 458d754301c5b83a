import type { FileKind } from '../../src/cli/config/index.ts';
import { chartValue, entriesOf, type Tree, type TreeMap } from './tree.ts';

/** One object of Kubernetes. */
export interface Manifest {
  /** The name of its file, without its ending. */
  readonly file: string;
  readonly object: TreeMap;
  /** The value that turns it on; always there when undefined. */
  readonly condition?: string;
  /** The component of Kustomize that has it; the base when undefined. */
  readonly component?: ComponentName;
}

export type ComponentName = 'network-policy' | 'pod-monitors' | 'service-monitors';

/** Labels by which Services and policies select the Pods of a part. They never change. */
export const selectorOf = (kind: FileKind): TreeMap => ({
  'app.kubernetes.io/name': 'weir',
  'app.kubernetes.io/component': kind,
});

export const labelsOf = (kind: FileKind): TreeMap => ({
  ...selectorOf(kind),
  'app.kubernetes.io/part-of': 'weir',
  ...entriesOf('commonLabels'),
});

/** The name of each part's objects. */
export const nameOf = { agent: 'weir-agent', aggregator: 'flow-aggregator' } as const;

/** The name and labels of an object, in the namespace of its part. */
export const metadataOf = (kind: FileKind, more: TreeMap = {}): TreeMap => ({
  name: nameOf[kind],
  namespace: chartValue(`namespaces.${kind}`),
  labels: labelsOf(kind),
  ...more,
});

/** The same for an object without a namespace. */
export const clusterMetadataOf = (kind: FileKind): TreeMap => ({
  name: nameOf[kind],
  labels: labelsOf(kind),
});

export const RBAC = 'rbac.authorization.k8s.io';

/** A right: verbs on resources of one API group, of all names or of some. */
export interface Right {
  readonly group?: string;
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly names?: readonly string[];
}

export const ruleOf = ({ group = '', resources, verbs, names }: Right): TreeMap => ({
  apiGroups: [group],
  resources,
  ...(names && { resourceNames: names }),
  verbs,
});

/** A ClusterRole for the ServiceAccount of a part, and its binding. */
export function clusterRights(kind: FileKind, rights: readonly Right[]): Manifest[] {
  const metadata = clusterMetadataOf(kind);
  const role = { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata, rules: rights.map(ruleOf) };
  return [
    { file: `${kind}-cluster-role`, object: role },
    { file: `${kind}-cluster-role-binding`, object: bindingOf('Cluster', kind, metadata) },
  ];
}

/** A Role in the namespace of the aggregator, for the ServiceAccount of a part, and its binding. */
export function rightsBesideAggregator(kind: FileKind, rights: readonly Right[]): Manifest[] {
  const metadata = metadataOf(kind, { namespace: chartValue('namespaces.aggregator') });
  const role = { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata, rules: rights.map(ruleOf) };
  return [
    { file: `${kind}-role`, object: role },
    { file: `${kind}-role-binding`, object: bindingOf('', kind, metadata) },
  ];
}

const bindingOf = (scope: 'Cluster' | '', kind: FileKind, metadata: Tree): TreeMap => ({
  apiVersion: `${RBAC}/v1`,
  kind: `${scope}RoleBinding`,
  metadata,
  roleRef: { apiGroup: RBAC, kind: `${scope}Role`, name: nameOf[kind] },
  subjects: [{ kind: 'ServiceAccount', name: nameOf[kind], namespace: chartValue(`namespaces.${kind}`) }],
});
