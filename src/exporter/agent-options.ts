import type { FlowBatch, FlowEnricher } from '../flow/index.ts';
import { protocolNumber } from '../flow/index.ts';
import type { Clock, Ledger, Log } from '../runtime/index.ts';
import type { ConnectionFilterOptions, ExportConnection } from './connection-filter.ts';
import type { DeniedGroup } from './denied/index.ts';
import type { LinkChoiceOptions } from './links/index.ts';
import type { IsWorkload, NodeNetworkOptions } from './node-network.ts';
import { defaultAgentOptions, filteredProtocols } from './options.ts';
import type { RecordTimeouts } from './record-schedule.ts';

/** The capacity of a link whose speed the system does not report, or reports too high. */
export interface LinkCapacity {
  /** Name of the network interface. */
  readonly link: string;
  /** In each direction. */
  readonly bitsPerSecond: number;
}

/**
 * What the agent watches, and how. Only the node's name is required; other defaults are those of
 * `agentOptions`.
 */
export interface AgentOptions extends NodeNetworkOptions {
  /** Written into records, for the ends of a flow on this node. */
  readonly nodeName: string;
  /** Path of the network namespace to watch; when undefined, the process's own. */
  readonly netns?: string;
  /**
   * Whether to listen to conntrack's events. Without them, connections that begin and end between two dumps
   * are missed.
   */
  readonly events?: boolean;
  /**
   * Kernel buffer for unread events, in octets of the kernel's accounting; default 32 MiB, about 30,000
   * events.
   */
  readonly eventBufferOctets?: number;
  /** Whether to turn on connection tracking with an nftables table of Weir's own. */
  readonly tracking?: boolean;
  /** At least 100. */
  readonly pollIntervalMs?: number;
  /** Raised to the poll interval. */
  readonly activeTimeoutMs?: number;
  /** Raised to the poll interval. */
  readonly idleTimeoutMs?: number;
  /** Maximum connections held. */
  readonly maxConnections?: number;
  /**
   * Names from `filteredProtocols` (any case): only these are exported. When undefined, all are; an empty
   * list means none.
   */
  readonly protocolFilter?: readonly string[];
  /** Conntrack zones to export; default all. */
  readonly zones?: readonly number[];
  /** Whether to export connections on 127.0.0.0/8 and ::1. */
  readonly loopback?: boolean;
  /** NFLOG groups to which the firewall logs what it denies; default none. */
  readonly deniedGroups?: readonly DeniedGroup[];
  /** Replace the speeds that the system reports; default none. */
  readonly linkCapacities?: readonly LinkCapacity[];
  /** Directory with state for the next agent, which reports what passed in between; default none. */
  readonly stateDirectory?: string | undefined;
  /** Which links have their own series; by default all but those of Pods, within `linkOptions`' limit. */
  readonly links?: LinkChoiceOptions;
}

/** The environment of the agent. */
export interface AgentParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: Ledger;
  /** Takes the records of a batch; the batch is refilled once this returns. */
  readonly emit: (batch: FlowBatch) => void;
  /** Names the ends of records before they leave; default none. */
  readonly enricher?: FlowEnricher | undefined;
  /** Knows addresses of this node's workloads beside `nodeNetworks`; default none. */
  readonly isWorkload?: IsWorkload | undefined;
  /** The sessions that carry this agent's own records, which must not be exported; default none. */
  readonly exportSessions?: () => readonly ExportConnection[];
  /** Number of reconnections to the collector, for the metric of that name. */
  readonly reconnections?: () => number;
  /** Whether records can leave now, for the metric. */
  readonly isCollectorConnected?: () => boolean;
}

/** What may change while it runs. */
export type AgentTimes = Pick<AgentOptions, 'pollIntervalMs' | 'activeTimeoutMs' | 'idleTimeoutMs'>;

const LEAST_POLL_INTERVAL_MS = 100;

/** The options with their defaults, and remarks on those that had to be changed. */
export interface ResolvedAgentOptions extends RecordTimeouts {
  readonly pollIntervalMs: number;
  /** How often to search for due records. */
  readonly tickMs: number;
  readonly maxConnections: number;
  readonly events: boolean;
  readonly filter: ConnectionFilterOptions;
  readonly remarks: readonly string[];
}

export function resolveAgentOptions(options: AgentOptions): ResolvedAgentOptions {
  const remarks: string[] = [];
  const atLeast = (name: string, value: number, least: number, what: string) => {
    if (value >= least) return value;
    remarks.push(`${name} ${value} is less than ${what}: raised to ${least}`);
    return least;
  };
  const pollIntervalMs = atLeast(
    'pollIntervalMs',
    options.pollIntervalMs ?? defaultAgentOptions.pollIntervalMs,
    LEAST_POLL_INTERVAL_MS,
    'possible',
  );
  const timeoutOf = (name: 'activeTimeoutMs' | 'idleTimeoutMs') =>
    atLeast(name, options[name] ?? defaultAgentOptions[name], pollIntervalMs, 'the poll interval');
  const activeTimeoutMs = timeoutOf('activeTimeoutMs');
  const idleTimeoutMs = timeoutOf('idleTimeoutMs');
  return {
    pollIntervalMs,
    activeTimeoutMs,
    idleTimeoutMs,
    tickMs: Math.min(1_000, activeTimeoutMs / 4, idleTimeoutMs / 4),
    maxConnections: options.maxConnections ?? defaultAgentOptions.maxConnections,
    events: options.events ?? defaultAgentOptions.events,
    filter: {
      protocols: protocolsOf(options.protocolFilter, remarks),
      zones: options.zones,
      loopback: options.loopback ?? defaultAgentOptions.loopback,
    },
    remarks,
  };
}

/** As in the reference system: other names than these three are logged and ignored. */
function protocolsOf(names: readonly string[] | undefined, remarks: string[]): number[] | undefined {
  if (names === undefined) return undefined;
  const numbers = names.flatMap((name) => {
    if (filteredProtocols.includes(name.toLowerCase())) return protocolNumber(name)!;
    remarks.push(`protocolFilter: "${name}" is none of ${filteredProtocols.join(', ')}: passed over`);
    return [];
  });
  if (numbers.length === 0) remarks.push('protocolFilter is empty: no connection is exported');
  return numbers;
}
