import { agentOptions, deniedOptions, linkCapacities, linkOptions } from '../../exporter/index.ts';
import { tokenFile } from '../../http/index.ts';
import {
  type CollectorAddress,
  collectorAddress,
  DEFAULT_PORT,
  dnsNameOf,
  exportingOptions,
  observationDomains,
  optionsRecordsFlags,
  queueRecords,
  type ServiceName,
} from '../../ipfix/exporting/index.ts';
import { agentKubernetesOptions, certificateSource } from '../../kubernetes/index.ts';
import { logOptions } from '../../logs/process-log/index.ts';
import { metricsListen } from '../../metrics/exposition/index.ts';
import { metricsInstance, otlpOptions } from '../../metrics/telemetry/index.ts';
import {
  asOlderKey,
  customOption,
  flagOption,
  logLevelOption,
  optionSection,
  type SectionValues,
  withOlderKey,
} from '../../runtime/index.ts';
import { exportingTlsOptions } from '../../tls/index.ts';
import { defaultMetrics } from '../default-addresses.ts';

/*
 * The agent's file: the reference system's keys, those of its older layout at the top level, and
 * Weir's own under `weir`. Options stand beside their components. Here stand those of the process as a whole:
 * whether it starts at all, and the collector that it has without a file.
 */

const defaultService: ServiceName = { namespace: 'flow-aggregator', name: 'flow-aggregator' };
const defaultCollector: CollectorAddress = {
  host: dnsNameOf(defaultService),
  port: DEFAULT_PORT,
  protocol: 'tls',
  service: defaultService,
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

/** Keys of the older layout, at the top level. */
const olderOptions = {
  flowCollectorAddr: asOlderKey(exporterOptions.flowCollectorAddr, 'flowExporter.flowCollectorAddr'),
  flowPollInterval: asOlderKey(agentOptions.pollIntervalMs, 'flowExporter.flowPollInterval'),
  activeFlowExportTimeout: asOlderKey(agentOptions.activeTimeoutMs, 'flowExporter.activeFlowExportTimeout'),
  idleFlowExportTimeout: asOlderKey(agentOptions.idleTimeoutMs, 'flowExporter.idleFlowExportTimeout'),
};

const agentMetrics = optionSection('Metrics for Prometheus and OTLP receivers.', {
  listen: metricsListen(defaultMetrics.agent),
  tokenFile,
  instance: metricsInstance('nodeName'),
  otlp: otlpOptions,
});

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
    tls: optionSection('Certificates for a collector over tls.', {
      source: certificateSource,
      ...exportingTlsOptions('agent'),
    }),
    protocolFilter: agentOptions.protocolFilter,
  }),
  ...olderOptions,
  weir: optionSection('Options of Weir.', {
    nodeName: agentOptions.nodeName,
    observationDomainId: observationDomains.agent,
    networkNamespace: agentOptions.networkNamespace,
    stateDirectory: agentOptions.stateDirectory,
    clusterNetworks: agentOptions.clusterNetworks,
    nodeNetworks: agentOptions.nodeNetworks,
    loopback: agentOptions.loopback,
    ownExport: agentOptions.ownExport,
    track: agentOptions.tracking,
    events: agentOptions.events,
    maxConnections: agentOptions.maxConnections,
    queueRecords: queueRecords('agent'),
    optionsRecords: optionsRecordsFlags.agent,
    ...exportingOptions,
    denied: deniedOptions,
    kubernetes: optionSection('Names of Pods on this node, and of Services.', agentKubernetesOptions),
    metrics: agentMetrics,
    linkCapacities,
    links: linkOptions,
    logLevel: logLevelOption,
    log: logOptions,
  }),
});

export type AgentFile = SectionValues<typeof agentFile>;
