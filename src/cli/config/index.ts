/**
 * The configuration files of the agent and the aggregator: their options with descriptions, checks and
 * defaults, and the settings that come of them. Options stand beside their components; here they get their
 * keys.
 */
export {
  type AgentSettings,
  defaultAgentSettings,
  type Loaded,
  loadAgentSettings,
} from './agent-settings.ts';
export {
  type AggregatorSettings,
  defaultAggregatorSettings,
  type HttpSettings,
  loadAggregatorSettings,
} from './aggregator-settings.ts';
export {
  configFiles,
  type FileKind,
  fileKinds,
  guessKind,
  readConfigFile,
  unwrapConfigMap,
} from './config-file.ts';
export { exampleFile } from './example-file.ts';
export { fileSchema } from './file-schema.ts';
export type { MetricsListen } from './metrics-options.ts';
export type { MetricsSettings } from './metrics-settings.ts';
export { expectNamedPaths } from './named-paths.ts';
export { formatNote, type Note } from './note.ts';
export type { SinkSettings } from './sink-options.ts';
