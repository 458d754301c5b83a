/**
 * The configuration files of the agent and the aggregator: keys, checks, and the settings that result. Most
 * options stand beside their components and get their keys here.
 */
export {
  type AgentSettings,
  defaultAgentSettings,
  type Loaded,
  loadAgentSettings,
} from './agent-settings.ts';
export {
  type AggregatorSettings,
  type ApiServerSettings,
  defaultAggregatorSettings,
  type HttpSettings,
  loadAggregatorSettings,
} from './aggregator-settings.ts';
export { changedKeys } from './changed-keys.ts';
export {
  configFiles,
  type FileKind,
  fileKinds,
  guessKind,
  readConfigFile,
  unwrapConfigMap,
} from './config-file.ts';
export { ConfigWatch, type ConfigWatchParts } from './config-watch.ts';
export { placesByDefault } from './default-places.ts';
export { commentLines, exampleFile } from './example-file.ts';
export { fileSchema, shapeSchema } from './file-schema.ts';
export type { MetricsSettings } from './metrics-settings.ts';
export { type NamedCertificates, readNamedCertificates } from './named-certificates.ts';
export { expectNamedPaths } from './named-paths.ts';
export { formatNote, type Note } from './note.ts';
export type { SinkSettings } from './sink-options.ts';
export { agentTlsNotes, aggregatorTlsNotes } from './tls-notes.ts';
