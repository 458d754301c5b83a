import {
  type ExportingProcessOptions,
  isAvailableTransport,
  isSecured,
  lookUpByDns,
  transportKinds,
} from '../ipfix/exporting/index.ts';
import {
  AgentIdentity,
  AggregatorIdentity,
  ClusterIdentityStore,
  clusterDomainIn,
  InClusterAccess,
  KubernetesClient,
  ServiceAddresses,
  serviceNames,
  watchObjects,
} from '../kubernetes/index.ts';
import type { Component } from '../runtime/index.ts';
import type { AgentSettings, AggregatorSettings } from './config/index.ts';
import { isInPod, resolverText } from './pod.ts';
import type { Service } from './service.ts';
import { AGENT_SPREAD_MS } from './wired-names.ts';

/** What an agent in a cluster has from its API server. */
export interface AgentClusterParts {
  readonly components: readonly Component[];
  readonly exporting: Pick<ExportingProcessOptions, 'tlsSource' | 'lookup' | 'lookupIntervalMs'>;
}

/** Each lookup is two requests, of every node. An endpoint that disappears ends its session anyway. */
const LOOKUP_MS = 120_000;

/**
 * The certificates of an agent in a cluster, and the way to its aggregator. Undefined when it needs neither.
 * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS when the files of the Pod are not mounted
 */
export async function agentClusterParts(
  settings: AgentSettings,
  service: Service,
): Promise<AgentClusterParts | undefined> {
  const { collector, certificates, nodeName } = settings;
  const needsIdentity = isSecured(collector) && certificates === 'cluster';
  const needsAddresses = collector.service !== undefined && isInPod();
  if (!needsIdentity && !needsAddresses) return undefined;
  const client = await clusterClient(service);
  const { clock, log } = service;
  const identity = needsIdentity
    ? new AgentIdentity({
        store: identityStore(client, namespaceOf(settings, client), service, AGENT_SPREAD_MS),
        clock,
        log,
      })
    : undefined;
  const addresses =
    needsAddresses && isAvailableTransport(collector.protocol)
      ? new ServiceAddresses({
          client,
          ...collector.service!,
          port: {
            number: collector.port,
            protocol: protocolNames[transportKinds[collector.protocol].ipProtocol]!,
          },
          nodeName,
          otherwise: () => lookUpByDns(collector.host),
          clock,
          log,
        })
      : undefined;
  return {
    components: identity === undefined ? [] : [identity],
    exporting: {
      tlsSource: identity,
      ...(addresses && { lookup: () => addresses.find(), lookupIntervalMs: LOOKUP_MS }),
    },
  };
}

/**
 * The certificates of an aggregator in a cluster. Undefined when it has them from files, or needs none.
 * @throws {WeirError} WEIR_KUBERNETES_CREDENTIALS when the files of the Pod are not mounted
 */
export async function aggregatorIdentity(
  settings: AggregatorSettings,
  service: Service,
): Promise<AggregatorIdentity | undefined> {
  const { certificates, certificateName, listen, serviceName } = settings;
  // The API server needs one whatever agents use.
  const isNeeded = isInPod() || listen.some(({ protocol }) => transportKinds[protocol].isSecured);
  if (!isNeeded || certificates !== 'cluster') return undefined;
  const client = await clusterClient(service);
  const { clock, log } = service;
  const namespace = client.currentNamespace;
  const domain = clusterDomainIn(resolverText());
  return new AggregatorIdentity({
    store: identityStore(client, namespace, service),
    names: [...new Set([...serviceNames(namespace, serviceName, domain), certificateName])],
    clock,
    log,
  });
}

/** As Kubernetes calls the protocols of IP. */
const protocolNames: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP' };

async function clusterClient({ clock, ledger, log }: Service): Promise<KubernetesClient> {
  return new KubernetesClient({ access: await InClusterAccess.read({ clock }), clock, ledger, log });
}

const identityStore = (
  client: KubernetesClient,
  namespace: string,
  { clock, ledger, log }: Service,
  spreadMs = 0,
) => new ClusterIdentityStore(namespace, client, watchObjects({ client, clock, ledger, log, spreadMs }));

/** The namespace of the aggregator, by its address; otherwise that of this Pod. */
function namespaceOf({ collector }: AgentSettings, client: KubernetesClient): string {
  const [, inHost] = /^[^.]+\.([^.]+)\.svc\./.exec(collector.host) ?? [];
  return collector.service?.namespace ?? inHost ?? client.currentNamespace;
}
