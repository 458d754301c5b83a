import { flowLoggerKind, flowLoggerOptions, ipfixKind } from '../../forward/index.ts';
import { exportingOptions, plainCollectorAddress } from '../../ipfix/index.ts';
import {
  choice,
  defaultsOf,
  duration,
  flag,
  type SectionValues,
  section,
  textOrNone,
} from '../../runtime/index.ts';
import type { SinkSettings } from './sink-options.ts';

/*
 * Sinks of the reference system's files: one of each kind, as a section at the top level. Only `spool` is
 * Weir's own: it stands beside the sink that uses it.
 */

export const sentFormats = ['IPFIX', 'JSON'] as const;
const { observationDomainID, maxIPFIXMsgSize, spool } = ipfixKind.options.shape;

const flowCollector = section('Forward flows to another collector.', {
  enable: flag({
    description: 'send flows to the collector at address',
    derived: 'false; true where externalFlowCollectorAddr is there',
  }),
  address: plainCollectorAddress({ description: 'the collector', olderKey: 'externalFlowCollectorAddr' }),
  observationDomainID,
  recordFormat: choice(sentFormats, {
    description: 'format of the records',
    default: 'IPFIX',
    olderKey: 'recordFormat',
  }),
  templateRefreshTimeout: duration('1s', {
    description: 'UDP: interval at which templates are sent again',
    default: 600_000,
  }),
  maxIPFIXMsgSize,
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
  spool,
});

const flowLogger = section(flowLoggerOptions.description, {
  enable: flag({ description: 'send flows to a file', default: false }),
  ...flowLoggerOptions.shape,
});

export const topLevelSinkOptions = { flowCollector, flowLogger };

interface TopLevelValues {
  readonly flowCollector: SectionValues<typeof flowCollector>;
  readonly flowLogger: SectionValues<typeof flowLogger>;
  readonly externalFlowCollectorAddr: unknown;
}

/** The sinks of those sections that are enabled. */
export function topLevelSinks(file: TopLevelValues): Pick<SinkSettings, 'name' | 'kind' | 'values'>[] {
  const { address } = file.flowCollector;
  const exporting = defaultsOf(exportingOptions);
  const all = [
    {
      isOn: isCollectorOn(file) && address !== undefined,
      kind: ipfixKind,
      name: 'flowCollector',
      values: { ...exporting, ...file.flowCollector },
    },
    { isOn: file.flowLogger.enable, kind: flowLoggerKind, name: 'flowLogger', values: file.flowLogger },
  ];
  return all.filter(({ isOn }) => isOn);
}

export const isCollectorOn = ({ flowCollector: { enable }, ...file }: TopLevelValues): boolean =>
  enable ?? file.externalFlowCollectorAddr !== undefined;
