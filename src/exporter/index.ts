/**
 * The node agent: reads connections from the kernel's tracking and the firewall's log, and emits flow
 * records.
 * `conntrack/` and `denied/` read the kernel in workers, `links/` reads the network interfaces; all use
 * `netlink/`. The connection store keeps the state of each connection (`connection-*`). `record-schedule`
 * decides when a record is due, `flow-writer` writes it, and `Agent` wires them. Knows nothing about the
 * transport of records: a callback takes them.
 */
export { Agent } from './agent.ts';
export type { AgentMetrics } from './agent-metrics.ts';
export type { AgentOptions, AgentParts, LinkCapacity } from './agent-options.ts';
export type { ExportConnection } from './connection-filter.ts';
export {
  type DeniedGroup,
  deniedGroups,
  deniedOptions,
  MAX_NFLOG_GROUP,
  type PrefixPattern,
  prefixPresets,
} from './denied/index.ts';
export type { HistogramSnapshot } from './duration-histogram.ts';
export { FreedMemory } from './freed-memory.ts';
export { type LinkChoiceOptions, type LinkMetrics, linkCapacities, linkOptions } from './links/index.ts';
export { agentOptions } from './options.ts';
