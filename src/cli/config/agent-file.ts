import { agentOptions, deniedOptions, linkCapacities, linkOptions } from '../../exporter/index.ts';
import { parseAddressRange } from '../../flow/index.ts';
import {
  type CollectorAddress,
  collectorAddress,
  exportingOptions,
  queueRecords,
} from '../../ipfix/index.ts';
import { logOptions } from '../../logs/index.ts';
import {
  choiceOption,
  customOption,
  durationOption,
  flagOption,
  inAnyCase,
  integerOption,
  listOption,
  logLevels,
  optionSection,
  pathOption,
  type SectionValues,
  textOption,
  withOlderKey,
} from '../../runtime/index.ts';
import { agentMetrics } from './metrics-options.ts';

/*
 * The agent's file: the reference system's keys, those of its older layout at the top level, and
 * Weir's own under `weir`.
 */

const protocolNames = ['tcp', 'udp', 'sctp'];

const defaultCollector: CollectorAddress = {
  host: 'flow-aggregator.flow-aggregator.svc',
  port: 4739,
  protocol: 'tls',
};

/** Keys of the older layout, at the top level. */
const olderOptions = {
  flowCollectorAddr: collectorAddress({ description: 'older key of flowExporter.flowCollectorAddr' }),
  flowPollInterval: durationOption('1s', { description: 'older key of flowExporter.flowPollInterval' }),
  activeFlowExportTimeout: durationOption('1s', {
    description: 'older key of flowExporter.activeFlowExportTimeout',
  }),
  idleFlowExportTimeout: durationOption('1s', {
    description: 'older key of flowExporter.idleFlowExportTimeout',
  }),
};

const exporterOptions = {
  flowCollectorAddr: collectorAddress({
    description:
      'collector for IPFIX; HOST is a name, an IPv4 address, an IPv6 address in brackets or namespace/service',
    default: defaultCollector,
    olderKey: 'flowCollectorAddr',
  }),
  flowPollInterval: withOlderKey(agentOptions.pollIntervalMs, 'flowPollInterval'),
  activeFlowExportTimeout: withOlderKey(agentOptions.activeTimeoutMs, 'activeFlowExportTimeout'),
  idleFlowExportTimeout: withOlderKey(agentOptions.idleTimeoutMs, 'idleFlowExportTimeout'),
};

const addressRanges = (description: string) =>
  listOption(
    { description, value: 'a list of CIDRs, such as "10.0.0.0/8"', json: { type: 'string' } },
    (found) => (typeof found === 'string' && parseAddressRange(found) !== undefined ? found : undefined),
  );

export const agentFile = optionSection('', {
  featureGates: customOption(
    {
      description: 'FlowExporter: false keeps the agent from starting; other features are ignored',
      value: 'a map of feature names to true or false',
      json: { type: 'object', additionalProperties: { type: 'boolean' } },
    },
    (found): Readonly<Record<string, boolean>> | undefined => {
      if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
      const areSwitches = Object.values(found).every((value) => typeof value === 'boolean');
      return areSwitches ? (found as Record<string, boolean>) : undefined;
    },
  ),
  flowExporter: optionSection('Export: destination, timing and filter.', {
    enable: flagOption({ description: 'false keeps the agent from starting', default: true }),
    ...exporterOptions,
    protocolFilter: listOption(
      {
        description: 'export only connections of these protocols; by default all; an empty list exports none',
        names: protocolNames,
        value: `a list of ${protocolNames.join(', ')}`,
        json: { type: 'string', pattern: `^(${protocolNames.map(inAnyCase).join('|')})$` },
      },
      (found) => protocolNames.find((name) => name === String(found).toLowerCase()),
    ),
  }),
  ...olderOptions,
  weir: optionSection('Options of Weir.', {
    nodeName: textOption({
      description: 'name of this node in records',
      value: 'a name',
      derived: "the host's name",
    }),
    observationDomainId: integerOption(1, 0xffff_ffff, {
      description: 'observation domain of the IPFIX messages',
      derived: "derived from the node's name",
    }),
    networkNamespace: pathOption('open', {
      description: 'watch the network namespace of this file, e.g. /run/netns/blue',
      value: 'the path of a file',
      derived: "the agent's own",
    }),
    stateDirectory: pathOption('make', {
      description:
        'directory for the state that the next agent needs to count packets that passed while none ran; without it, that number is unknown',
      value: 'the path of a directory',
    }),
    clusterNetworks: addressRanges(
      'addresses of the workloads of all nodes; all other addresses are external',
    ),
    nodeNetworks: addressRanges('addresses of the workloads of this node'),
    loopback: agentOptions.loopback,
    ownExport: flagOption({
      description: "also export the agent's own connection to its collector",
      default: false,
    }),
    track: agentOptions.tracking,
    events: agentOptions.events,
    maxConnections: agentOptions.maxConnections,
    queueRecords: queueRecords('agent'),
    ...exportingOptions,
    denied: deniedOptions,
    metrics: agentMetrics,
    linkCapacities,
    links: linkOptions,
    logLevel: choiceOption(logLevels, { description: 'lowest level to log', default: 'info' }),
    log: logOptions,
  }),
});

export type AgentFile = SectionValues<typeof agentFile>;
