import { Command } from 'commander';
import { aggregatorParts } from './aggregator-parts.ts';
import { formatNote, loadAggregatorSettings, readConfigFile } from './config/index.ts';
import { httpServer, metricsServers, telemetryOf } from './metrics-parts.ts';
import { Service } from './service.ts';
import { refuseToStart } from './start-notes.ts';

/** `weir aggregator`: IPFIX in, correlated and aggregated flows to every sink. */
export function aggregatorCommand(): Command {
  return new Command('aggregator')
    .description('collect the records of all agents, join them, and hand the flows to sinks')
    .requiredOption('-c, --config <file>', "the aggregator's configuration")
    .action(async ({ config }: { config: string }) => {
      const { settings, notes } = loadAggregatorSettings(readConfigFile(config), config);
      refuseToStart(notes);
      const service = new Service(settings.logLevel);
      for (const note of notes) service.log.warn('configuration', formatNote(note));
      const parts = aggregatorParts(settings, service);
      const telemetry = telemetryOf(service, settings.metrics, {
        component: 'aggregator',
        series: parts.series,
        aggregator: parts.readings,
      });
      await service.run([
        ...metricsServers(settings.metrics, telemetry, service),
        httpServer(settings.http, parts.routes, telemetry, service),
        telemetry,
        ...parts.components,
      ]);
    })
    .addHelpText(
      'after',
      `
"weir flows" on the same host shows what passes; http://127.0.0.1:9464/metrics is for Prometheus. SIGTERM and Ctrl-C drain and print the ledger.

Example:
  weir aggregator --config /etc/weir/aggregator.yaml

  with in that file:
    aggregatorTransportProtocol: tcp
    weir:
      sinks:
        - jsonLines: { path: /var/log/weir/flows.jsonl }`,
    );
}
