import type { NamedRange } from '../../flow/index.ts';
import { type HttpAddress, instanceAt } from '../../http/index.ts';
import {
  defaultListenEnd,
  isAvailableTransport,
  type ListenAddress,
  type SessionBounds,
} from '../../ipfix/index.ts';
import type { AggregatorKubernetesSettings, CertificateSource } from '../../kubernetes/index.ts';
import { type LokiLogSettings, lokiLogSettings } from '../../logs/index.ts';
import { type FlowSeriesOptions, flowSeriesSettings } from '../../metrics/index.ts';
import { everyAddress, type LogLevel, readSection } from '../../runtime/index.ts';
import type { TlsSettings, TlsSuites } from '../../tls/index.ts';
import type { Loaded } from './agent-settings.ts';
import { type AggregatorFile, aggregatorFile } from './aggregator-file.ts';
import { aggregatorNotes } from './aggregator-notes.ts';
import { certificateSourceOf } from './certificate-source.ts';
import { checkConfig } from './checked-config.ts';
import { unwrapConfigMap } from './config-text.ts';
import { type MetricsSettings, metricsSettings } from './metrics-settings.ts';
import { type SinkSettings, sinkSettings } from './sink-options.ts';
import { topLevelSinks } from './top-level-sinks.ts';

/** The HTTP server that `weir flows` asks. */
export interface HttpSettings {
  readonly listen: HttpAddress;
  /** A file with the bearer token that clients need. */
  readonly tokenFile: string | undefined;
  /** Whether browsers get the console. */
  readonly console: boolean;
  /** Further names by which it is asked. */
  readonly names: readonly string[];
  /** The path below which a proxy shows it. */
  readonly basePath: string;
}

/** The API server over HTTPS. */
export interface ApiServerSettings extends TlsSuites {
  readonly port: number;
}

/** The settings of `weir aggregator`: the values of its file. */
export interface AggregatorSettings {
  /** In Proxy mode it forwards the records of each node by themselves. */
  readonly mode: 'Aggregate' | 'Proxy';
  readonly listen: readonly ListenAddress[];
  readonly tls: TlsSettings;
  readonly certificates: CertificateSource;
  /** Of the Service, whose names are in the certificate from the cluster. */
  readonly serviceName: string;
  /** A further name in that certificate. */
  readonly certificateName: string;
  readonly activeTimeoutMs: number;
  readonly inactiveTimeoutMs: number;
  readonly correlationTimeoutMs: number;
  readonly maxFlows: number;
  readonly maxFlowsPerExporter: number;
  readonly pairsOneWayFlows: boolean;
  readonly sessions: SessionBounds;
  readonly kubernetes: AggregatorKubernetesSettings;
  /** Names of address ranges. */
  readonly ranges: readonly NamedRange[];
  readonly stateDirectory: string | undefined;
  readonly clusterId: string;
  readonly sinks: readonly SinkSettings[];
  readonly http: HttpSettings;
  readonly apiServer: ApiServerSettings;
  readonly windowMs: number;
  readonly windowOctets: number;
  readonly metrics: MetricsSettings;
  readonly flowSeries: Required<FlowSeriesOptions>;
  readonly logLevel: LogLevel;
  /** When undefined, the log goes only to standard error. */
  readonly lokiLog: LokiLogSettings | undefined;
}

/**
 * @param defaults values of the command line, for options that the file leaves out
 * @throws {ConfigError} with every problem in the file
 */
export function loadAggregatorSettings(
  text: string,
  file: string,
  defaults: readonly string[] = [],
): Loaded<AggregatorSettings> {
  const bare = unwrapConfigMap(text);
  const config = checkConfig(bare.text, file, aggregatorFile, bare.indent, defaults);
  const notes = aggregatorNotes(config, file);
  return { settings: settingsOf(config.value), notes, values: config.value };
}

/** The settings of an empty file. */
export const defaultAggregatorSettings = (): AggregatorSettings =>
  settingsOf(readSection(aggregatorFile, {}).values);

function settingsOf(file: AggregatorFile): AggregatorSettings {
  const { weir } = file;
  const { window, windowMegabytes, ...http } = weir.http;
  return {
    mode: file.mode === 'Proxy' ? 'Proxy' : 'Aggregate',
    listen: weir.listen ?? listenBy(file.aggregatorTransportProtocol),
    tls: file.tls,
    certificates: certificateSourceOf(file.tls, 'aggregator'),
    serviceName: file.tls.service,
    certificateName: file.flowAggregatorAddress || DEFAULT_NAME,
    activeTimeoutMs: file.activeFlowRecordTimeout,
    inactiveTimeoutMs: file.inactiveFlowRecordTimeout,
    correlationTimeoutMs: weir.correlationTimeout,
    maxFlows: weir.maxFlows,
    maxFlowsPerExporter: weir.maxFlowsPerExporter,
    pairsOneWayFlows: weir.pairOneWayFlows,
    sessions: {
      maxSessions: weir.sessions.max,
      maxAddressOctets: weir.sessions.megabytesPerAddress,
      maxSessionOctets: weir.sessions.megabytes,
    },
    kubernetes: {
      ...weir.kubernetes,
      labels: weir.kubernetes.labels || file.recordContents.podLabels,
      uids: weir.kubernetes.uids || file.flowCollector.includeK8sUIDs,
    },
    ranges: Object.entries(weir.ranges).map(([name, networks]) => ({ name, networks })),
    stateDirectory: weir.stateDirectory,
    clusterId: file.clusterID,
    sinks: sinksOf(file),
    http,
    apiServer: apiServerSettings(file.apiServer),
    windowMs: window,
    windowOctets: windowMegabytes,
    metrics: metricsSettings(weir.metrics, instanceAt(http.listen)),
    flowSeries: flowSeriesSettings({ ...weir.metrics, idleMs: weir.metrics.seriesIdleTimeout }),
    logLevel: weir.logLevel,
    lokiLog: lokiLogSettings(weir.log),
  };
}

function apiServerSettings(section: AggregatorFile['apiServer']): ApiServerSettings {
  const { apiPort: port, tlsMinVersion, tlsCipherSuites = [] } = section;
  return {
    port,
    minVersion: tlsMinVersion === 'VersionTLS13' ? 'VersionTLS13' : 'VersionTLS12',
    cipherSuites: tlsCipherSuites.length === 0 ? undefined : tlsCipherSuites,
  };
}

/** The name that agents expect by default, also when the namespace has another name. */
const DEFAULT_NAME = 'flow-aggregator.flow-aggregator.svc';

const listenBy = (protocol: string): ListenAddress[] =>
  isAvailableTransport(protocol) ? [{ ...defaultListenEnd, host: everyAddress(), protocol }] : [];

function sinksOf(file: AggregatorFile): SinkSettings[] {
  const { recordBufferSize: queueRecords } = file;
  return [
    ...topLevelSinks(file).map((sink) => ({ ...sink, filter: {}, queueRecords })),
    ...file.weir.sinks
      .map(sinkSettings)
      .map((sink) => ({ ...sink, queueRecords: sink.queueRecords ?? queueRecords })),
  ];
}
