import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Agent, type AgentMetrics, type AgentOptions, type ExportSession } from '../exporter/index.ts';
import { type CollectorAddress, Exporter } from '../ipfix/index.ts';
import type { Component } from '../runtime/index.ts';
import type { AgentSettings } from './config/index.ts';
import type { Service } from './service.ts';

/** An agent's parts, wired: kernel → agent → IPFIX exporter. */
export interface AgentParts {
  /** Sinks first. */
  readonly components: readonly Component[];
  readonly readings: () => AgentMetrics;
}

/** @param otherSessions of this process, which are left out like those to the collector */
export function agentParts(
  settings: AgentSettings,
  { clock, ledger, log }: Service,
  otherSessions: () => readonly ExportSession[] = () => [],
): AgentParts {
  const { collector, ownExport } = settings;
  const peers = new CollectorPeers(collector);
  // The source first, so that the ledger has the accounts in the order in which records pass them.
  const agent = new Agent(agentOptions(settings), {
    clock,
    ledger,
    log,
    emit: (batch) => exporter.send(batch),
    exportSessions: () => (ownExport ? [] : [...peers.sessions, ...otherSessions()]),
    reconnections: () => exporter.reconnections,
    isCollectorConnected: () => exporter.isConnected,
  });
  const exporter: Exporter = new Exporter({
    address: collector,
    records: 'agent',
    observationDomainId: settings.observationDomainId ?? domainOf(settings.nodeName),
    maxQueueRecords: settings.queueRecords,
    flushIntervalMs: Math.min(1_000, settings.activeTimeoutMs / 5),
    name: 'ipfix out',
    clock,
    ledger,
    log,
  });
  return { components: [exporter, peers, agent], readings: () => agent.metrics };
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

const RESOLVE_MS = 60_000;

/** The collector by its addresses, so that the agent can leave its own export out; a name is looked up now and then. */
class CollectorPeers implements Component {
  readonly name = 'collector address';
  readonly #collector: CollectorAddress;
  #addresses: readonly string[];
  #timer: NodeJS.Timeout | undefined;

  constructor(collector: CollectorAddress) {
    this.#collector = collector;
    this.#addresses = isIP(collector.host) === 0 ? [] : [collector.host];
  }

  get sessions(): ExportSession[] {
    const { port, protocol } = this.#collector;
    return this.#addresses.map((remoteAddress) => ({
      protocol: protocol === 'udp' ? 17 : 6,
      remoteAddress,
      remotePort: port,
    }));
  }

  async start(): Promise<void> {
    if (isIP(this.#collector.host) !== 0) return;
    await this.#resolve();
    this.#timer = setInterval(() => this.#resolve(), RESOLVE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  async #resolve(): Promise<void> {
    try {
      const found = await lookup(this.#collector.host, { all: true });
      this.#addresses = found.map(({ address }) => address);
    } catch {
      // Not known now; the exporter says so when it connects, and what was known before may still hold.
    }
  }
}
