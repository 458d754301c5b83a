import { hostname } from 'node:os';
import { type DeniedGroup, prefixPresets } from '../../exporter/index.ts';
import { RuleAction } from '../../flow/index.ts';
import type { CollectorAddress } from '../../ipfix/index.ts';
import { type CheckedConfig, checkConfig, type LogLevel } from '../../runtime/index.ts';
import { type AgentFile, agentFile } from './agent-file.ts';
import { unwrapConfigMap } from './config-file.ts';
import { type Note, noGrpc, noTls } from './note.ts';

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
  readonly deniedGroups: readonly DeniedGroup[];
  readonly logLevel: LogLevel;
}

export interface Loaded<T> {
  readonly settings: T;
  /** What the reader should know; those that stop the start among them. */
  readonly notes: readonly Note[];
}

/** @throws {ConfigError} with every problem found */
export function loadAgentSettings(text: string, file: string): Loaded<AgentSettings> {
  const config = checkConfig(unwrapConfigMap(text).text, file, agentFile);
  const settings = settingsOf(config.value);
  return { settings, notes: notesOn(config, settings, file) };
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
    deniedGroups: deniedGroups(weir.denied),
    logLevel: weir.logLevel ?? 'info',
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

function notesOn(config: CheckedConfig<AgentFile>, settings: AgentSettings, file: string): Note[] {
  const notes: Note[] = [];
  const { flowExporter, featureGates } = config.value;
  const at = (...path: string[]) => ({ file, key: path.join('.'), line: config.lineOf(...path) });

  for (const path of [
    ['featureGates', 'FlowExporter'],
    ['flowExporter', 'enable'],
  ]) {
    const value = path[0] === 'featureGates' ? featureGates?.FlowExporter : flowExporter.enable;
    if (value !== false) continue;
    notes.push({
      ...at(...path),
      text: 'false: there would be nothing to do',
      remedy: 'Set it to true.',
      stops: true,
    });
  }

  const older =
    flowExporter.flowCollectorAddr === undefined && config.lineOf('flowCollectorAddr') !== undefined;
  const collector = at(...(older ? [] : ['flowExporter']), 'flowCollectorAddr');
  const { protocol } = settings.collector;
  if (protocol === 'tls' || protocol === 'dtls') {
    notes.push(
      noTls(
        collector,
        'End the address with :tcp, and set aggregatorTransportProtocol: tcp in the aggregator.',
      ),
    );
  }
  if (protocol === 'grpc') notes.push(noGrpc(collector));

  for (const key of ['activeFlowExportTimeout', 'idleFlowExportTimeout'] as const) {
    const given = flowExporter[key] ?? config.value[key];
    if (given === undefined || given >= settings.pollIntervalMs) continue;
    const where = flowExporter[key] === undefined ? at(key) : at('flowExporter', key);
    notes.push({
      ...where,
      text: `shorter than flowPollInterval: taken as ${settings.pollIntervalMs} ms`,
      stops: false,
    });
  }
  if (settings.protocols?.length === 0) {
    notes.push({
      ...at('flowExporter', 'protocolFilter'),
      text: 'an empty list: nothing is exported',
      stops: false,
    });
  }
  return notes;
}
