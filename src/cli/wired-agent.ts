import { Agent, type AgentOptions, type ExportConnection } from '../exporter/index.ts';
import { type CollectorAddress, ExportingProcess, transportKinds } from '../ipfix/exporting/index.ts';
import type { AgentReadings, ClusterReadings } from '../metrics/index.ts';
import { type Component, hashOfText } from '../runtime/index.ts';
import type { AgentClusterParts } from './cluster-parts.ts';
import type { AgentSettings } from './config/index.ts';
import type { Service } from './service.ts';
import { version } from './version.ts';
import { wireNames } from './wired-names.ts';

/** The parts of an agent, wired: kernel → agent → IPFIX Exporting Process. */
export interface WiredAgent {
  /** Sinks first. */
  readonly components: readonly Component[];
  readonly readings: () => AgentReadings;
  /** Undefined where no API server of Kubernetes is followed. */
  readonly cluster: (() => ClusterReadings) | undefined;
  /** Changes what may change while it runs. */
  readonly change: (settings: AgentSettings) => void;
  /** The connection tracking in use, as a sentence. */
  readonly tracking: () => string;
}

/**
 * @param otherSessions of this process that are not exported, like those to the collector
 * @param cluster what an agent in a cluster has from its API server
 */
export function wireAgent(
  settings: AgentSettings,
  service: Service,
  otherSessions: () => readonly ExportConnection[] = () => [],
  cluster?: AgentClusterParts,
): WiredAgent {
  const { clock, ledger, log } = service;
  const { collector, ownExport } = settings;
  const names = wireNames(settings.kubernetes, service, { nodeName: settings.nodeName, isForAgent: true });
  // In the order in which records pass them, so that the ledger lists their accounts in this order.
  const agent = new Agent(agentOptions(settings), {
    clock,
    ledger,
    log,
    emit: (batch) => exporter.send(batch),
    enricher: names.enrichers[0],
    isWorkload: names.hasOwner,
    exportSessions: () => (ownExport ? [] : [...sessionsOf(exporter, collector), ...otherSessions()]),
    reconnections: () => exporter.reconnections,
    isCollectorConnected: () => exporter.isConnected,
  });
  service.heed(() => agent.problems);
  const exporter: ExportingProcess = new ExportingProcess({
    address: collector,
    tls: settings.tls,
    ...cluster?.exporting,
    records: 'agent',
    observationDomainId: settings.observationDomainId ?? (hashOfText(settings.nodeName) || 1),
    maxQueueRecords: settings.queueRecords,
    flushIntervalMs: Math.min(1_000, settings.activeTimeoutMs / 5),
    name: 'ipfix out',
    ...settings.exporting,
    optionsRecords: settings.exporting.optionsRecords && {
      ...settings.exporting.optionsRecords,
      ignoredPackets: () => agent.ignoredPackets,
      meteringState: () => ({ software: `Weir ${version}`, ...agent.meteringState }),
    },
    clock,
    ledger,
    log,
  });
  return {
    components: [...(cluster?.components ?? []), exporter, ...names.components, agent],
    readings: () => ({ ...agent.metrics, certificateExpiryMs: exporter.certificateExpiryMs }),
    cluster: names.readings,
    change: ({ pollIntervalMs, activeTimeoutMs, idleTimeoutMs }) =>
      agent.changeTimes({ pollIntervalMs, activeTimeoutMs, idleTimeoutMs }),
    tracking: () => agent.tracking,
  };
}

function agentOptions(settings: AgentSettings): AgentOptions {
  const { nodeName, pollIntervalMs, activeTimeoutMs, idleTimeoutMs, maxConnections } = settings;
  const { loopback, events, track: tracking, networkNamespace, protocols } = settings;
  return {
    nodeName,
    pollIntervalMs,
    activeTimeoutMs,
    idleTimeoutMs,
    maxConnections,
    loopback,
    events,
    tracking,
    nodeNetworks: settings.nodeNetworks,
    deniedGroups: settings.deniedGroups,
    linkCapacities: settings.linkCapacities,
    links: settings.links,
    stateDirectory: settings.stateDirectory,
    ...(settings.clusterNetworks === undefined ? {} : { clusterNetworks: settings.clusterNetworks }),
    ...(networkNamespace === undefined ? {} : { netns: networkNamespace }),
    ...(protocols === undefined ? {} : { protocolFilter: protocols }),
  };
}

/**
 * The sessions from this node to the collector: the Exporting Process's own sockets, and any connection to
 * one of the collector's addresses. The kernel's table still has those of an earlier agent. A Unix socket
 * makes no connection.
 */
function sessionsOf(exporter: ExportingProcess, collector: CollectorAddress): ExportConnection[] {
  if (collector.host.startsWith('/') || collector.protocol === 'grpc') return [];
  const protocol = transportKinds[collector.protocol].ipProtocol;
  return [
    ...exporter.connections.map((ends) => ({ protocol, ...ends })),
    ...exporter.collectorAddresses.map((remoteAddress) => ({
      protocol,
      remoteAddress,
      remotePort: collector.port,
    })),
  ];
}
