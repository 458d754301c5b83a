import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ExportConnection, MAX_NFLOG_GROUP } from '../exporter/index.ts';
import { Protocol } from '../flow/index.ts';
import { JsonLines } from '../forward/index.ts';
import { type HttpAddress, type HttpServer, readBasePath, readHttpName, readHttpUrl } from '../http/index.ts';
import { defaultQueueRecords } from '../ipfix/index.ts';
import { FlowLogWorkerSink } from '../logs/index.ts';
import {
  type AgentSettings,
  type AggregatorSettings,
  defaultAgentSettings,
  defaultAggregatorSettings,
  type HttpSettings,
  type MetricsSettings,
} from './config/index.ts';
import { ConsoleNotice, wireConsole } from './console-part.ts';
import { defaultHttp } from './default-addresses.ts';
import { consoleFolder, historyDefault, historyDirectory } from './history-directory.ts';
import { httpAddress } from './http-address-option.ts';
import { httpServer } from './http-parts.ts';
import { KeptHistory } from './kept-history.ts';
import { LiveFlows, LiveScreen } from './live/index.ts';
import { MetricsPart } from './metrics-part.ts';
import { PrivateSocket } from './private-socket.ts';
import { Service } from './service.ts';
import { isColoured } from './standard-output.ts';
import { wireAgent } from './wired-agent.ts';
import { type WiredAggregator, wireAggregator } from './wired-aggregator.ts';

/** Groupings that a host fills without Kubernetes. */
const groupings = ['node', 'workload', 'port', 'external'] as const;

interface UpOptions {
  readonly http: HttpAddress;
  readonly tokenFile?: string;
  readonly console: boolean;
  readonly httpName: readonly string[];
  readonly httpBasePath: string;
  readonly loopback: boolean;
  readonly track: boolean;
  readonly netns?: string;
  readonly denied: readonly number[];
  readonly logs?: string;
  readonly loki?: string;
  /** False for none; true when the command line names none. */
  readonly history: boolean | string;
}

/** `weir up`: agent and aggregator in one process on this host, and their flows live. */
export function upCommand(): Command {
  return new Command('up')
    .description('watch the connections of this host, live')
    .option('--no-loopback', 'leave out connections of this host with itself')
    .option('--no-track', 'do not turn connection tracking on where no firewall rule does')
    .option('--netns <path>', 'watch another network namespace, such as /run/netns/blue')
    .addOption(
      new Option(
        '--denied <group>',
        'also show what the firewall denies: rules log it to this NFLOG group; may be repeated',
      )
        .argParser(addNflogGroup)
        .default([], 'none'),
    )
    .option('--logs <url>', 'also log each flow in this VictoriaLogs or Loki: http://127.0.0.1:9428', logsUrl)
    .option('--loki <url>', 'the same for Loki, without detection of the server', logsUrl)
    .option('--history <directory>', `directory to keep all flows in (${historyDefault})`)
    .option('--no-history', 'do not keep flows on this machine')
    .addOption(
      new Option(
        '--http <address>',
        'answer "weir flows" here, on loopback or on a socket: unix:/run/weir/http.sock',
      )
        .argParser(httpAddress)
        .default(defaultHttp, `${defaultHttp.host}:${defaultHttp.port}`),
    )
    .option('--token-file <file>', 'require the bearer token in this file')
    .option('--no-console', 'do not serve the console for browsers')
    .addOption(
      new Option(
        '--http-name <name>',
        'a name besides localhost by which a proxy on this host asks; may be repeated',
      )
        .argParser(addHttpName)
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--http-base-path <path>',
        'the path below which a proxy shows this server, if it leaves it in requests',
      )
        .argParser(basePath)
        .default('', 'none'),
    )
    .action((options: UpOptions) => watchHost(options))
    .addHelpText(
      'after',
      `
On a terminal it shows a table of the busiest flows. To a file or a program it prints one JSON object for each record.
It needs root. Every user of the host can read its flows, unless --http names a socket or --token-file a token. Ctrl-C ends it and prints
the ledger. http://127.0.0.1:10349/metrics serves flow metrics by ${groupings.join(', ')}.
The console is at the link that it shows, for those who have the link. It keeps flows for seven days, in 1 GiB at most: "weir flows --from history" shows them, also afterwards.

Examples:
  weir up
  weir up --denied 100
  weir up --logs http://127.0.0.1:9428
  weir up | jq 'select(.destinationTransportPort == 443)'`,
    );
}

