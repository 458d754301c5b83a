import { clusterRights, type Manifest, metadataOf, rightsBesideAggregator, selectorOf } from './manifest.ts';
import { aggregatorMemory } from './measured-resources.ts';
import { configMap, metricsAddress, podTemplate, serviceAccount } from './pod.ts';
import { chartValue, entriesOf, resourcesWithMemory, textOf, whereSet } from './tree.ts';

const WATCH = ['get', 'list', 'watch'];

/** What an aggregator asks the API server: names for flows, events, and which caller may read what. */
const rights = [
  { resources: ['pods', 'nodes', 'services', 'namespaces', 'events'], verbs: WATCH },
  { group: 'discovery.k8s.io', resources: ['endpointslices'], verbs: WATCH },
  { group: 'apps', resources: ['replicasets', 'deployments', 'statefulsets', 'daemonsets'], verbs: WATCH },
  { group: 'batch', resources: ['jobs'], verbs: WATCH },
  { group: 'authentication.k8s.io', resources: ['tokenreviews'], verbs: ['create'] },
  { group: 'authorization.k8s.io', resources: ['subjectaccessreviews'], verbs: ['create'] },
];

/**
 * It fills and renews these objects. The manifests bring them empty, because Kubernetes cannot limit "create"
 * to names: who may create Secrets can make tokens of other accounts of the namespace.
 */
const rightsOnIdentity = [
  {
    resources: ['secrets'],
    names: ['flow-aggregator-ca-tls', 'flow-aggregator-client-tls'],
    verbs: [...WATCH, 'update'],
  },
  { resources: ['configmaps'], names: ['flow-aggregator-ca'], verbs: [...WATCH, 'update'] },
];

/** Without data and type: an apply leaves what the aggregator, or a user, has written. */
const emptyObject = (file: string, kind: 'Secret' | 'ConfigMap', name: string): Manifest => ({
  file,
  condition: 'certificates.create',
  object: { apiVersion: 'v1', kind, metadata: metadataOf('aggregator', { name }) },
});

/** A user without a name, as distroless images have it. */
const USER = 65_532;
const STATE = '/var/lib/weir';

/**
 * Where "weir flows" in the Pod asks, for all flows. It is no port, since a port-forward reaches each port on
 * loopback. Who may forward to the API may read no more than his own flows.
 */
const HTTP = 'unix:/tmp/weir/http.sock';

const podSecurity = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
};

const security = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

const deployment: Manifest = {
  file: 'aggregator-deployment',
  object: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf('aggregator'),
    spec: {
      // one, because the records of both nodes of a flow must meet in one process
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selectorOf('aggregator') },
      template: podTemplate('aggregator', {
        spec: { securityContext: podSecurity },
        // below the volume, because Kubernetes lets every user write to a volume itself
        defaults: [
          textOf`apiServer.apiPort=${'aggregator.apiPort'}`,
          `weir.stateDirectory=${STATE}/aggregator`,
          `weir.http.listen=${HTTP}`,
          metricsAddress('aggregator'),
        ],
        ports: [
          { name: 'ipfix-tcp', containerPort: 4739, protocol: 'TCP' },
          { name: 'ipfix-udp', containerPort: 4739, protocol: 'UDP' },
          { name: 'api', containerPort: chartValue('aggregator.apiPort'), protocol: 'TCP' },
        ],
        container: { securityContext: security },
        resources: resourcesWithMemory('aggregator.resources', 'aggregator.config', aggregatorMemory),
        environment: [{ name: 'WEIR_SERVER', value: HTTP }],
        volumes: [
          { name: 'state', ...entriesOf('aggregator.storage') },
          { name: 'tmp', emptyDir: { sizeLimit: '1Gi' } }, // flowLogger.path by default
        ],
        volumeMounts: [
          { name: 'state', mountPath: STATE },
          { name: 'tmp', mountPath: '/tmp' },
        ],
      }),
    },
  },
};

const service: Manifest = {
  file: 'aggregator-service',
  object: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf('aggregator', { annotations: whereSet('aggregator.service.annotations') }),
    spec: {
      type: chartValue('aggregator.service.type'),
      selector: selectorOf('aggregator'),
      ports: [
        { name: 'ipfix-tcp', port: 4739, targetPort: 'ipfix-tcp', protocol: 'TCP' },
        { name: 'ipfix-udp', port: 4739, targetPort: 'ipfix-udp', protocol: 'UDP' },
        { name: 'api', port: chartValue('aggregator.apiPort'), targetPort: 'api', protocol: 'TCP' },
      ],
    },
  },
};

/** It does not keep a node from being drained: agents keep their records until the next aggregator runs. */
const disruptionBudget: Manifest = {
  file: 'aggregator-pod-disruption-budget',
  object: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadataOf('aggregator'),
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selectorOf('aggregator') },
    },
  },
};

export const aggregatorManifests: readonly Manifest[] = [
  serviceAccount('aggregator'),
  ...clusterRights('aggregator', rights),
  ...rightsBesideAggregator('aggregator', rightsOnIdentity),
  configMap('aggregator'),
  emptyObject('aggregator-authority-secret', 'Secret', 'flow-aggregator-ca-tls'),
  emptyObject('aggregator-client-secret', 'Secret', 'flow-aggregator-client-tls'),
  emptyObject('aggregator-authorities', 'ConfigMap', 'flow-aggregator-ca'),
  service,
  deployment,
  disruptionBudget,
];
