import {
  exportingOptions,
  exportingSettings,
  isSecured,
  observationDomains,
  optionsRecordsFlags,
  plainCollectorAddress,
  recordFormats,
} from '../../ipfix/index.ts';
import { choiceOption, flagOption, optionSection, requiredOption } from '../../runtime/index.ts';
import { type SinkKind, SpoolingSink, spoolOptions, spoolSettings } from '../../sinks/index.ts';
import { exportingTlsOptions, type TlsPaths } from '../../tls/index.ts';
import { IpfixSink } from './ipfix-sink.ts';

const options = optionSection('Records for another collector, as IPFIX or JSON.', {
  address: requiredOption(plainCollectorAddress({ description: 'the collector' })),
  observationDomainID: observationDomains.aggregated,
  recordFormat: choiceOption(recordFormats, {
    description:
      'format of the records; JSON is an object a line over TCP, and an object a datagram over UDP',
    default: 'IPFIX',
  }),
  includeK8sNames: flagOption({
    description: 'names of Pods, namespaces, nodes, Services, policies and Egresses',
    default: true,
  }),
  includeK8sUIDs: flagOption({
    description:
      'elements for UIDs: of Pods, nodes and Services with weir.kubernetes.uids, else zero; JSON has none',
    default: false,
  }),
  podLabels: flagOption({ description: 'labels of both Pods', default: true }),
  optionsRecords: optionsRecordsFlags.aggregated,
  ...exportingOptions,
  tls: optionSection('Certificates for a collector over tls.', exportingTlsOptions('aggregator')),
  spool: spoolOptions('Disk space for records while the collector is away.'),
});

/** Many collectors ask for no certificate: without the files, it shows none. */
const withoutNeed = <T extends TlsPaths>(tls: T) => ({ ...tls, isCertificateOptional: true });

export const ipfixKind: SinkKind<typeof options.shape> = {
  key: 'ipfix',
  takesHalves: true,
  options,
  path: ({ spool }) => spool?.directory,
  tlsPaths: ({ address, tls }) => (isSecured(address) ? withoutNeed(tls) : undefined),
  make(name, values, { queueRecords, isProxy = false, ...parts }) {
    const { address, tls, observationDomainID: observationDomainId, recordFormat: format, spool } = values;
    const { includeK8sNames: names, includeK8sUIDs: uids, podLabels } = values;
    const contents = { names, uids, podLabels };
    const settings = {
      address,
      tls: withoutNeed(tls),
      observationDomainId,
      format,
      contents,
      records: isProxy ? ('proxied' as const) : ('aggregated' as const),
      ...exportingSettings(values, values.optionsRecords),
      ...parts,
    };
    if (spool !== undefined)
      return new SpoolingSink(new IpfixSink(name, settings), spoolSettings(spool), parts);
    // The sink accepts all at once: records for its collector wait in the Exporting Process.
    const queue = queueRecords === undefined ? {} : { maxQueueRecords: queueRecords };
    return new IpfixSink(name, { ...settings, ...queue });
  },
};
