import { join } from 'node:path';
import { Command } from 'commander';
import { apiServer } from './api-server.ts';
import { aggregatorIdentity } from './cluster-parts.ts';
import { aggregatorFile, formatNote, loadAggregatorSettings } from './config/index.ts';
import { readConfig, watchConfig } from './config-reload.ts';
import { ConsoleNotice, wireConsole } from './console-part.ts';
import { defaultOption } from './default-option.ts';
import { httpServer, metricsServers } from './http-parts.ts';
import { MetricsPart } from './metrics-part.ts';
import { isInPod } from './pod.ts';
import { Service, untilStopped } from './service.ts';
import { wireAggregator } from './wired-aggregator.ts';
import { wireProcessLog } from './wired-process-log.ts';

/** What may change while it runs: the log level, timeouts, labels of Pods, and what the sinks are made of. */
const liveKeys = [
  'weir.logLevel',
  'activeFlowRecordTimeout',
  'inactiveFlowRecordTimeout',
  'weir.correlationTimeout',
  'weir.kubernetes.labels',
  'weir.kubernetes.omitLabels',
  'weir.sinks',
  'flowCollector',
  'flowLogger',
  'recordContents',
  'recordBufferSize',
  'externalFlowCollectorAddr',
  'recordFormat',
];

/** `weir aggregator`: from IPFIX to correlated and aggregated flows in every sink. */
export function aggregatorCommand(): Command {
  return new Command('aggregator')
    .description('collect the records of all agents, join them, and pass the flows to sinks')
    .requiredOption('-c, --config <file>', "the aggregator's configuration")
    .addOption(defaultOption())
    .action(async ({ config, default: defaults }: { config: string; default: string[] }) => {
      const load = loadAggregatorSettings;
      const file = await readConfig({
        kind: 'aggregator',
        root: aggregatorFile,
        path: config,
        defaults,
        load,
      });
      const { settings, notes } = file;
      const service = new Service(settings.logLevel);
      const processLog = wireProcessLog(settings.lokiLog, 'weir-aggregator', service);
      for (const note of notes) service.log.warn('configuration', formatNote(note));
      const identity = await aggregatorIdentity(settings, service);
      const aggregator = wireAggregator(settings, service, [], [], identity);
      const { api, routes, series, readings, cluster } = aggregator;
      const told = { component: 'aggregator', series, aggregator: readings, cluster } as const;
      const metrics = new MetricsPart(service, settings.metrics, told);
      const { stateDirectory } = settings;
      const folder = stateDirectory === undefined ? undefined : join(stateDirectory, 'console');
      const console = await wireConsole(settings.http, folder, false, service);
      const http = httpServer(settings.http, routes, metrics, service, console);
      const servers = [
        ...metricsServers(settings.metrics, metrics, service),
        http,
        ...(console.token === undefined ? [] : [new ConsoleNotice(http, console.token, service)]),
      ];
      const reload = watchConfig(file, { liveKeys, apply: aggregator.change }, service);
      const ofCluster = isInPod() ? [await apiServer(settings, identity, { api, metrics, service })] : [];
      await service.run(
        [...processLog, ...servers, metrics, ...aggregator.components, ...ofCluster, reload],
        untilStopped(service),
      );
    })
    .addHelpText(
      'after',
      `
"weir flows" on the same host shows the flows. Prometheus scrapes http://127.0.0.1:9464/metrics. On SIGTERM and Ctrl-C it sends its last
records and prints the ledger.

Example:
  weir aggregator --config /etc/weir/aggregator.yaml

  with this file:
    aggregatorTransportProtocol: tcp
    weir:
      sinks:
        - jsonLines: { path: /var/log/weir/flows.jsonl }`,
    );
}
