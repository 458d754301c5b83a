import {
  exportingOptions,
  exportingSettings,
  isSecured,
  observationDomains,
  plainCollectorAddress,
} from '../../ipfix/index.ts';
import { optionSection, requiredOption } from '../../runtime/index.ts';
import { type SinkKind, SpoolingSink, spoolOptions, spoolSettings } from '../../sinks/index.ts';
import { exportingTlsOptions } from '../../tls/index.ts';
import { IpfixSink } from './ipfix-sink.ts';

const options = optionSection('IPFIX.', {
  address: requiredOption(plainCollectorAddress({ description: 'the collector' })),
  observationDomainID: observationDomains.aggregated,
  ...exportingOptions,
  tls: optionSection('Certificates for a collector over tls.', exportingTlsOptions('aggregator')),
  spool: spoolOptions('Disk space for records while the collector is away.'),
});

export const ipfixKind: SinkKind<typeof options.shape> = {
  key: 'ipfix',
  options,
  path: ({ spool }) => spool?.directory,
  tlsPaths: ({ address, tls }) => (isSecured(address) ? tls : undefined),
  make(name, values, { queueRecords, ...parts }) {
    const { address, tls, observationDomainID: observationDomainId, spool, ...exporting } = values;
    const settings = { address, tls, observationDomainId, ...exportingSettings(exporting), ...parts };
    if (spool !== undefined)
      return new SpoolingSink(new IpfixSink(name, settings), spoolSettings(spool), parts);
    // The sink accepts all at once: records for its collector wait in the Exporting Process.
    const queue = queueRecords === undefined ? {} : { maxQueueRecords: queueRecords };
    return new IpfixSink(name, { ...settings, ...queue });
  },
};
