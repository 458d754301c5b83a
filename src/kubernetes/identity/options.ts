import { choiceOption, textOption } from '../../runtime/index.ts';

export const certificateSources = ['files', 'cluster'] as const;
export type CertificateSource = (typeof certificateSources)[number];

/** Where a process has its certificates from. */
export const certificateSource = choiceOption(certificateSources, {
  description:
    'where the certificates are: in the files, or in Secrets of the cluster, which the aggregator makes and replaces',
  derived: 'cluster in a Pod, unless caFile, certFile or keyFile is named; files elsewhere',
});

/** The Service of an aggregator in a cluster. */
export const aggregatorService = textOption({
  description:
    'name of the Service of this aggregator: its DNS names are in the certificate from the cluster',
  value: 'a name',
  default: 'flow-aggregator',
});
