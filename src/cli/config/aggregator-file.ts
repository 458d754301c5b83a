import { aggregatorOptions, sinkQueueRecords } from '../../aggregator/index.ts';
import { httpListen, tokenFile } from '../../http/index.ts';
import {
  defaultQueueRecords,
  listenAddresses,
  plainCollectorAddress,
  sessionOptions,
} from '../../ipfix/index.ts';
import { logOptions } from '../../logs/index.ts';
import {
  choice,
  duration,
  flag,
  integer,
  logLevels,
  type SectionValues,
  section,
  text,
  textOrNone,
  withOlderKey,
  withoutDefault,
} from '../../runtime/index.ts';
import { defaultHttp } from '../default-addresses.ts';
import { windowOptions } from '../flows-api/index.ts';
import { aggregatorMetrics } from './metrics-options.ts';
import { sinkOptions } from './sink-options.ts';
import { sentFormats, topLevelSinkOptions } from './top-level-sinks.ts';

/*
 * The aggregator's file: the reference system's keys, those of its older layout, and Weir's own under
 * `weir`.
 */

const tlsVersions = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'] as const;
const enable = (what: string) => flag({ description: `send flows to ${what}`, default: false });

export const aggregatorFile = section('', {
  mode: choice(['Aggregate', 'Proxy'], {
    description: 'Aggregate joins and aggregates records; Proxy forwards them unchanged',
    default: 'Aggregate',
  }),
  activeFlowRecordTimeout: withOlderKey(aggregatorOptions.activeTimeoutMs, 'flowExportInterval'),
  inactiveFlowRecordTimeout: aggregatorOptions.inactiveTimeoutMs,
  flowExportInterval: duration('1s', {
    description: 'older name of activeFlowRecordTimeout, used when that is absent',
  }),
  aggregatorTransportProtocol: choice(['tls', 'tcp', 'udp', 'none'], {
    description: 'transport from agents to port 4739',
    default: 'tls',
  }),
  flowAggregatorAddress: textOrNone({
    description: "a further name or address in the aggregator's certificate",
  }),
  clusterID: textOrNone({ description: 'name of the cluster in the records', default: '' }),
  recordBufferSize: withoutDefault(sinkQueueRecords, {
    description: 'maximum number of records that wait for each sink',
    derived: `${sinkQueueRecords.default}; ${defaultQueueRecords.aggregated} for a sink of IPFIX`,
  }),
  recordContents: section('Contents of the records.', {
    podLabels: flag({ description: 'labels of both Pods', default: false }),
  }),
  apiServer: section("The reference system's API server.", {
    apiPort: integer(1, 65_535, { description: 'its port', default: 10_348 }),
    tlsCipherSuites: textOrNone({ description: 'comma-separated cipher suites' }),
    tlsMinVersion: choice(tlsVersions, { description: 'lowest TLS version' }),
  }),
  externalFlowCollectorAddr: plainCollectorAddress({
    description: 'older name of flowCollector.address; turns that sink on',
  }),
  recordFormat: choice(sentFormats, { description: 'older name of flowCollector.recordFormat' }),
  flowCollector: topLevelSinkOptions.flowCollector,
  clickHouse: section('Write flows to ClickHouse.', {
    enable: enable('ClickHouse'),
    database: text({ description: 'database', value: 'a name', default: 'default' }),
    databaseURL: text({
      description: 'server',
      value: 'a URL',
      default: 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000',
    }),
    debug: flag({ description: "the driver's log", default: false }),
    compress: flag({ description: 'LZ4', default: true }),
    commitInterval: duration('1s', { description: 'time between inserts', default: 8_000 }),
    tls: section('TLS to ClickHouse.', {
      insecureSkipVerify: flag({ description: 'trust any certificate', default: false }),
      caCert: flag({ description: 'trust the CA of Secret clickhouse-ca', default: false }),
    }),
  }),
  s3Uploader: section('Write flows to S3 objects.', {
    enable: enable('S3'),
    bucketName: textOrNone({ description: 'bucket' }),
    bucketPrefix: textOrNone({ description: 'prefix of object names' }),
    region: textOrNone({ description: 'region', default: 'us-west-2' }),
    recordFormat: choice(['CSV'], { description: 'format', default: 'CSV' }),
    compress: flag({ description: 'gzip', default: true }),
    maxRecordsPerFile: integer(1, 1_000_000_000, { description: 'records of an object', default: 1_000_000 }),
    uploadInterval: duration('1s', { description: 'time between uploads', default: 60_000 }),
  }),
  flowLogger: topLevelSinkOptions.flowLogger,
  flowStreamService: section('Stream flows by gRPC.', { enable: enable('subscribers') }),
  weir: section('Options of Weir.', {
    listen: listenAddresses({
      description: 'addresses that receive IPFIX, instead of aggregatorTransportProtocol',
      derived: '[AGGREGATORTRANSPORTPROTOCOL://0.0.0.0:4739]',
    }),
    http: section('HTTP server for `weir flows`.', {
      listen: httpListen(
        'address that serves /flows, /ledger, /metrics, /healthz and /readyz; on loopback to every user of the host, on a socket to its owner and group',
        defaultHttp,
      ),
      tokenFile,
      ...windowOptions,
    }),
    sinks: sinkOptions,
    metrics: aggregatorMetrics,
    maxFlows: aggregatorOptions.maxFlows,
    maxFlowsPerExporter: aggregatorOptions.maxFlowsPerExporter,
    sessions: section('Limits of incoming IPFIX sessions.', {
      max: sessionOptions.maxSessions,
      megabytesPerAddress: sessionOptions.maxAddressOctets,
      megabytes: sessionOptions.maxSessionOctets,
    }),
    correlationTimeout: aggregatorOptions.correlationWaitMs,
    pairOneWayFlows: aggregatorOptions.pairsOneWayFlows,
    logLevel: choice(logLevels, { description: 'lowest level to log', default: 'info' }),
    log: logOptions,
  }),
});

export type AggregatorFile = SectionValues<typeof aggregatorFile>;
