import { labelsOf, type Manifest, RBAC, type Right, ruleOf } from './manifest.ts';

/*
 * Rights that people and programs may be given, on the API of the aggregator. Nobody has them by the
 * deployment.
 */

const roleOf = (name: string, rules: Manifest['object']['rules']): Manifest => ({
  file: `${name}-cluster-role`,
  object: {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `weir-${name}`, labels: labelsOf('aggregator') },
    rules: rules!,
  },
});

/** No API server serves this resource; the aggregator asks who may read it. */
const flows: Right = {
  group: 'weir.dev',
  resources: ['flows', 'flows/identity'],
  verbs: ['list', 'watch'],
};

/** Paths about the process, which have no flows. */
const paths = ['/ledger', '/recordmetrics', '/flowcollectors', '/exporters', '/loglevel', '/metrics'];

export const readers: readonly Manifest[] = [
  // in a namespace by a RoleBinding: flows with an end there; in all by a ClusterRoleBinding
  roleOf('flow-reader', [ruleOf(flows)]),
  roleOf('operator', [{ nonResourceURLs: paths, verbs: ['get', 'put'] }]),
];
