import type { FilterWords } from '../../flow/index.ts';
import type { FlowLoggerOptions } from '../../forward/index.ts';
import { type HttpAddress, instanceAt } from '../../http/index.ts';
import {
  type CollectorAddress,
  DEFAULT_PORT,
  exportingOptions,
  type ListenAddress,
  type SessionBounds,
} from '../../ipfix/index.ts';
import type { FlowLogOptions } from '../../logs/index.ts';
import type { FlowSeriesOptions } from '../../metrics/index.ts';
import { defaultsOf, type LogLevel, readSection } from '../../runtime/index.ts';
import type { SpoolingOptions } from '../../sinks/index.ts';
import type { Loaded } from './agent-settings.ts';
import { type AggregatorFile, aggregatorFile } from './aggregator-file.ts';
import { aggregatorNotes } from './aggregator-notes.ts';
import { checkConfig } from './checked-config.ts';
import { expectKind, unwrapConfigMap } from './config-file.ts';
import { type ExportingSettings, exportingSettings } from './exporting-settings.ts';
import { lokiSettings, spoolSettings, victoriaLogsSettings } from './flow-log-settings.ts';
import { type LokiLogSettings, lokiLogSettings } from './log-settings.ts';
import { flowSeriesSettings, type MetricsSettings, metricsSettings } from './metrics-settings.ts';

export interface SinkSettings {
  readonly name: string;
  readonly kind:
    | { readonly jsonLines: string }
    | { readonly ipfix: IpfixSinkSettings }
    | { readonly flowLogger: FlowLoggerOptions }
    | { readonly loki: FlowLogOptions }
    | { readonly victoriaLogs: FlowLogOptions };
  readonly filter: FilterWords;
  /** Undefined where the file leaves it to the sink. */
  readonly queueRecords: number | undefined;
}

export interface IpfixSinkSettings {
  readonly collector: CollectorAddress;
  readonly observationDomainId: number | undefined;
  readonly exporting: ExportingSettings;
  readonly spool?: SpoolingOptions | undefined;
}

/** What `weir flows` speaks to. */
export interface HttpSettings {
  readonly listen: HttpAddress;
  /** With the bearer token that whoever asks has to give. */
  readonly tokenFile: string | undefined;
}

/** What `weir aggregator` runs with: the values of its file. */
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

/** @throws {ConfigError} with every problem found */
export function loadAggregatorSettings(text: string, file: string): Loaded<AggregatorSettings> {
  const bare = unwrapConfigMap(text);
  expectKind('aggregator', bare, file);
  const config = checkConfig(bare.text, file, aggregatorFile, bare.indent);
  return { settings: settingsOf(config.value), notes: aggregatorNotes(config, file) };
}

/** The settings of an empty file. */
export const defaultAggregatorSettings = (): AggregatorSettings =>
  settingsOf(readSection(aggregatorFile, {}).values);

function settingsOf(file: AggregatorFile): AggregatorSettings {
  const { weir } = file;
  const { listen, tokenFile, window, windowMegabytes } = weir.http;
  return {
    listen: weir.listen ?? listenBy(file.aggregatorTransportProtocol),
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
    clusterId: file.clusterID,
    sinks: [...collectorSink(file), ...flowLoggerSink(file), ...weirSinks(file)],
    http: { listen, tokenFile },
    windowMs: window,
    windowOctets: windowMegabytes,
    metrics: metricsSettings(weir.metrics, instanceAt(listen)),
    flowSeries: flowSeriesSettings(weir.metrics),
    logLevel: weir.logLevel,
    lokiLog: lokiLogSettings(weir.log),
  };
}

const listenBy = (protocol: string): ListenAddress[] =>
  protocol === 'tcp' || protocol === 'udp' ? [{ host: '0.0.0.0', port: DEFAULT_PORT, protocol }] : [];

/** The reference system's one sink, by its newer keys or the older externalFlowCollectorAddr. */
function collectorSink({
  flowCollector,
  externalFlowCollectorAddr,
  recordBufferSize: queueRecords,
}: AggregatorFile): SinkSettings[] {
  const { address: collector, observationDomainID: observationDomainId } = flowCollector;
  const isOn = flowCollector.enable ?? externalFlowCollectorAddr !== undefined;
  if (!isOn || collector === undefined) return [];
  const exporting = exportingSettings({ ...defaultsOf(exportingOptions), ...flowCollector });
  const ipfix = { collector, observationDomainId, exporting };
  return [{ name: 'flowCollector', kind: { ipfix }, filter: {}, queueRecords }];
}

function flowLoggerSink({ flowLogger, recordBufferSize: queueRecords }: AggregatorFile): SinkSettings[] {
  if (!flowLogger.enable) return [];
  return [{ name: 'flowLogger', kind: { flowLogger }, filter: {}, queueRecords }];
}

function weirSinks({ weir, recordBufferSize }: AggregatorFile): SinkSettings[] {
  return weir.sinks.map(({ name, filter, queueRecords, ...sink }, index) => {
    const kind = kindOf(sink);
    return {
      name: name ?? `${Object.keys(kind)[0]}-${index + 1}`,
      kind,
      filter: filter ?? {},
      queueRecords: queueRecords ?? recordBufferSize,
    };
  });
}

type SinkSection = Pick<
  AggregatorFile['weir']['sinks'][number],
  'jsonLines' | 'ipfix' | 'loki' | 'victoriaLogs'
>;

/** The one of them that the file has, as it has been checked. */
function kindOf({ jsonLines, ipfix, loki, victoriaLogs }: SinkSection): SinkSettings['kind'] {
  if (jsonLines !== undefined) return { jsonLines: jsonLines.path };
  if (loki !== undefined) return { loki: lokiSettings(loki) };
  if (victoriaLogs !== undefined) return { victoriaLogs: victoriaLogsSettings(victoriaLogs) };
  const { address, spool, ...exporting } = ipfix!;
  return {
    ipfix: {
      collector: address,
      observationDomainId: undefined,
      exporting: exportingSettings(exporting),
      spool: spoolSettings(spool),
    },
  };
}
