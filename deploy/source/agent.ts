import { clusterRights, type Manifest, metadataOf, rightsBesideAggregator, selectorOf } from './manifest.ts';
import { configMap, metricsAddress, podTemplate, serviceAccount } from './pod.ts';
import { chartValue, choose, type Tree, textOf } from './tree.ts';

const WATCH = ['get', 'list', 'watch'];

/** What an agent asks the API server. It needs the whole cluster's Services, and filters Pods by its node. */
const rights = [
  { resources: ['pods', 'services'], verbs: WATCH },
  { group: 'discovery.k8s.io', resources: ['endpointslices'], verbs: WATCH },
];

/** What the aggregator makes for agents: whom to trust, and their own certificate. */
const rightsOnIdentity = [
  { resources: ['configmaps'], names: ['flow-aggregator-ca'], verbs: WATCH },
  { resources: ['secrets'], names: ['flow-aggregator-client-tls'], verbs: WATCH },
];

const STATE = '/var/lib/weir';

/**
 * The one privilege of an agent is CAP_NET_ADMIN in the network namespace of its node, to read connection
 * tracking. It runs as root only because Kubernetes gives an added capability to no other user. This root may
 * neither pass permissions of files nor change users, because every other capability is dropped.
 */
const security = {
  runAsUser: 0,
  runAsGroup: 0,
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

const stateVolume: Tree = choose(
  'agent.stateOnHost',
  { name: 'state', hostPath: { path: STATE, type: 'DirectoryOrCreate' } },
  { name: 'state', emptyDir: {} },
);

const daemonSet: Manifest = {
  file: 'agent-daemon-set',
  object: {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadataOf('agent'),
    spec: {
      selector: { matchLabels: selectorOf('agent') },
      // an agent's ports are those of the node, so the old one ends before the new one starts
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: chartValue('agent.maxUnavailable'), maxSurge: 0 },
      },
      template: podTemplate('agent', {
        spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' },
        defaults: [
          'weir.nodeName=$(NODE_NAME)',
          textOf`flowExporter.flowCollectorAddr=${'namespaces.aggregator'}/flow-aggregator`,
          'weir.track=true',
          // below the volume, because Kubernetes lets every user write to a volume itself
          `weir.stateDirectory=${STATE}/agent`,
          metricsAddress('agent'),
        ],
        ports: [],
        container: { securityContext: security },
        volumes: [stateVolume],
        volumeMounts: [{ name: 'state', mountPath: STATE }],
      }),
    },
  },
};

export const agentManifests: readonly Manifest[] = [
  serviceAccount('agent'),
  ...clusterRights('agent', rights),
  ...rightsBesideAggregator('agent', rightsOnIdentity),
  configMap('agent'),
  daemonSet,
];
