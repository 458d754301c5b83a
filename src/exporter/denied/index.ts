/**
 * Connections that the host's firewall denies. Rules that drop or reject a packet also log it to an NFLOG
 * group. A worker thread reads those groups over netlink, and the packets become flow records with their
 * action and policy.
 *
 * A worker parses (`nflog-*`, `packet-*`, `ip-packet`), and the main thread joins and expires (`denied-*`,
 * `flow-table`). The name of a rule comes from its log prefix (`prefix-*`, `verdict`). Knows nothing of
 * connection tracking: code with tracked connections calls `isDenied`.
 */
export {
  DeniedConnections,
  type DeniedConnectionsOptions,
  type DeniedConnectionsParts,
} from './denied-connections.ts';
export type { DeniedNode } from './denied-records.ts';
export { deniedGroups, deniedOptions, MAX_NFLOG_GROUP } from './options.ts';
export type { DeniedGroup } from './prefix-matcher.ts';
export { objectionToPattern, type PrefixPattern } from './prefix-pattern.ts';
export { allPresets, prefixPresets } from './prefix-presets.ts';
export { actionOfWord, type Verdict } from './verdict.ts';
