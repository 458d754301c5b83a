/** A kind of object as the API server serves it. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** As in paths and in RBAC rules: 'pods'. */
  readonly plural: string;
}

/** One object, or all objects of a kind in a namespace or in the cluster. */
export interface ResourceAddress {
  readonly kind: ResourceKind;
  /** Absent for the whole cluster, and for objects in no namespace. */
  readonly namespace?: string;
  /** Absent for all objects. */
  readonly name?: string;
  /** Such as 'token' of a service account. */
  readonly subresource?: string;
}

/** The kinds that Weir asks for. */
export const resourceKinds = {
  configMaps: { group: '', version: 'v1', plural: 'configmaps' },
  daemonSets: { group: 'apps', version: 'v1', plural: 'daemonsets' },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments' },
  endpointSlices: { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
  events: { group: '', version: 'v1', plural: 'events' },
  jobs: { group: 'batch', version: 'v1', plural: 'jobs' },
  namespaces: { group: '', version: 'v1', plural: 'namespaces' },
  nodes: { group: '', version: 'v1', plural: 'nodes' },
  pods: { group: '', version: 'v1', plural: 'pods' },
  replicaSets: { group: 'apps', version: 'v1', plural: 'replicasets' },
  secrets: { group: '', version: 'v1', plural: 'secrets' },
  serviceAccounts: { group: '', version: 'v1', plural: 'serviceaccounts' },
  services: { group: '', version: 'v1', plural: 'services' },
  statefulSets: { group: 'apps', version: 'v1', plural: 'statefulsets' },
  subjectAccessReviews: { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' },
  tokenReviews: { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews' },
} as const satisfies Record<string, ResourceKind>;

/** The path of a request: /apis/apps/v1/namespaces/shop/replicasets/web. */
export function resourcePath({ kind, namespace, name, subresource }: ResourceAddress): string {
  const root = kind.group === '' ? ['api'] : ['apis', kind.group];
  const scope = namespace === undefined ? [] : ['namespaces', namespace];
  const object = [name, subresource].filter((part) => part !== undefined);
  return `/${[...root, kind.version, ...scope, kind.plural, ...object].map(encodeURIComponent).join('/')}`;
}

/** As in RBAC rules and in the words of the API server: 'endpointslices.discovery.k8s.io'. */
export const resourceName = ({ kind, subresource }: ResourceAddress): string => {
  const name = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
  return kind.group === '' ? name : `${name}.${kind.group}`;
};

/** Where the address reaches: 'web in namespace shop', 'in the whole cluster'. */
export function resourceScope({ namespace, name }: ResourceAddress): string {
  const where = namespace === undefined ? undefined : `in namespace ${namespace}`;
  if (name !== undefined) return where === undefined ? name : `${name} ${where}`;
  return where ?? 'in the whole cluster';
}
