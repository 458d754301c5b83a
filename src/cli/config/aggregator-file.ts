import { aggregatorOptions } from '../../aggregator/index.ts';
import { flowLoggerOptions } from '../../forward/index.ts';
import type { HttpAddress } from '../../http/index.ts';
import { type CollectorAddress, exportingOptions, sessionOptions } from '../../ipfix/index.ts';
import {
  choice,
  duration,
  flag,
  integer,
  list,
  logLevels,
  megabytes,
  option,
  optional,
  path,
  required,
  type SectionValues,
  section,
  sections,
  text,
  textOrNone,
  withOlderKey,
} from '../../runtime/index.ts';
import { defaultHttp } from '../default-addresses.ts';
import {
  readCollectorAddress,
  readHttpAddress,
  readListenAddress,
  writeHttpAddress,
} from './address-option.ts';
import { filterOption } from './filter-option.ts';
import { lokiSink, spoolSection, victoriaLogsSink } from './flow-log-options.ts';
import { logOptions } from './log-options.ts';
import { aggregatorMetrics, tokenFile } from './metrics-options.ts';

/*
 * The aggregator's file: the reference system's keys, those of its older layout, and Weir's own under
 * `weir`.
 */

const collectorAddress = (description: string, olderKey?: string) =>
  option(
    {
      description,
      value: 'an address as HOST[:PORT][:PROTO], PORT from 1 to 65535, PROTO tcp or udp',
      json: { type: 'string' },
      ...(olderKey === undefined ? {} : { olderKey }),
    },
    (found): CollectorAddress | undefined => {
      const address = readCollectorAddress(found, 'tcp');
      return address?.protocol === 'tcp' || address?.protocol === 'udp' ? address : undefined;
    },
  );

const recordFormats = ['IPFIX', 'JSON'] as const;

const MEBI = 1_048_576;
const tlsVersions = ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'] as const;
const enable = (what: string) => flag({ description: `send flows to ${what}`, default: false });

