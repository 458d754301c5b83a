import { hostname } from 'node:os';
import {
  type DeniedGroup,
  deniedGroups,
  type LinkCapacity,
  type LinkChoiceOptions,
} from '../../exporter/index.ts';
import {
  type CollectorAddress,
  canRefuseOptionsRecords,
  type ExportingSettings,
  exportingSettings,
} from '../../ipfix/exporting/index.ts';
import type { CertificateSource, KubernetesSettings } from '../../kubernetes/index.ts';
import { type LokiLogSettings, lokiLogSettings } from '../../logs/process-log/index.ts';
import { type LogLevel, readSection } from '../../runtime/index.ts';
import type { TlsSettings } from '../../tls/index.ts';
import { type AgentFile, agentFile } from './agent-file.ts';
import { agentNotes } from './agent-notes.ts';
import { certificateSourceOf } from './certificate-source.ts';
import { checkConfig } from './checked-config.ts';
import { unwrapConfigMap } from './config-text.ts';
import { type MetricsSettings, metricsSettings } from './metrics-settings.ts';
import type { Note } from './note.ts';

/** The settings of `weir agent`: the values of its file. */
export interface AgentSettings {
  readonly collector: CollectorAddress;
  readonly tls: TlsSettings;
  readonly certificates: CertificateSource;
  readonly pollIntervalMs: number;
  readonly activeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Lower-case names of the protocols to export; undefined for all. */
  readonly protocols: readonly string[] | undefined;
  readonly nodeName: string;
  readonly observationDomainId: number | undefined;
  readonly networkNamespace: string | undefined;
  readonly stateDirectory: string | undefined;
  /** When undefined, private addresses may belong to other nodes, and nothing is known to be external. */
  readonly clusterNetworks: readonly string[] | undefined;
  readonly nodeNetworks: readonly string[];
  readonly loopback: boolean;
  readonly ownExport: boolean;
  readonly track: boolean;
  readonly events: boolean;
  readonly maxConnections: number;
  readonly queueRecords: number;
  readonly exporting: ExportingSettings;
  readonly deniedGroups: readonly DeniedGroup[];
  readonly kubernetes: KubernetesSettings;
  readonly metrics: MetricsSettings;
  readonly linkCapacities: readonly LinkCapacity[];
  readonly links: Required<LinkChoiceOptions>;
  readonly logLevel: LogLevel;
  /** When undefined, the log goes only to standard error. */
  readonly lokiLog: LokiLogSettings | undefined;
}

export interface Loaded<T> {
  readonly settings: T;
  /** Notes for the reader, also those that stop the start. */
  readonly notes: readonly Note[];
  /** The values of the options, as the file nests them. */
  readonly values: unknown;
}

/**
 * @param defaults values of the command line, for options that the file leaves out
 * @throws {ConfigError} with every problem in the file
 */
export function loadAgentSettings(
  text: string,
  file: string,
  defaults: readonly string[] = [],
): Loaded<AgentSettings> {
  const bare = unwrapConfigMap(text);
  const config = checkConfig(bare.text, file, agentFile, bare.indent, defaults);
  const settings = settingsOf(config.value);
  return { settings, notes: agentNotes(config, settings, file), values: config.value };
}

/** The settings of a file that names nothing but NFLOG groups. */
export const defaultAgentSettings = (groups: readonly number[] = []): AgentSettings =>
  settingsOf(readSection(agentFile, { weir: { denied: { groups } } }).values);

function settingsOf(file: AgentFile): AgentSettings {
  const { flowExporter: exporter, weir } = file;
  const pollIntervalMs = exporter.flowPollInterval;
  const nodeName = weir.nodeName ?? hostname();
  return {
    collector: exporter.flowCollectorAddr,
    tls: exporter.tls,
    certificates: certificateSourceOf(exporter.tls, 'agent'),
    pollIntervalMs,
    activeTimeoutMs: Math.max(exporter.activeFlowExportTimeout, pollIntervalMs),
    idleTimeoutMs: Math.max(exporter.idleFlowExportTimeout, pollIntervalMs),
    protocols: exporter.protocolFilter,
    nodeName,
    observationDomainId: weir.observationDomainId,
    networkNamespace: weir.networkNamespace,
    stateDirectory: weir.stateDirectory,
    clusterNetworks: weir.clusterNetworks,
    nodeNetworks: weir.nodeNetworks ?? [],
    loopback: weir.loopback,
    ownExport: weir.ownExport,
    track: weir.track,
    events: weir.events,
    maxConnections: weir.maxConnections,
    queueRecords: weir.queueRecords,
    exporting: exportingSettings(
      weir,
      weir.optionsRecords ?? canRefuseOptionsRecords(exporter.flowCollectorAddr),
    ),
    deniedGroups: deniedGroups(weir.denied),
    kubernetes: weir.kubernetes,
    metrics: metricsSettings(weir.metrics, nodeName),
    linkCapacities: weir.linkCapacities,
    links: weir.links,
    logLevel: weir.logLevel,
    lokiLog: lokiLogSettings(weir.log),
  };
}
