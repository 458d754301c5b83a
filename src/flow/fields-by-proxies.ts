/**
 * Fields that an aggregator in Proxy mode adds to each record that it forwards (RFC 7119). They say who
 * exported the record, and on which side of the flow. No agent sends them. The flow table has no place for
 * them.
 */
import { ianaElement } from './element.ts';
import { flowDirections } from './enumerations.ts';
import { type Field, smallField } from './field.ts';

export const fieldsByProxies = {
  originalExporterIP: {
    storage: 'address',
    description: 'address of the exporter of a forwarded record',
    zeroIsAbsent: true,
    elements: [
      ianaElement(403, 'originalExporterIPv4Address', 'ipv4Address'),
      ianaElement(404, 'originalExporterIPv6Address', 'ipv6Address'),
    ],
  },
  originalObservationDomainId: {
    storage: 'unsigned32',
    description: "observation domain of a forwarded record's exporter",
    elements: [ianaElement(405, 'originalObservationDomainId', 'unsigned32')],
  },
  flowDirection: smallField(
    ianaElement(61, 'flowDirection', 'unsigned8'),
    flowDirections,
    'direction of a forwarded record at its node: Egress, or NotApplicable; absent for ingress, which is 0',
  ),
} as const satisfies Record<string, Field>;

/** Their names. */
export const proxyFields = Object.keys(fieldsByProxies) as (keyof typeof fieldsByProxies)[];
