import { Agent, type AgentMetrics, type AgentOptions, type ExportConnection } from '../exporter/index.ts';
import { type CollectorAddress, ExportingProcess, transportKinds } from '../ipfix/index.ts';
import type { Component } from '../runtime/index.ts';
import type { AgentSettings } from './config/index.ts';
import type { Service } from './service.ts';

/** An agent's parts, wired: kernel → agent → IPFIX exporter. */
export interface WiredAgent {
  /** Sinks first. */
  readonly components: readonly Component[];
  readonly readings: () => AgentMetrics;
  /** Which connection tracking is used, as a sentence. */
  readonly tracking: () => string;
}

/** @param otherSessions of this process, which are left out like those to the collector */
export function wireAgent(
  settings: AgentSettings,
  service: Service,
  otherSessions: () => readonly ExportConnection[] = () => [],
): WiredAgent {
  const { clock, ledger, log } = service;
  const { collector, ownExport } = settings;
  // The source first, so that the ledger has the accounts in the order in which records pass them.
  const agent = new Agent(agentOptions(settings), {
    clock,
    ledger,
    log,
    emit: (batch) => exporter.send(batch),
    exportSessions: () => (ownExport ? [] : [...sessionsOf(exporter, collector), ...otherSessions()]),
    reconnections: () => exporter.reconnections,
    isCollectorConnected: () => exporter.isConnected,
  });
  service.heed(() => agent.problems);
  const exporter: ExportingProcess = new ExportingProcess({
    address: collector,
    records: 'agent',
    observationDomainId: settings.observationDomainId ?? domainOf(settings.nodeName),
    maxQueueRecords: settings.queueRecords,
    flushIntervalMs: Math.min(1_000, settings.activeTimeoutMs / 5),
    name: 'ipfix out',
    ...settings.exporting,
    clock,
    ledger,
    log,
  });
  return { components: [exporter, agent], readings: () => agent.metrics, tracking: () => agent.tracking };
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

/** An observation domain that stays the same for a node: FNV-1a of its name, never 0. */
function domainOf(nodeName: string): number {
  let hash = 0x811c9dc5;
  for (const octet of new TextEncoder().encode(nodeName)) hash = Math.imul(hash ^ octet, 0x0100_0193);
  return hash >>> 0 || 1;
}

/**
 * What leaves this node for the collector: the exporter's own sockets, and whatever else goes to one of the
 * collector's addresses, as what an earlier agent sent is still in the kernel's table. What goes over a
 * socket of the file system is no connection.
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