async function watchHost(options: UpOptions): Promise<void> {
  const terminal = process.stdout.isTTY ? process.stdout : undefined;
  const service = new Service(terminal === undefined ? 'info' : 'warn');
  const socket = new PrivateSocket();
  const live = new LiveFlows(service.clock);
  const sink = terminal === undefined ? new JsonLines('standard output', '-') : live;
  const logs = logSinks(options, service);
  const agent = wireAgent(agentSettings(options, socket.path), service, () => sessionsOf(logs));
  const sinks = [sink, ...logs].map((each) => ({ sink: each }));
  const keepsHistory = options.history !== false;
  const settings = aggregatorSettings(options, socket.path);
  const aggregator = wireAggregator(settings, service, sinks, [], undefined, keepsHistory);
  const metrics = new MetricsPart(service, noMetrics, {
    component: 'up',
    series: aggregator.series,
    aggregator: aggregator.readings,
    agent: agent.readings,
    // The aggregator follows the whole cluster, the agent only its own node.
    cluster: aggregator.cluster,
  });
  const isWatched = terminal !== undefined || process.stderr.isTTY;
  const console = await wireConsole(httpSettings(options), consoleFolder(), isWatched, service);
  const http = httpServer(httpSettings(options), aggregator.routes, metrics, service, console);
  let link: string | undefined;
  const showLink = (text: string) => {
    link = text;
  };
  const screen =
    terminal === undefined ? [] : [liveScreen(terminal, live, http, service, agent.tracking, () => link)];
  const notice =
    console.token === undefined
      ? []
      : [new ConsoleNotice(http, console.token, service, terminal && showLink)];
  const history = keptHistory(options, service, aggregator);
  await service.run([
    ...screen,
    http,
    ...notice,
    metrics,
    socket,
    ...aggregator.components,
    ...history,
    ...agent.components,
  ]);
}

function keptHistory(
  { history }: UpOptions,
  service: Service,
  { keepHistory }: Pick<WiredAggregator, 'keepHistory'>,
): KeptHistory[] {
  if (history === false) return [];
  const directory = typeof history === 'string' ? history : historyDirectory();
  return [new KeptHistory(directory, service, keepHistory)];
}

const httpSettings = (options: UpOptions): HttpSettings => ({
  listen: options.http,
  tokenFile: options.tokenFile,
  console: options.console,
  names: options.httpName,
  basePath: options.httpBasePath,
});

function logSinks({ logs, loki }: UpOptions, service: Service): FlowLogWorkerSink[] {
  return [
    ...(logs === undefined ? [] : [new FlowLogWorkerSink('logs', { url: logs, server: 'detect' }, service)]),
    ...(loki === undefined ? [] : [new FlowLogWorkerSink('loki', { url: loki }, service)]),
  ];
}

/** The pushes of log lines, which would otherwise log themselves for ever. */
const sessionsOf = (logs: readonly FlowLogWorkerSink[]): ExportConnection[] =>
  logs.flatMap(({ connections }) =>
    connections.map((connection) => ({ ...connection, protocol: Protocol.tcp })),
  );

function liveScreen(
  terminal: NodeJS.WriteStream,
  flows: LiveFlows,
  http: HttpServer,
  service: Service,
  tracking: () => string,
  link: () => string | undefined,
): LiveScreen {
  const screen = new LiveScreen(terminal, flows, service.ledger, service.clock, {
    host: hostname(),
    http: () => http.url,
    console: link,
    notice: tracking,
    isColoured: isColoured(terminal),
  });
  service.writeLine = (line) => screen.log(line);
  return screen;
}

/** Its one HTTP server also answers /metrics, with agent and aggregator on one page. */
const noMetrics: MetricsSettings = { listen: undefined, otlp: [], instance: hostname() };

/**
 * Settings that differ from those of an empty file. Short timeouts show flows on the screen within two
 * seconds.
 */
function agentSettings({ loopback, track, netns, denied }: UpOptions, socket: string): AgentSettings {
  return {
    ...defaultAgentSettings(denied),
    collector: { host: socket, port: 0, protocol: 'tcp' },
    pollIntervalMs: 1_000,
    activeTimeoutMs: 1_000,
    networkNamespace: netns,
    loopback,
    track,
    queueRecords: defaultQueueRecords.aggregated,
    metrics: noMetrics,
  };
}

function aggregatorSettings(options: UpOptions, socket: string): AggregatorSettings {
  const byDefault = defaultAggregatorSettings();
  return {
    ...byDefault,
    listen: [{ host: socket, port: 0, protocol: 'tcp' }],
    activeTimeoutMs: 1_000,
    correlationTimeoutMs: 0,
    maxFlowsPerExporter: byDefault.maxFlows, // there is only our own exporter
    http: httpSettings(options),
    windowOctets: 64 * 1024 * 1024,
    metrics: noMetrics,
    flowSeries: { ...byDefault.flowSeries, groupings: [...groupings] },
  };
}

function logsUrl(text: string): string {
  const url = readHttpUrl(text);
  if (url === undefined) throw new InvalidArgumentError('expected a URL such as http://127.0.0.1:9428');
  return url.href;
}

function addNflogGroup(text: string, before: readonly number[]): number[] {
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_NFLOG_GROUP)
    throw new InvalidArgumentError(`expected an NFLOG group from 0 to ${MAX_NFLOG_GROUP}, such as 100`);
  return [...new Set([...before, Number(text)])];
}

function addHttpName(text: string, before: readonly string[]): string[] {
  const name = readHttpName(text);
  if (name === undefined)
    throw new InvalidArgumentError('expected the name of a host such as weir.example.com');
  return [...before, name];
}

function basePath(text: string): string {
  const path = readBasePath(text);
  if (path === undefined) throw new InvalidArgumentError('expected a path such as /weir');
  return path;
}
