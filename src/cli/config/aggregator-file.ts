import { aggregatorOptions, rangesOption, sinkQueueRecords } from '../../aggregator/index.ts';
import { apiServerOptions, windowOptions } from '../../api/index.ts';
import { consoleOption } from '../../console/index.ts';
import { httpBasePath, httpListen, httpNames, tokenFile } from '../../http/index.ts';
import {
  defaultListenEnd,
  defaultQueueRecords,
  listenAddresses,
  sessionOptions,
  stateDirectory,
} from '../../ipfix/index.ts';
import { aggregatorKubernetesOptions, aggregatorService, certificateSource } from '../../kubernetes/index.ts';
import { logOptions } from '../../logs/index.ts';
import {
  asOlderKey,
  choiceOption,
  durationOption,
  flagOption,
  formatHostPort,
  integerOption,
  logLevelOption,
  optionSection,
  type SectionValues,
  textOption,
  textOrNoneOption,
  withOlderKey,
  withoutDefault,
} from '../../runtime/index.ts';
import { collectingTlsOptions } from '../../tls/index.ts';
import { defaultHttp } from '../default-addresses.ts';
import { aggregatorMetrics } from './aggregator-metrics.ts';
import { sinkOptions } from './sink-options.ts';
import { topLevelSinkOptions } from './top-level-sinks.ts';

/*
 * The aggregator's file: the reference system's keys, those of its older layout, and Weir's own under
 * `weir`. Options stand beside their components. Two kinds stand here.
 * Mode and transport are those of the process as a whole. Others are of the reference system and have no
 * component in Weir yet; `weir config check` says so.
 */

const flowCollector = topLevelSinkOptions.flowCollector.shape;
const enableOption = (what: string) => flagOption({ description: `send flows to ${what}`, default: false });

export const aggregatorFile = optionSection('', {
  mode: choiceOption(['Aggregate', 'Proxy'], {
    description:
      'Aggregate joins and aggregates the records of nodes; Proxy names and forwards each by itself',
    default: 'Aggregate',
  }),
  activeFlowRecordTimeout: withOlderKey(aggregatorOptions.activeTimeoutMs, 'flowExportInterval'),
  inactiveFlowRecordTimeout: aggregatorOptions.inactiveTimeoutMs,
  flowExportInterval: asOlderKey(aggregatorOptions.activeTimeoutMs, 'activeFlowRecordTimeout'),
  aggregatorTransportProtocol: choiceOption(['tls', 'dtls', 'tcp', 'udp', 'none'], {
    description: `transport from agents to port ${defaultListenEnd.port}`,
    default: 'tls',
  }),
  tls: optionSection('Certificates for agents over tls and dtls, and who may send.', {
    source: certificateSource,
    service: aggregatorService,
    ...collectingTlsOptions,
  }),
  flowAggregatorAddress: textOrNoneOption({
    description: "a further name or address in the aggregator's certificate",
  }),
  clusterID: aggregatorOptions.clusterId,
  recordBufferSize: withoutDefault(sinkQueueRecords, {
    description: 'maximum number of records that wait for each sink',
    derived: `${sinkQueueRecords.default}; ${defaultQueueRecords.aggregated} for a sink of IPFIX`,
  }),
  recordContents: optionSection('Contents of the records to flowCollector.', {
    podLabels: flagOption({ description: 'labels of both Pods', default: false }),
  }),
  apiServer: optionSection(
    'API server in a cluster, over HTTPS with the certificate of the aggregator. The Kubernetes API says who may read what.',
    apiServerOptions,
  ),
  externalFlowCollectorAddr: asOlderKey(flowCollector.address, 'flowCollector.address; turns that sink on'),
  recordFormat: asOlderKey(flowCollector.recordFormat, 'flowCollector.recordFormat'),
  flowCollector: topLevelSinkOptions.flowCollector,
  clickHouse: optionSection('Write flows to ClickHouse.', {
    enable: enableOption('ClickHouse'),
    database: textOption({ description: 'database', value: 'a name', default: 'default' }),
    databaseURL: textOption({
      description: 'server',
      value: 'a URL',
      default: 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000',
    }),
    debug: flagOption({ description: "the driver's log", default: false }),
    compress: flagOption({ description: 'LZ4', default: true }),
    commitInterval: durationOption('1s', { description: 'time between inserts', default: 8_000 }),
    tls: optionSection('TLS to ClickHouse.', {
      insecureSkipVerify: flagOption({ description: 'trust any certificate', default: false }),
      caCert: flagOption({ description: 'trust the CA of Secret clickhouse-ca', default: false }),
    }),
  }),
  s3Uploader: optionSection('Write flows to S3 objects.', {
    enable: enableOption('S3'),
    bucketName: textOrNoneOption({ description: 'bucket' }),
    bucketPrefix: textOrNoneOption({ description: 'prefix of object names' }),
    region: textOrNoneOption({ description: 'region', default: 'us-west-2' }),
    recordFormat: choiceOption(['CSV'], { description: 'format', default: 'CSV' }),
    compress: flagOption({ description: 'gzip', default: true }),
    maxRecordsPerFile: integerOption(1, 1_000_000_000, {
      description: 'records of an object',
      default: 1_000_000,
    }),
    uploadInterval: durationOption('1s', { description: 'time between uploads', default: 60_000 }),
  }),
  flowLogger: topLevelSinkOptions.flowLogger,
  flowStreamService: optionSection('Stream flows by gRPC.', { enable: enableOption('subscribers') }),
  weir: optionSection('Options of Weir.', {
    listen: listenAddresses({
      description:
        'addresses that receive IPFIX, and over UDP also NetFlow v1, v5, v7 and v9 and sFlow v5, instead of aggregatorTransportProtocol',
      derived: `[AGGREGATORTRANSPORTPROTOCOL://${formatHostPort(defaultListenEnd)}]`,
    }),
    http: optionSection('HTTP server for `weir flows`.', {
      listen: httpListen(
        'address that serves /flows, /ledger, /metrics, /healthz and /readyz; on loopback to every user of the host, on a socket to its owner and group',
        defaultHttp,
      ),
      tokenFile,
      console: consoleOption,
      names: httpNames,
      basePath: httpBasePath,
      ...windowOptions,
    }),
    sinks: sinkOptions,
    metrics: aggregatorMetrics,
    maxFlows: aggregatorOptions.maxFlows,
    maxFlowsPerExporter: aggregatorOptions.maxFlowsPerExporter,
    sessions: optionSection('Limits of incoming IPFIX sessions.', {
      max: sessionOptions.maxSessions,
      megabytesPerAddress: sessionOptions.maxAddressOctets,
      megabytes: sessionOptions.maxSessionOctets,
    }),
    kubernetes: optionSection('Names of Pods, nodes and Services.', aggregatorKubernetesOptions),
    ranges: rangesOption,
    stateDirectory,
    correlationTimeout: aggregatorOptions.correlationWaitMs,
    pairOneWayFlows: aggregatorOptions.pairsOneWayFlows,
    logLevel: logLevelOption,
    log: logOptions,
  }),
});

export type AggregatorFile = SectionValues<typeof aggregatorFile>;
