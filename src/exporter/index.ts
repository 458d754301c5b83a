/**
 * The node agent: connections of the kernel's tracking and of the firewall's log in, flow records out.
 *
 * `conntrack/` and `denied/` read the kernel in workers, `links/` the network interfaces; `netlink/` is how
 * they speak to it. Here, the connection store keeps what is known of each connection (`connection-*`),
 * decides when a record is due (`record-schedule`) and writes it (`flow-writer`); `Agent` wires them. Knows
 * nothing of how records travel: they are handed to a callback.
 */
export { Agent } from './agent.ts';
export type { AgentMetrics } from './agent-metrics.ts';
export type { AgentNeeds, AgentOptions, LinkCapacity } from './agent-options.ts';
export type { ExportSession } from './connection-filter.ts';
export {
  type DeniedGroup,
  objectionToPattern,
  type PrefixPattern,
  type PrefixPresetName,
  patternGroups,
  prefixPresets,
} from './denied/index.ts';
export type { HistogramSnapshot } from './duration-histogram.ts';
export type { LinkChoiceOptions, LinkMetrics } from './links/index.ts';
export { agentOptions } from './options.ts';
