import type { FilterWords } from '../../flow/index.ts';
import { type CollectorAddress, DEFAULT_PORT, type ListenAddress } from '../../ipfix/index.ts';
import { type CheckedConfig, checkConfig, type LogLevel } from '../../runtime/index.ts';
import type { Loaded } from './agent-settings.ts';
import { type AggregatorFile, aggregatorFile } from './aggregator-file.ts';
import { unwrapConfigMap } from './config-file.ts';
import { type Note, noTls, notYet } from './note.ts';

export interface SinkSettings {
  readonly name: string;
  readonly kind: { readonly jsonLines: string } | { readonly ipfix: IpfixSinkSettings };
  readonly filter: FilterWords;
  readonly queueRecords: number;
}

export interface IpfixSinkSettings {
  readonly collector: CollectorAddress;
  readonly observationDomainId: number | undefined;
  readonly templateRefreshMs: number;
  /** 0: what fits the path. */
  readonly maxMessageOctets: number;
}

/** What `weir aggregator` runs with: the file's options, with the default wherever it has none. */
export interface AggregatorSettings {
  readonly listen: readonly ListenAddress[];
  readonly activeTimeoutMs: number;
  readonly inactiveTimeoutMs: number;
  readonly correlationTimeoutMs: number;
  readonly maxFlows: number;
  readonly clusterId: string;
  readonly sinks: readonly SinkSettings[];
  readonly http: { readonly host: string; readonly port: number };
  readonly windowMs: number;
  readonly windowOctets: number;
  readonly logLevel: LogLevel;
}

const DEFAULT_QUEUE = 65_536;
export const defaultHttp = { host: '127.0.0.1', port: 10349 };

/** @throws {ConfigError} with every problem found */
export function loadAggregatorSettings(text: string, file: string): Loaded<AggregatorSettings> {
  const config = checkConfig(unwrapConfigMap(text).text, file, aggregatorFile);
  return { settings: settingsOf(config.value), notes: notesOn(config, file) };
}

function settingsOf(file: AggregatorFile): AggregatorSettings {
  const { weir } = file;
  return {
    listen: weir.listen ?? listenBy(file.aggregatorTransportProtocol ?? 'tls'),
    activeTimeoutMs: file.activeFlowRecordTimeout ?? file.flowExportInterval ?? 60_000,
    inactiveTimeoutMs: file.inactiveFlowRecordTimeout ?? 90_000,
    correlationTimeoutMs: weir.correlationTimeout ?? 10_000,
    maxFlows: weir.maxFlows ?? 1_000_000,
    clusterId: file.clusterID ?? '',
    sinks: [...collectorSink(file), ...weirSinks(file)],
    http: weir.http.listen ?? defaultHttp,
    windowMs: weir.http.window ?? 600_000,
    windowOctets: (weir.http.windowMegabytes ?? 64) * 1_048_576,
    logLevel: weir.logLevel ?? 'info',
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
  const collector = flowCollector.enable === true ? flowCollector.address : externalFlowCollectorAddr;
  if (collector === undefined || flowCollector.enable === false) return [];
  const ipfix = {
    collector,
    observationDomainId: flowCollector.observationDomainID,
    templateRefreshMs: flowCollector.templateRefreshTimeout ?? 600_000,
    maxMessageOctets: flowCollector.maxIPFIXMsgSize ?? 0,
  };
  return [
    { name: 'flowCollector', kind: { ipfix }, filter: {}, queueRecords: recordBufferSize ?? DEFAULT_QUEUE },
  ];
}

function weirSinks({ weir, recordBufferSize }: AggregatorFile): SinkSettings[] {
  return weir.sinks.map(({ name, jsonLines, ipfix, filter, queueRecords }, index) => ({
    name: name ?? `${jsonLines === undefined ? 'ipfix' : 'jsonLines'}-${index + 1}`,
    kind:
      jsonLines === undefined
        ? {
            ipfix: {
              collector: ipfix!.address!,
              observationDomainId: undefined,
              templateRefreshMs: 600_000,
              maxMessageOctets: 0,
            },
          }
        : { jsonLines: jsonLines.path! },
    filter: filter ?? {},
    queueRecords: queueRecords ?? recordBufferSize ?? DEFAULT_QUEUE,
  }));
}

function notesOn(config: CheckedConfig<AggregatorFile>, file: string): Note[] {
  const { value } = config;
  const notes: Note[] = [];
  const at = (...path: string[]) => ({ file, key: path.join('.'), line: config.lineOf(...path) });
  const stop = (path: string[], text: string, remedy: string) =>
    notes.push({ ...at(...path), text, remedy, stops: true });

  const protocol = value.weir.listen === undefined ? (value.aggregatorTransportProtocol ?? 'tls') : undefined;
  if (protocol === 'none') {
    stop(['aggregatorTransportProtocol'], 'none: no flows would come in', 'Set it to tcp or udp.');
  }
  if (protocol === 'tls') {
    const remedy = 'Set it to tcp, and end flowCollectorAddr of every agent with :tcp.';
    notes.push(noTls(at('aggregatorTransportProtocol'), remedy));
  }

  if (value.mode === 'Proxy') notes.push(notYet(at('mode'), 'Proxy', 'Set it to Aggregate.'));
  for (const sink of ['clickHouse', 's3Uploader', 'flowLogger', 'flowStreamService'] as const) {
    if (value[sink].enable !== true) continue;
    const remedy = `Set ${sink}.enable to false; weir.sinks writes JSON lines and sends IPFIX.`;
    notes.push(notYet(at(sink, 'enable'), sink, remedy));
  }

  const { flowCollector } = value;
  if (
    flowCollector.enable === true &&
    flowCollector.address === undefined &&
    value.externalFlowCollectorAddr === undefined
  ) {
    stop(['flowCollector', 'enable'], 'true, but flowCollector.address is missing', 'Add the address.');
  }
  const forwards = flowCollector.enable === true || value.externalFlowCollectorAddr !== undefined;
  const format =
    flowCollector.recordFormat === undefined ? ['recordFormat'] : ['flowCollector', 'recordFormat'];
  if (forwards && (flowCollector.recordFormat ?? value.recordFormat) === 'JSON') {
    notes.push(
      notYet(
        at(...format),
        'JSON to a collector',
        'Set it to IPFIX; weir.sinks writes JSON lines to a file.',
      ),
    );
  }
  if (flowCollector.enable === true && flowCollector.tls.enable === true) {
    notes.push(noTls(at('flowCollector', 'tls', 'enable'), 'Set it to false.'));
  }
  for (const path of [
    ['recordContents', 'podLabels'],
    ['flowCollector', 'includeK8sUIDs'],
  ]) {
    const on = path[1] === 'podLabels' ? value.recordContents.podLabels : flowCollector.includeK8sUIDs;
    if (on === true) notes.push({ ...at(...path), text: 'records hold no such values yet', stops: false });
  }
  if (config.lineOf('apiServer', 'apiPort') !== undefined) {
    const text = 'that API server is not there yet; /flows and /ledger are at weir.http.listen';
    notes.push({ ...at('apiServer', 'apiPort'), text, stops: false });
  }
  return notes;
}
