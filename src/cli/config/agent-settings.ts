import { hostname } from 'node:os';
import {
  type DeniedGroup,
  type LinkCapacity,
  type LinkChoiceOptions,
  prefixPresets,
} from '../../exporter/index.ts';
import { RuleAction } from '../../flow/index.ts';
import type { CollectorAddress } from '../../ipfix/index.ts';
import type { LogLevel } from '../../runtime/index.ts';
import { type AgentFile, agentFile } from './agent-file.ts';
import { agentNotes } from './agent-notes.ts';
import { checkConfig } from './checked-config.ts';
import { expectKind, unwrapConfigMap } from './config-file.ts';
import { type ExportingSettings, exportingSettings } from './exporting-options.ts';
import { type LokiLogSettings, lokiLogSettings } from './log-settings.ts';
import { type MetricsSettings, metricsSettings } from './metrics-settings.ts';
import type { Note } from './note.ts';

/** What `weir agent` runs with: the file's options, with the default wherever it has none. */
export interface AgentSettings {
  readonly collector: CollectorAddress;
  readonly pollIntervalMs: number;
  readonly activeTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Lower-case names of the protocols to export; undefined for all. */
  readonly protocols: readonly string[] | undefined;
  readonly nodeName: string;
  readonly observationDomainId: number | undefined;
  readonly networkNamespace: string | undefined;
  /** Undefined: it is not known what is external, and private addresses may be other nodes'. */
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
  readonly metrics: MetricsSettings;
  readonly linkCapacities: readonly LinkCapacity[];
  readonly links: Required<LinkChoiceOptions>;
  readonly logLevel: LogLevel;
  /** Undefined: the log goes to standard error only. */
  readonly lokiLog: LokiLogSettings | undefined;
}

export interface Loaded<T> {
  readonly settings: T;
  /** What the reader should know; those that stop the start among them. */
  readonly notes: readonly Note[];
}

/** @throws {ConfigError} with every problem found */
export function loadAgentSettings(text: string, file: string): Loaded<AgentSettings> {
  const bare = unwrapConfigMap(text);
  expectKind('agent', bare, file);
  const config = checkConfig(bare.text, file, agentFile, bare.indent);
  const settings = settingsOf(config.value);
  return { settings, notes: agentNotes(config, settings, file) };
}

function settingsOf(file: AgentFile): AgentSettings {
  const { flowExporter: exporter, weir } = file;
  const pollIntervalMs = exporter.flowPollInterval ?? file.flowPollInterval ?? 5_000;
  const activeMs = exporter.activeFlowExportTimeout ?? file.activeFlowExportTimeout ?? 60_000;
  const idleMs = exporter.idleFlowExportTimeout ?? file.idleFlowExportTimeout ?? 15_000;
  return {
    collector: exporter.flowCollectorAddr ?? file.flowCollectorAddr ?? defaultCollector,
    pollIntervalMs,
    activeTimeoutMs: Math.max(activeMs, pollIntervalMs),
    idleTimeoutMs: Math.max(idleMs, pollIntervalMs),
    protocols: exporter.protocolFilter,
    nodeName: weir.nodeName ?? hostname(),
    observationDomainId: weir.observationDomainId,
    networkNamespace: weir.networkNamespace,
    clusterNetworks: weir.clusterNetworks,
    nodeNetworks: weir.nodeNetworks ?? [],
    loopback: weir.loopback ?? false,
    ownExport: weir.ownExport ?? false,
    track: weir.track ?? false,
    events: weir.events ?? true,
    maxConnections: weir.maxConnections ?? 524_288,
    queueRecords: weir.queueRecords ?? 65_536,
    exporting: exportingSettings(weir),
    deniedGroups: deniedGroups(weir.denied),
    metrics: metricsSettings(weir.metrics, 'agent', weir.nodeName ?? hostname()),
    linkCapacities: weir.linkCapacities.map(({ link, bitsPerSecond }) => ({
      link: link!,
      bitsPerSecond: bitsPerSecond!,
    })),
    links: {
      include: weir.links.include ?? [],
      exclude: weir.links.exclude ?? [],
      limit: weir.links.limit ?? 64,
    },
    logLevel: weir.logLevel ?? 'info',
    lokiLog: lokiLogSettings(weir.log),
  };
}

/** The file's own patterns come before those of the presets. */
function deniedGroups({
  groups = [],
  patterns = [],
  presets,
  defaultAction,
}: AgentFile['weir']['denied']): DeniedGroup[] {
  const known = presets ?? (['ufw', 'firewalld', 'nftables'] as const);
  const all = [
    ...patterns.map((expression) => ({ expression })),
    ...known.flatMap((preset) => [...prefixPresets[preset]]),
  ];
  const action = defaultAction === 'reject' ? RuleAction.reject : RuleAction.drop;
  return groups.map((group) => ({ group, patterns: all, defaultAction: action }));
}

const defaultCollector: CollectorAddress = {
  host: 'flow-aggregator.flow-aggregator.svc',
  port: 4739,
  protocol: 'tls',
};
