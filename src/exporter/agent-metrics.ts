import type { BlindReading } from './blindness.ts';
import type { HistogramSnapshot } from './duration-histogram.ts';
import type { LinkCount, LinkMetrics } from './links/index.ts';

/** What the agent knows of itself and its node, as values; whoever exposes metrics gives them names. */
export interface AgentMetrics {
  readonly nodeName: string;
  /** antrea_agent_conntrack_total_connection_count: connections that the kernel tracks. */
  readonly conntrackTotalConnections: number;
  /** antrea_agent_conntrack_antrea_connection_count: of these, those that are kept to be exported. */
  readonly conntrackKeptConnections: number;
  /** antrea_agent_conntrack_max_connection_count: most that the kernel will track. */
  readonly conntrackMaxConnections: number;
  /** antrea_agent_denied_connection_count: denied flows held. */
  readonly deniedConnections: number;
  /** antrea_agent_flow_collector_reconnection_count. */
  readonly flowCollectorReconnections: number;
  /** Whether records can leave now; undefined where nothing tells. */
  readonly isCollectorConnected: boolean | undefined;
  /** antrea_agent_conntrack_poll_cycle_duration_seconds. */
  readonly pollCycleDuration: HistogramSnapshot;
  /** Connections that the kernel began since the agent started; undefined where it does not count them. */
  readonly connectionsBegun: number | undefined;
  /** Of these, those that the agent has seen nothing of. */
  readonly connectionsNeverSeen: number;
  /**
   * IP packets that the host has carried since the agent started, and those of them that connections counted.
   */
  readonly ipPackets: number;
  readonly countedPackets: number;
  /** Each reason why the agent may miss what happens, and whether it holds. */
  readonly blindness: readonly BlindReading[];
  /**
   * The node's network interfaces at the last poll, and the sum of those that have no series of their own.
   */
  readonly links: readonly LinkMetrics[];
  /** How many there are of each. */
  readonly linkCounts: readonly LinkCount[];
}
