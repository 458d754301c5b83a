import type { FilterWords } from '../../flow/index.ts';
import { type HttpAddress, instanceAt } from '../../http/index.ts';
import {
  type CollectorAddress,
  DEFAULT_PORT,
  type ListenAddress,
  type SessionBounds,
} from '../../ipfix/index.ts';
import type { FlowLogOptions } from '../../logs/index.ts';
import type { FlowSeriesOptions } from '../../metrics/index.ts';
import type { LogLevel } from '../../runtime/index.ts';
import { defaultHttp } from '../default-addresses.ts';
import type { Loaded } from './agent-settings.ts';
import { type AggregatorFile, aggregatorFile } from './aggregator-file.ts';
import { aggregatorNotes } from './aggregator-notes.ts';
import { checkConfig } from './checked-config.ts';
import { expectKind, unwrapConfigMap } from './config-file.ts';
import { type ExportingSettings, exportingSettings } from './exporting-options.ts';
import { lokiSettings, victoriaLogsSettings } from './flow-log-settings.ts';
import { type LokiLogSettings, lokiLogSettings } from './log-settings.ts';
import { flowSeriesSettings, type MetricsSettings, metricsSettings } from './metrics-settings.ts';

export interface SinkSettings {
  readonly name: string;
  readonly kind:
    | { readonly jsonLines: string }
    | { readonly ipfix: IpfixSinkSettings }
    | { readonly loki: FlowLogOptions }
    | { readonly victoriaLogs: FlowLogOptions };
  readonly filter: FilterWords;
  readonly queueRecords: number;
}

export interface IpfixSinkSettings {
  readonly collector: CollectorAddress;
  readonly observationDomainId: number | undefined;
  readonly exporting: ExportingSettings;
}

/** What `weir flows` speaks to. */
export interface HttpSettings {
  readonly listen: HttpAddress;
  /** With the bearer token that whoever asks has to give. */
  readonly tokenFile: string | undefined;
}

/** What `weir aggregator` runs with: the file's options, with the default wherever it has none. */
export interface AggregatorSettings {
  readonly listen: readonly ListenAddress[];
  readonly activeTimeoutMs: number;
  readonly inactiveTimeoutMs: number;
  readonly correlationTimeoutMs: number;
  readonly maxFlows: number;
  readonly maxFlowsPerExporter: number;
  readonly pairsOneWayFlows: boolean;
  readonly sessions: SessionBounds;
  readonly clusterId: string;
  readonly sinks: readonly SinkSettings[];
  readonly http: HttpSettings;
  readonly windowMs: number;
  readonly windowOctets: number;
  readonly metrics: MetricsSettings;
  readonly flowSeries: Required<FlowSeriesOptions>;
  readonly logLevel: LogLevel;
  /** Undefined: the log goes to standard error only. */
  readonly lokiLog: LokiLogSettings | undefined;
}

const DEFAULT_QUEUE = 65_536;

/** @throws {ConfigError} with every problem found */
export function loadAggregatorSettings(text: string, file: string): Loaded<AggregatorSettings> {
  const bare = unwrapConfigMap(text);
  expectKind('aggregator', bare, file);
  const config = checkConfig(bare.text, file, aggregatorFile, bare.indent);
  return { settings: settingsOf(config.value), notes: aggregatorNotes(config, file) };
}

function settingsOf(file: AggregatorFile): AggregatorSettings {
  const { weir } = file;
  return {
    listen: weir.listen ?? listenBy(file.aggregatorTransportProtocol ?? 'tls'),
    activeTimeoutMs: file.activeFlowRecordTimeout ?? file.flowExportInterval ?? 60_000,
    inactiveTimeoutMs: file.inactiveFlowRecordTimeout ?? 90_000,
    correlationTimeoutMs: weir.correlationTimeout ?? 10_000,
    maxFlows: weir.maxFlows ?? 1_000_000,
    maxFlowsPerExporter: weir.maxFlowsPerExporter ?? 200_000,
    pairsOneWayFlows: weir.pairOneWayFlows ?? false,
    sessions: {
      maxSessions: weir.sessions.max ?? 8_192,
      maxAddressOctets: (weir.sessions.megabytesPerAddress ?? 32) * 1_048_576,
      maxSessionOctets: (weir.sessions.megabytes ?? 192) * 1_048_576,
    },
    clusterId: file.clusterID ?? '',
    sinks: [...collectorSink(file), ...weirSinks(file)],
    http: { listen: weir.http.listen ?? defaultHttp, tokenFile: weir.http.tokenFile },
    windowMs: weir.http.window ?? 600_000,
    windowOctets: (weir.http.windowMegabytes ?? 20) * 1_048_576,
    metrics: metricsSettings(weir.metrics, 'aggregator', instanceAt(weir.http.listen ?? defaultHttp)),
    flowSeries: flowSeriesSettings(weir.metrics),
    logLevel: weir.logLevel ?? 'info',
    lokiLog: lokiLogSettings(weir.log),
  };
}

const listenBy = (protocol: string): ListenAddress[] =>
  protocol === 'tcp' || protocol === 'udp' ? [{ host: '0.0.0.0', port: DEFAULT_PORT, protocol }] : [];

/** The reference system's one sink, by its newer keys or the older externalFlowCollectorAddr. */
function collectorSink({
  flowCollector,
  externalFlowCollectorAddr,
  recordBufferSize,
}: AggregatorFile): SinkSettings[] {
  const collector = flowCollector.address ?? externalFlowCollectorAddr;
  const isOn = flowCollector.enable ?? externalFlowCollectorAddr !== undefined;
  if (!isOn || collector === undefined) return [];
  const ipfix = {
    collector,
    observationDomainId: flowCollector.observationDomainID,
    exporting: exportingSettings({
      templateRefreshTimeout: flowCollector.templateRefreshTimeout ?? 600_000,
      maxIPFIXMsgSize: flowCollector.maxIPFIXMsgSize,
    }),
  };
  return [
    { name: 'flowCollector', kind: { ipfix }, filter: {}, queueRecords: recordBufferSize ?? DEFAULT_QUEUE },
  ];
}

function weirSinks({ weir, recordBufferSize }: AggregatorFile): SinkSettings[] {
  return weir.sinks.map(({ name, filter, queueRecords, ...sink }, index) => {
    const kind = kindOf(sink);
    return {
      name: name ?? `${Object.keys(kind)[0]}-${index + 1}`,
      kind,
      filter: filter ?? {},
      queueRecords: queueRecords ?? recordBufferSize ?? DEFAULT_QUEUE,
    };
  });
}

type SinkSection = Pick<
  AggregatorFile['weir']['sinks'][number],
  'jsonLines' | 'ipfix' | 'loki' | 'victoriaLogs'
>;

/** The one of them that the file has, as it has been checked. */
function kindOf({ jsonLines, ipfix, loki, victoriaLogs }: SinkSection): SinkSettings['kind'] {
  if (jsonLines !== undefined) return { jsonLines: jsonLines.path! };
  if (loki !== undefined) return { loki: lokiSettings(loki) };
  if (victoriaLogs !== undefined) return { victoriaLogs: victoriaLogsSettings(victoriaLogs) };
  const { address, ...exporting } = ipfix!;
  return {
    ipfix: {
      collector: address!,
      observationDomainId: undefined,
      exporting: exportingSettings(exporting),
    },
  };
}
