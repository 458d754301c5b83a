/**
 * Connections that the host's firewall denies: rules that drop or reject log the packet to an NFLOG group as
 * well, a worker thread reads those groups over netlink, and the packets become flow records with their
 * action and policy.
 *
 * A worker parses (`nflog-*`, `packet-*`, `ip-packet`), the main thread joins and expires (`denied-*`,
 * `flow-table`), and what a rule is called is read from its log prefix (`prefix-*`, `verdict`). Knows nothing
 * of connection tracking: whoever has tracked connections asks `isDenied`.
 */
export {
  DeniedConnections,
  type DeniedConnectionsNeeds,
  type DeniedConnectionsOptions,
} from './denied-connections.ts';
export type { DeniedNode } from './denied-records.ts';
export type { DeniedGroup } from './prefix-matcher.ts';
export { objectionToPattern, type PrefixPattern, patternGroups } from './prefix-pattern.ts';
export { allPresets, type PrefixPresetName, prefixPresets } from './prefix-presets.ts';
export { actionOf, type Verdict } from './verdict.ts';
