/**
 * The configuration files of the agent and the aggregator: keys, checks, and the settings that result. Most
 * options stand beside their components and get their keys here.
 */
export { aggregatorFile } from './aggregator-file.ts';
export {
  type AggregatorSettings,
  type ApiServerSettings,
  defaultAggregatorSettings,
  type HttpSettings,
  loadAggregatorSettings,
} from './aggregator-settings.ts';
export { configFiles, expectKind, guessKind } from './config-file.ts';
export { fileKinds, unwrapConfigMap } from './config-text.ts';
export { placesByDefault } from './default-places.ts';
export { commentLines, exampleFile } from './example-file.ts';
export { fileSchema, shapeSchema } from './file-schema.ts';
export * from './for-agent.ts';
export { type NamedCertificates, readNamedCertificates } from './named-certificates.ts';
export type { SinkSettings } from './sink-options.ts';
export { agentTlsNotes, aggregatorTlsNotes } from './tls-notes.ts';
