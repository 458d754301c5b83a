/**
 * What an agent needs of the configuration. The aggregator's file is not among it: its options bring every
 * kind of sink, the history and the API.
 */
export { agentFile } from './agent-file.ts';
export {
  type AgentSettings,
  defaultAgentSettings,
  type Loaded,
  loadAgentSettings,
} from './agent-settings.ts';
export { changedKeys } from './changed-keys.ts';
export { type FileKind, readConfigFile } from './config-text.ts';
export { ConfigWatch, type ConfigWatchParts } from './config-watch.ts';
export type { MetricsSettings } from './metrics-settings.ts';
export { expectNamedPaths } from './named-paths.ts';
export { formatNote, type Note } from './note.ts';
