import { flowLoggerKind, flowLoggerOptions, ipfixKind } from '../../forward/index.ts';
import {
  type CollectorAddress,
  exportingOptions,
  plainCollectorAddress,
  type TransportName,
} from '../../ipfix/index.ts';
import {
  defaultsOf,
  durationOption,
  flagOption,
  optionSection,
  type SectionValues,
  textOrNoneOption,
  withOlderKey,
} from '../../runtime/index.ts';
import { exportingTlsOptions } from '../../tls/index.ts';
import type { SinkSettings } from './sink-options.ts';

/*
 * Sinks of the reference system's files: one of each kind, as a section at the top level. `spool` and
 * options records are Weir's own: they stand beside the sink that uses them.
 */

const {
  observationDomainID,
  recordFormat,
  maxIPFIXMsgSize,
  optionsRecords,
  statisticsInterval,
  includeK8sNames,
  includeK8sUIDs,
  spool,
} = ipfixKind.options.shape;

const flowCollector = optionSection('Forward flows to another collector.', {
  enable: flagOption({
    description: 'send flows to the collector at address',
    derived: 'false; true where externalFlowCollectorAddr is there',
  }),
  address: plainCollectorAddress({ description: 'the collector', olderKey: 'externalFlowCollectorAddr' }),
  observationDomainID,
  recordFormat: withOlderKey(recordFormat, 'recordFormat'),
  templateRefreshTimeout: durationOption('1s', {
    description: 'UDP: interval at which templates are sent again',
    default: 600_000,
  }),
  maxIPFIXMsgSize,
  optionsRecords,
  statisticsInterval,
  tls: optionSection('TLS to the collector.', {
    enable: flagOption({ description: 'use TLS with an address over tcp', default: false }),
    ...exportingTlsOptions('aggregator'),
    caSecretName: textOrNoneOption({
      description: 'not read: a start with TLS asks for caFile, the file ca.crt of this Secret',
    }),
    clientSecretName: textOrNoneOption({
      description:
        'not read: a start with TLS asks for certFile and keyFile, the files tls.crt and tls.key of this Secret',
    }),
  }),
  includeK8sNames,
  includeK8sUIDs,
  spool,
});

const flowLogger = optionSection(flowLoggerOptions.description, {
  enable: flagOption({ description: 'send flows to a file', default: false }),
  ...flowLoggerOptions.shape,
});

export const topLevelSinkOptions = { flowCollector, flowLogger };

interface TopLevelValues {
  readonly flowCollector: SectionValues<typeof flowCollector>;
  readonly flowLogger: SectionValues<typeof flowLogger>;
  readonly recordContents: { readonly podLabels: boolean };
  readonly externalFlowCollectorAddr: unknown;
}

/** The sinks of those sections that are enabled. */
export function topLevelSinks(file: TopLevelValues): Pick<SinkSettings, 'name' | 'kind' | 'values'>[] {
  const { address, tls } = file.flowCollector;
  const exporting = defaultsOf(exportingOptions);
  const all = [
    {
      isOn: isCollectorOn(file) && address !== undefined,
      kind: ipfixKind,
      name: 'flowCollector',
      values: {
        ...exporting,
        ...file.flowCollector,
        ...file.recordContents,
        address: address && securedBy(tls.enable, address),
      },
    },
    { isOn: file.flowLogger.enable, kind: flowLoggerKind, name: 'flowLogger', values: file.flowLogger },
  ];
  return all.filter(({ isOn }) => isOn);
}

/** The secured transport in place of a plain one. */
const secured: Partial<Record<CollectorAddress['protocol'], TransportName>> = { tcp: 'tls', udp: 'dtls' };

const securedBy = (isEnabled: boolean, address: CollectorAddress): CollectorAddress =>
  isEnabled ? { ...address, protocol: secured[address.protocol] ?? address.protocol } : address;

export const isCollectorOn = ({ flowCollector: { enable }, ...file }: TopLevelValues): boolean =>
  enable ?? file.externalFlowCollectorAddr !== undefined;
