import type { FileKind } from '../../src/cli/config/index.ts';
import { configFileNames, restartsByFile } from './config-value.ts';
import { labelsOf, type Manifest, metadataOf, nameOf } from './manifest.ts';
import {
  byHelm,
  chartValue,
  choose,
  configText,
  entriesOf,
  itemsOf,
  type Tree,
  type TreeMap,
  textOf,
  whereSet,
} from './tree.ts';

/* What the Pods of both parts have. */

/** Not /etc/weir itself, where users may mount certificates. */
const CONFIG = '/etc/weir/config';

/** The value that names the Secret with the token for metrics, and where it is mounted. */
export const metricsToken = { path: 'metrics.tokenSecret', key: 'token' } as const;
const METRICS_TOKEN = '/etc/weir/metrics-token';

/** A value of a part of the chart. */
const of = (kind: FileKind, path: string): string => `${kind}.${path}`;

export const serviceAccount = (kind: FileKind): Manifest => ({
  file: `${kind}-service-account`,
  object: {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadataOf(kind, {
      annotations: whereSet(of(kind, 'serviceAccountAnnotations')),
    }),
    automountServiceAccountToken: false, // the Pod asks for it
  },
});

export const configMap = (kind: FileKind): Manifest => ({
  file: `${kind}-config-map`,
  object: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(kind),
    data: { [configFileNames[kind]]: configText(of(kind, 'config'), `files/${configFileNames[kind]}`) },
  },
});

export interface PodParts {
  readonly spec: TreeMap;
  readonly container: TreeMap;
  /** Arguments after the command and its file. */
  readonly defaults: readonly Tree[];
  readonly volumes: readonly Tree[];
  readonly volumeMounts: readonly TreeMap[];
  readonly ports: readonly TreeMap[];
  /** Default: the value of the chart as it is. */
  readonly resources?: Tree;
  /** Further variables of the environment. */
  readonly environment?: readonly TreeMap[];
}

/** The template of a part's Pods. */
export const podTemplate = (kind: FileKind, parts: PodParts): TreeMap => ({
  metadata: {
    labels: { ...labelsOf(kind), ...entriesOf(of(kind, 'podLabels')) },
    annotations: annotationsOf(kind),
  },
  spec: {
    serviceAccountName: nameOf[kind],
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    priorityClassName: chartValue(of(kind, 'priorityClassName')),
    terminationGracePeriodSeconds: chartValue(of(kind, 'terminationGracePeriodSeconds')),
    nodeSelector: chartValue(of(kind, 'nodeSelector')),
    tolerations: chartValue(of(kind, 'tolerations')),
    affinity: whereSet(of(kind, 'affinity')),
    imagePullSecrets: whereSet('image.pullSecrets', [itemsOf('image.pullSecrets', 'name')]),
    ...parts.spec,
    containers: [containerOf(kind, parts)],
    volumes: [
      { name: 'config', configMap: { name: nameOf[kind] } },
      ...parts.volumes,
      whereSet(metricsToken.path, {
        name: 'metrics-token',
        // for owner and group only: Weir reads no secret that every user may read
        secret: { secretName: chartValue(metricsToken.path), defaultMode: 0o440 },
      }),
      itemsOf(of(kind, 'extraVolumes')),
    ],
  },
});

const annotationsOf = (kind: FileKind): Tree =>
  restartsByFile[kind]
    ? {
        'checksum/config': byHelm(
          `include (print .Template.BasePath "/${kind}-config-map.yaml") . | sha256sum`,
        ),
        ...entriesOf(of(kind, 'podAnnotations')),
      }
    : whereSet(of(kind, 'podAnnotations'));

const containerOf = (kind: FileKind, parts: PodParts): TreeMap => ({
  name: kind,
  image: choose(
    'image.digest',
    textOf`${'image.repository'}@${'image.digest'}`,
    textOf`${'image.repository'}:${'image.tag'}`,
  ),
  imagePullPolicy: chartValue('image.pullPolicy'),
  args: [
    kind,
    '--config',
    `${CONFIG}/${configFileNames[kind]}`,
    ...parts.defaults.flatMap((text): Tree[] => ['--default', text]),
    whereSet(metricsToken.path, '--default'),
    whereSet(metricsToken.path, `weir.metrics.tokenFile=${METRICS_TOKEN}/${metricsToken.key}`),
    itemsOf(of(kind, 'extraArguments')),
  ],
  env: [
    { name: 'NODE_OPTIONS', value: textOf`--max-old-space-size-percentage=${of(kind, 'heapPercent')}` },
    // Kubernetes replaces $(POD_IP) in arguments; brackets suit both families of addresses
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
    ...(parts.environment ?? []),
    itemsOf(of(kind, 'extraEnvironment')),
  ],
  ports: [...parts.ports, { name: 'metrics', containerPort: chartValue(of(kind, 'metricsPort')) }],
  startupProbe: { ...probe('/healthz'), periodSeconds: 2, failureThreshold: 60 },
  livenessProbe: { ...probe('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  readinessProbe: { ...probe('/readyz'), periodSeconds: 5, timeoutSeconds: 3 },
  resources: parts.resources ?? chartValue(of(kind, 'resources')),
  ...parts.container,
  volumeMounts: [
    // a directory and no subPath, which would never see a change of the ConfigMap
    { name: 'config', mountPath: CONFIG, readOnly: true },
    ...parts.volumeMounts,
    whereSet(metricsToken.path, { name: 'metrics-token', mountPath: METRICS_TOKEN, readOnly: true }),
    itemsOf(of(kind, 'extraVolumeMounts')),
  ],
});

const probe = (path: string): TreeMap => ({ httpGet: { path, port: 'metrics' } });

/** The address of metrics and probes: that of the Pod, so that kubelet and Prometheus reach it. */
export const metricsAddress = (kind: FileKind): Tree =>
  textOf`weir.metrics.listen=[$(POD_IP)]:${of(kind, 'metricsPort')}`;
