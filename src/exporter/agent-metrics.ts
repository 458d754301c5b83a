import type { BlindReading } from './blindness.ts';
import type { HistogramSnapshot } from './duration-histogram.ts';
import type { LinkCount, LinkMetrics } from './links/index.ts';

/** The state of the agent and its node, as values; the code that exposes metrics names them. */
export interface AgentMetrics {
  readonly nodeName: string;
  /** antrea_agent_conntrack_total_connection_count: connections that the kernel tracks. */
  readonly conntrackTotalConnections: number;
  /** antrea_agent_conntrack_antrea_connection_count: of these, those that are kept for export. */
  readonly conntrackKeptConnections: number;
  /** antrea_agent_conntrack_max_connection_count: maximum connections that the kernel tracks. */
  readonly conntrackMaxConnections: number;
  /** antrea_agent_denied_connection_count: denied flows held. */
  readonly deniedConnections: number;
  /** antrea_agent_flow_collector_reconnection_count. */
  readonly flowCollectorReconnections: number;
  /** Whether records can leave now; undefined when the transport does not show it. */
  readonly isCollectorConnected: boolean | undefined;
  /** antrea_agent_conntrack_poll_cycle_duration_seconds. */
  readonly pollCycleDuration: HistogramSnapshot;
  /** Connections that the kernel began since the agent started; undefined when it does not count them. */
  readonly connectionsBegun: number | undefined;
  /** Of these, those that the agent never saw. */
  readonly connectionsNeverSeen: number;
  /** IP packets that the host carried since the agent started, and those of them that connections counted. */
  readonly ipPackets: number;
  readonly countedPackets: number;
  /** Octets that entered through links since the agent started, and those of them that reached IP. */
  readonly enteredOctets: number;
  readonly ipOctets: number;
  /** For each reason why the agent may be blind, whether it holds now. */
  readonly blindness: readonly BlindReading[];
  /** The node's network interfaces at the last poll, and the sum of those without their own series. */
  readonly links: readonly LinkMetrics[];
  /** Number of links of each kind. */
  readonly linkCounts: readonly LinkCount[];
}
