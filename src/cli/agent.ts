import { Command } from 'commander';
import { FreedMemory } from '../exporter/index.ts';
import { agentClusterParts } from './cluster-parts.ts';
import { agentFile, formatNote, loadAgentSettings } from './config/for-agent.ts';
import { readConfig, watchConfig } from './config-reload.ts';
import { defaultOption } from './default-option.ts';
import { metricsServers } from './http-parts.ts';
import { MetricsPart } from './metrics-part.ts';
import { Service, untilStopped } from './service.ts';
import { wireAgent } from './wired-agent.ts';
import { wireProcessLog } from './wired-process-log.ts';

/** What may change while it runs: the log level and times, also in the older layout. */
const liveKeys = [
  'weir.logLevel',
  ...['flowPollInterval', 'activeFlowExportTimeout', 'idleFlowExportTimeout'].flatMap((key) => [
    `flowExporter.${key}`,
    key,
  ]),
];

/** `weir agent`: a node's agent, from connections to IPFIX. */
export function agentCommand(): Command {
  return new Command('agent')
    .description("watch this node's connections and send them to a collector as IPFIX")
    .requiredOption('-c, --config <file>', "the agent's configuration")
    .addOption(defaultOption())
    .action(async ({ config, default: defaults }: { config: string; default: string[] }) => {
      const load = loadAgentSettings;
      const file = await readConfig({ kind: 'agent', root: agentFile, path: config, defaults, load });
      const { settings, notes } = file;
      const service = new Service(settings.logLevel);
      const processLog = wireProcessLog(settings.lokiLog, 'weir-agent', service, settings.nodeName);
      for (const note of notes) service.log.warn('configuration', formatNote(note));
      if (settings.stateDirectory === undefined) service.log.info('agent', NO_STATE);
      const cluster = await agentClusterParts(settings, service);
      const agent = wireAgent(settings, service, undefined, cluster);
      const told = { component: 'agent', agent: agent.readings, cluster: agent.cluster } as const;
      const metrics = new MetricsPart(service, settings.metrics, told);
      const servers = metricsServers(settings.metrics, metrics, service);
      const reload = watchConfig(file, { liveKeys, apply: agent.change }, service);
      await service.run(
        [...processLog, ...servers, metrics, ...agent.components, new FreedMemory(service.clock), reload],
        untilStopped(service),
      );
    })
    .addHelpText(
      'after',
      `
It needs root, or the capability CAP_NET_ADMIN. On SIGTERM and Ctrl-C it sends its last records and prints the ledger.

Example:
  weir agent --config /etc/weir/agent.yaml

  with this file:
    flowExporter:
      flowCollectorAddr: "192.0.2.10:4739:tcp"
    weir:
      track: true`,
    );
}

const NO_STATE =
  'the number of packets that passed while no agent ran is unknown: weir.stateDirectory is not set';
