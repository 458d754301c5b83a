import {
  choiceOption,
  flagOption,
  integerOption,
  optionSection,
  textOption,
  textOrNoneOption,
} from '../../src/runtime/index.ts';
import { configValue } from './config-value.ts';
import { aggregatorMemory, measured } from './measured-resources.ts';
import { labelsPart, listPart, mapPart, sharePart, textMapPart } from './value-kinds.ts';
import { version } from './version.ts';

/* The values of the chart. Kustomize renders the same objects with their defaults. */

const namespaceName = (description: string, byDefault: string) =>
  textOption({
    description,
    value: 'a name',
    default: byDefault,
    json: { type: 'string', pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', maxLength: 63 },
  });

const name = (description: string, byDefault: string) =>
  textOption({ description, value: 'a name', default: byDefault });

const { usual, withHistory } = aggregatorMemory;

const resourcesOf = {
  agent: 'resources of the container',
  aggregator: `resources of the container; memory that they do not name is ${usual.request} with a limit of ${usual.limit}, and ${withHistory.request} with a limit of ${withHistory.limit} if config has a history among its sinks`,
} as const;

/** What both parts of Weir have. */
const podValues = (part: 'agent' | 'aggregator') => ({
  serviceAccountAnnotations: textMapPart({ description: 'annotations of the ServiceAccount', default: {} }),
  podLabels: labelsPart({ description: 'further labels of the Pods', default: {} }),
  podAnnotations: textMapPart({ description: 'annotations of the Pods', default: {} }),
  resources: mapPart({ description: resourcesOf[part], default: measured[part] }),
  nodeSelector: textMapPart({
    description: 'labels of nodes that may run it',
    default: { 'kubernetes.io/os': 'linux' },
  }),
  affinity: mapPart({ description: 'affinity of the Pods', default: {} }),
  extraArguments: listPart({ description: 'further arguments of the program', default: [] }),
  extraEnvironment: listPart({ description: 'further environment variables', default: [] }),
  extraVolumes: listPart({
    description: 'further volumes, such as Secrets with tokens for sinks',
    default: [],
  }),
  extraVolumeMounts: listPart({ description: 'where they are mounted', default: [] }),
});

const heapShare = integerOption(1, 100, {
  description: "largest share of the memory limit for JavaScript's heap, in percent; flows are outside of it",
  default: 50,
});

/** As Prometheus reads it. */
const scrapeInterval = textOption({
  description: 'time between scrapes',
  value: 'a duration',
  default: '15s',
  json: { type: 'string', pattern: '^([0-9]+(ms|s|m|h))+$' },
});

export const chartValues = {
  namespaces: optionSection('Namespaces. Two, because only agents need privileges.', {
    create: flagOption({ description: 'create both, with labels of Pod Security', default: true }),
    aggregator: namespaceName('where the aggregator runs; agents expect this one', 'flow-aggregator'),
    agent: namespaceName('where the agents run', 'weir-agent'),
  }),
  certificates: optionSection('The two Secrets and the ConfigMap with the certificates.', {
    create: flagOption({
      description: 'create them, empty; the aggregator fills them. False if they exist already',
      default: true,
    }),
  }),
  image: optionSection('The image, which both parts run.', {
    repository: name('its name', 'weir'),
    tag: name('its tag', version),
    digest: textOrNoneOption({ description: 'its digest, which wins over the tag', default: '' }),
    pullPolicy: choiceOption(['IfNotPresent', 'Always', 'Never'], {
      description: 'when nodes fetch it',
      default: 'IfNotPresent',
    }),
    pullSecrets: listPart({ description: 'Secrets for its registry, by name', default: [] }),
  }),
  commonLabels: labelsPart({ description: 'further labels of all objects', default: {} }),
  agent: optionSection('The agents: a DaemonSet.', {
    config: configValue('agent'),
    stateOnHost: flagOption({
      description:
        'keep the state in /var/lib/weir on the node, so that an update counts the packets that pass meanwhile',
      default: true,
    }),
    metricsPort: integerOption(1, 65_535, {
      description: 'port of metrics and probes, on the address of the node',
      default: 9465,
    }),
    priorityClassName: name('their priority', 'system-node-critical'),
    tolerations: listPart({
      description: 'taints of nodes that run an agent; all by default',
      default: [{ operator: 'Exists' }],
    }),
    maxUnavailable: sharePart({ description: 'agents that an update replaces at a time', default: '10%' }),
    terminationGracePeriodSeconds: integerOption(1, 600, {
      description: 'time for the last records',
      default: 30,
    }),
    heapPercent: heapShare,
    ...podValues('agent'),
  }),
  aggregator: optionSection('The aggregator: a Deployment.', {
    config: configValue('aggregator'),
    storage: mapPart({
      description: 'source of the volume for state and spools at /var/lib/weir',
      default: { emptyDir: { sizeLimit: '2Gi' } },
    }),
    metricsPort: integerOption(1, 65_535, { description: 'port of metrics and probes', default: 9464 }),
    apiPort: integerOption(1, 65_535, { description: 'port of the API', default: 10_348 }),
    priorityClassName: name('its priority', 'system-cluster-critical'),
    tolerations: listPart({ description: 'taints of nodes that may run it', default: [] }),
    terminationGracePeriodSeconds: integerOption(1, 600, {
      description: 'time for the last records',
      default: 30,
    }),
    heapPercent: heapShare,
    service: optionSection('Its Service.', {
      type: choiceOption(['ClusterIP', 'NodePort', 'LoadBalancer'], {
        description: 'its type; for exporters outside of the cluster one of the last two',
        default: 'ClusterIP',
      }),
      annotations: textMapPart({ description: 'its annotations', default: {} }),
    }),
    ...podValues('aggregator'),
  }),
  networkPolicy: optionSection('A NetworkPolicy for the aggregator.', {
    enable: flagOption({ description: 'create it; know your network plugin first', default: false }),
    nodeRanges: listPart({
      description:
        'addresses of all nodes; agents have them, and policies match them by range only. An empty list admits nobody, here and below',
      default: ['0.0.0.0/0', '::/0'],
    }),
    exporters: listPart({ description: 'further peers that may send flows', default: [] }),
    apiClients: listPart({ description: 'peers that may ask the API', default: [{ namespaceSelector: {} }] }),
    metricsClients: listPart({
      description: 'peers that may read metrics',
      default: [{ namespaceSelector: {} }],
    }),
  }),
  metrics: optionSection('Who may read metrics.', {
    tokenSecret: textOrNoneOption({
      description:
        'a Secret with the key token, by this name in both namespaces: metrics answer only to those who show it; by default everybody who reaches the port may read them',
      default: '',
    }),
  }),
  podMonitors: optionSection('PodMonitors for the Prometheus operator.', {
    enable: flagOption({ description: 'create them; the cluster needs the kind PodMonitor', default: false }),
    interval: scrapeInterval,
    labels: labelsPart({ description: 'labels by which Prometheus selects them', default: {} }),
  }),
  serviceMonitors: optionSection('ServiceMonitors with their Services, in place of PodMonitors.', {
    enable: flagOption({
      description: 'create them; the cluster needs the kind ServiceMonitor',
      default: false,
    }),
    interval: scrapeInterval,
    labels: labelsPart({ description: 'labels by which Prometheus selects them', default: {} }),
  }),
  prometheusRules: optionSection('Alerts as PrometheusRules.', {
    enable: flagOption({
      description: 'create them; the cluster needs the kind PrometheusRule',
      default: false,
    }),
    labels: labelsPart({ description: 'labels by which Prometheus selects them', default: {} }),
  }),
  dashboards: optionSection('Dashboards as ConfigMaps.', {
    enable: flagOption({ description: 'create them', default: false }),
    labels: labelsPart({
      description: "labels by which Grafana's sidecar selects them",
      default: { grafana_dashboard: '1' },
    }),
  }),
};