export const aggregatorFile = section('', {
  mode: choice(['Aggregate', 'Proxy'], {
    description: 'Aggregate joins and aggregates; Proxy hands records on as they come',
    default: 'Aggregate',
  }),
  activeFlowRecordTimeout: withOlderKey(aggregatorOptions.activeTimeoutMs, 'flowExportInterval'),
  inactiveFlowRecordTimeout: aggregatorOptions.inactiveTimeoutMs,
  flowExportInterval: duration('1s', {
    description: 'older name of activeFlowRecordTimeout, used when that is not there',
  }),
  aggregatorTransportProtocol: choice(['tls', 'tcp', 'udp', 'none'], {
    description: 'how agents send to port 4739',
    default: 'tls',
  }),
  flowAggregatorAddress: textOrNone({
    description: "a further name or address in the aggregator's certificate",
  }),
  clusterID: textOrNone({ description: 'name of the cluster in the records', default: '' }),
  recordBufferSize: integer(1, 16_777_216, {
    description: 'records that wait for each sink at most',
    derived: '65536; 262144 for a sink of IPFIX',
  }),
  recordContents: section('What the records hold.', {
    podLabels: flag({ description: 'labels of both Pods', default: false }),
  }),
  apiServer: section("The reference system's API server.", {
    apiPort: integer(1, 65_535, { description: 'its port', default: 10_348 }),
    tlsCipherSuites: textOrNone({ description: 'comma-separated cipher suites' }),
    tlsMinVersion: choice(tlsVersions, { description: 'lowest TLS version' }),
  }),
  externalFlowCollectorAddr: collectorAddress('older name of flowCollector.address; turns that sink on'),
  recordFormat: choice(recordFormats, { description: 'older name of flowCollector.recordFormat' }),
  flowCollector: section('Flows on to another collector.', {
    enable: flag({
      description: 'send flows to the collector at address',
      derived: 'false; true where externalFlowCollectorAddr is there',
    }),
    address: collectorAddress('the collector', 'externalFlowCollectorAddr'),
    observationDomainID: integer(0, 0xffff_ffff, {
      description: 'observation domain of the messages',
      default: 1,
    }),
    recordFormat: choice(recordFormats, {
      description: 'what is sent',
      default: 'IPFIX',
      olderKey: 'recordFormat',
    }),
    templateRefreshTimeout: duration('1s', {
      description: 'UDP: templates are sent again',
      default: 600_000,
    }),
    maxIPFIXMsgSize: exportingOptions.maxIPFIXMsgSize,
    tls: section('TLS to the collector.', {
      enable: flag({ description: 'use TLS', default: false }),
      caSecretName: textOrNone({ description: 'Secret with ca.crt' }),
      serverName: textOrNone({ description: "name in the collector's certificate" }),
      clientSecretName: textOrNone({ description: 'Secret with tls.crt and tls.key' }),
      minVersion: choice(['VersionTLS12', 'VersionTLS13'], {
        description: 'lowest version',
        default: 'VersionTLS12',
      }),
    }),
    includeK8sNames: flag({ description: 'names of Pods, nodes, Services', default: true }),
    includeK8sUIDs: flag({ description: 'their UIDs', default: false }),
  }),
  clickHouse: section('Flows into ClickHouse.', {
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
  s3Uploader: section('Flows into S3 objects.', {
    enable: enable('S3'),
    bucketName: textOrNone({ description: 'bucket' }),
    bucketPrefix: textOrNone({ description: 'beginning of object names' }),
    region: textOrNone({ description: 'region', default: 'us-west-2' }),
    recordFormat: choice(['CSV'], { description: 'format', default: 'CSV' }),
    compress: flag({ description: 'gzip', default: true }),
    maxRecordsPerFile: integer(1, 1_000_000_000, { description: 'records of an object', default: 1_000_000 }),
    uploadInterval: duration('1s', { description: 'time between uploads', default: 60_000 }),
  }),
  flowLogger: flowLoggerOptions,
  flowStreamService: section('Flows as a gRPC stream.', { enable: enable('subscribers') }),
  weir: section("Weir's own.", {
    listen: list(
      {
        description: 'where IPFIX comes in, instead of aggregatorTransportProtocol',
        value: 'a list of addresses such as "tcp://0.0.0.0:4739" or "udp://[::]:4739"',
        derived: '[AGGREGATORTRANSPORTPROTOCOL://0.0.0.0:4739]',
        json: { type: 'string' },
      },
      readListenAddress,
    ),
    http: section('What `weir flows` speaks to.', {
      listen: option(
        {
          description:
            'answers /flows, /ledger, /metrics, /healthz and /readyz; on loopback to every user of the host, on a socket to its owner and group',
          value:
            'a loopback address and port such as "127.0.0.1:10349", or a socket such as "unix:/run/weir/http.sock"',
          default: defaultHttp as HttpAddress,
          json: { type: 'string' },
          write: writeHttpAddress,
        },
        readHttpAddress,
      ),
      tokenFile,
      window: duration('1s', { description: 'how long flows are kept for /flows', default: 600_000 }),
      windowMegabytes: megabytes(65_536, { description: 'memory for them at most', default: 20 * MEBI }),
    }),
    sinks: sections(
      'Where flows go, besides flowCollector; each has a queue of its own.',
      {
        name: text({
          description: 'names the sink in the ledger',
          value: 'a name',
          derived: 'its kind and number',
        }),
        jsonLines: optional(
          section('One JSON object a line.', {
            path: required(
              path('append', {
                description: 'file to append to; "-" is standard output',
                value: 'a path or "-"',
              }),
            ),
          }),
        ),
        ipfix: optional(
          section('IPFIX.', {
            address: required(collectorAddress('the collector')),
            ...exportingOptions,
            spool: spoolSection('Where records wait on disk while the collector is away.'),
          }),
        ),
        loki: optional(lokiSink),
        victoriaLogs: optional(victoriaLogsSink),
        filter: filterOption('only flows for which these hold'),
        queueRecords: integer(1, 16_777_216, {
          description: 'records that wait for it at most',
          derived: 'recordBufferSize',
        }),
      },
      ({ name, jsonLines, ipfix, loki, victoriaLogs }, earlier) => {
        const kinds = [jsonLines, ipfix, loki, victoriaLogs].filter((kind) => kind !== undefined);
        if (kinds.length !== 1) return 'exactly one of jsonLines, ipfix, loki, victoriaLogs';
        if (name !== undefined && earlier.some((other) => other.name === name))
          return { key: 'name', expected: 'a name that no sink before has' };
        const directory = spoolOf({ ipfix, loki, victoriaLogs });
        if (directory !== undefined && earlier.some((other) => spoolOf(other) === directory))
          return 'a spool directory that no sink before has';
        return undefined;
      },
    ),
    metrics: aggregatorMetrics,
    maxFlows: aggregatorOptions.maxFlows,
    maxFlowsPerExporter: aggregatorOptions.maxFlowsPerExporter,
    sessions: section('Bounds of the sessions over which IPFIX comes in.', {
      max: sessionOptions.maxSessions,
      megabytesPerAddress: sessionOptions.maxAddressOctets,
      megabytes: sessionOptions.maxSessionOctets,
    }),
    correlationTimeout: aggregatorOptions.correlationWaitMs,
    pairOneWayFlows: aggregatorOptions.pairsOneWayFlows,
    logLevel: choice(logLevels, { description: 'what is logged: this and above', default: 'info' }),
    log: logOptions,
  }),
});

type Spooling = { readonly spool: { readonly directory?: string | undefined } | undefined };

const spoolOf = ({
  ipfix,
  loki,
  victoriaLogs,
}: {
  readonly ipfix?: Spooling | undefined;
  readonly loki?: Spooling | undefined;
  readonly victoriaLogs?: Spooling | undefined;
}): string | undefined => (ipfix ?? loki ?? victoriaLogs)?.spool?.directory;

export type AggregatorFile = SectionValues<typeof aggregatorFile>;
