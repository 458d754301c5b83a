import { AUDIENCE } from '../../api/index.ts';
import {
  KubeconfigAccess,
  KubernetesClient,
  type KubernetesObject,
  kubeconfigPaths,
  resourceKinds,
} from '../../kubernetes/index.ts';
import { Ledger, Log, systemClock, WeirError } from '../../runtime/index.ts';
import { ForwardAgent, forwardPort } from './port-forward.ts';
import {
  type NamedServer,
  type ServerAddress,
  type ServerOptions,
  withAuthorities,
} from './server-address.ts';

/** An aggregator in the cluster of a context. */
export interface ClusterServerOptions extends ServerOptions {
  readonly context: string;
  /** PEM; undefined: those that the aggregator publishes. */
  readonly ca: string | undefined;
  /** Undefined: one is asked for. */
  readonly token: string | undefined;
  /** Whether it is asked again and again, so that port-forwards are kept. */
  readonly isLasting: boolean;
  /** Where it can be reached; undefined: by a port-forward. */
  readonly address: ServerAddress | undefined;
}

/** Where the deployment puts the aggregator, and who asks. */
const AGGREGATOR = 'flow-aggregator/flow-aggregator';
const SERVICE_ACCOUNT = 'weir-flow-reader';
const AUTHORITIES = { name: 'flow-aggregator-ca', key: 'ca.crt' };
const PORT_NAME = 'api';
/** Long enough for a query, and for a look at live flows: a stream that has begun outlives it. */
const TOKEN_SECONDS = 3_600;

/**
 * Finds an aggregator by a kubeconfig. Its token is for Weir alone: whoever gets it can do nothing else in
 * the cluster. Its certificate is verified by the authorities that the aggregator publishes there.
 * @throws {KubernetesError} what the API server answers; {WeirError} WEIR_SERVER_UNREACHABLE
 */
export async function clusterServer(options: ClusterServerOptions): Promise<NamedServer> {
  const { context, aggregator = AGGREGATOR, serviceAccount = SERVICE_ACCOUNT } = options;
  const clock = systemClock;
  const log = new Log(clock, () => {}); // what fails is thrown, and said once
  const access = await KubeconfigAccess.read({ clock, paths: kubeconfigPaths(), context });
  const client = new KubernetesClient({ access, clock, log, ledger: new Ledger() });
  try {
    const [namespace, name] = namesIn(aggregator, '--aggregator', 'flow-aggregator');
    const [ofAccount, account] = namesIn(serviceAccount, '--service-account', client.currentNamespace);
    const token =
      options.token ??
      (await orRemedy(accountRemedy(ofAccount, account), tokenFor(client, ofAccount, account)));
    const ca = options.ca ?? (await orRemedy(aggregatorRemedy, authoritiesIn(client, namespace)));
    const servername = `${name}.${namespace}.svc`;
    if (options.address !== undefined) return { address: withAuthorities(options.address, ca), token };
    const { pod, port } = await orRemedy(aggregatorRemedy, podBehind(client, namespace, name));
    const forwarded = { context, namespace, pod, port, tls: { ca, servername } };
    const way = options.isLasting
      ? { agent: new ForwardAgent(forwarded) }
      : { createConnection: await forwardPort(forwarded) };
    const target = { protocol: 'https:', hostname: servername, port, ...way };
    return { address: { name: `${namespace}/${pod}`, basePath: '', target }, token };
  } finally {
    client.close();
  }
}

function namesIn(text: string, option: string, namespaceByDefault: string): readonly [string, string] {
  const [, namespace = namespaceByDefault, name] = /^(?:([a-z0-9-]+)\/)?([a-z0-9.-]+)$/.exec(text) ?? [];
  if (name !== undefined) return [namespace, name];
  throw new WeirError('WEIR_USAGE_SERVER', `${option}: expected NAMESPACE/NAME, found "${text}"`, {
    remedy: 'Names of Kubernetes have small letters, digits, - and dots.',
  });
}

/** @throws {WeirError} with this remedy where something is not in the cluster */
async function orRemedy<T>(remedy: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof WeirError) || cause.code !== 'WEIR_KUBERNETES_NOT_FOUND') throw cause;
    throw new WeirError(cause.code, cause.message, { remedy, cause });
  }
}

const accountRemedy = (namespace: string, name: string): string =>
  `Name another ServiceAccount with --service-account, or run "kubectl -n ${namespace} create serviceaccount ${name}" and bind it to the ClusterRole weir-flow-reader.`;

const aggregatorRemedy =
  'Name the Service of the aggregator with --aggregator NAMESPACE/NAME; see --context, too.';

async function tokenFor(client: KubernetesClient, namespace: string, name: string): Promise<string> {
  const address = { kind: resourceKinds.serviceAccounts, namespace, name, subresource: 'token' };
  const made = await client.create(address, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [AUDIENCE], expirationSeconds: TOKEN_SECONDS },
  });
  const { token } = (made.status ?? {}) as { readonly token?: unknown };
  if (typeof token === 'string') return token;
  throw unusableError(`a token for ServiceAccount ${namespace}/${name}`);
}

async function authoritiesIn(client: KubernetesClient, namespace: string): Promise<string> {
  const { name, key } = AUTHORITIES;
  const { data } = await client.get({ kind: resourceKinds.configMaps, namespace, name });
  const found = (data as Readonly<Record<string, unknown>> | undefined)?.[key];
  if (typeof found === 'string') return found;
  throw unusableError(`${key} in ConfigMap ${namespace}/${name}`);
}

interface ServiceSpec {
  readonly selector?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly name?: string; readonly targetPort?: number | string }[];
}

/** A Pod of the Service that is ready, and its port for the API. */
async function podBehind(
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<{ readonly pod: string; readonly port: number }> {
  const service = await client.get({ kind: resourceKinds.services, namespace, name });
  const { selector = {}, ports = [] } = (service.spec ?? {}) as ServiceSpec;
  const { targetPort } = ports.find((port) => port.name === PORT_NAME) ?? {};
  const labelSelector = Object.entries(selector)
    .map((label) => label.join('='))
    .join(',');
  const pods = await client.list({ kind: resourceKinds.pods, namespace }, { query: { labelSelector } });
  const ready = pods.find(isReady);
  const port = typeof targetPort === 'number' ? targetPort : containerPort(ready, targetPort);
  if (ready?.metadata.name !== undefined && port !== undefined) return { pod: ready.metadata.name, port };
  throw new WeirError(
    'WEIR_SERVER_UNREACHABLE',
    `Service ${namespace}/${name} has no Pod that is ready${ready === undefined ? '' : ' with a port "api"'}`,
    { remedy: `See kubectl -n ${namespace} get pods, or name another Service with --aggregator.` },
  );
}

function isReady({ status }: KubernetesObject): boolean {
  const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

function containerPort(pod: KubernetesObject | undefined, name: string | undefined): number | undefined {
  const { containers = [] } = (pod?.spec ?? {}) as {
    containers?: readonly { ports?: readonly { name?: string; containerPort: number }[] }[];
  };
  return containers.flatMap(({ ports = [] }) => ports).find((port) => port.name === name)?.containerPort;
}

const unusableError = (what: string): WeirError =>
  new WeirError('WEIR_SERVER_UNREACHABLE', `expected ${what}, found none in the answer of the API server`);
