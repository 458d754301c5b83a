import { type FieldName, fieldNames, fieldOf } from '../fields.ts';

/** What of a flow has an identity: its two ends, and the Service that the source asked for. */
export type Identity = 'source' | 'destination' | 'service';

/** The names of fields about them. A field that is added to the table belongs to its end by its name. */
const patterns: Readonly<Record<Identity, RegExp>> = {
  source: /^(source|egress(?!Interface|VRF)|proxySnat)/,
  destination: /^(destination(?!Service)|ingress(?!Interface|VRF))/,
  service: /^destinationService/,
};

/** Addresses, names, labels and ids say who it is. Ports, actions and counters do not. */
const isIdentity = (name: FieldName): boolean => ['address', 'string'].includes(fieldOf(name).storage);

const fieldsOf = (identity: Identity): readonly FieldName[] =>
  fieldNames.filter((name) => patterns[identity].test(name) && isIdentity(name));

/** The fields that say who an end or the Service is. */
export const identityFields: Readonly<Record<Identity, readonly FieldName[]>> = {
  source: fieldsOf('source'),
  destination: fieldsOf('destination'),
  service: fieldsOf('service'),
};

/**
 * The fields that say which node let a flow from outside in for another node, and its address. They stand
 * with the source, whose own address says who it is.
 */
export const entryFields: readonly FieldName[] = ['sourceNodeName', 'proxySnatIP'];

/** The fields that say which node exported a forwarded record: that of either end. */
export const exporterFields: readonly FieldName[] = ['originalExporterIP', 'originalObservationDomainId'];
