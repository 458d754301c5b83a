import { elementNamed, elementOf, type InformationElement } from '../wire/index.ts';

/** The enterprise number of Cisco, whose field types beyond IANA's are its elements. */
const CISCO = 9;
/** Types up to here are IANA's elements (RFC 7012 section 4: those to 127 since NetFlow v9). */
const MAX_IANA_TYPE = 0x7fff;

/** Cisco's own types of the ASA's event log (NSEL), which no registry has. */
const ciscoElements: readonly InformationElement[] = [
  { enterprise: CISCO, id: 232, name: 'ingressAclId', type: 'octetArray' },
  { enterprise: CISCO, id: 233, name: 'egressAclId', type: 'octetArray' },
  { enterprise: CISCO, id: 234, name: 'firewallExtendedEvent', type: 'unsigned16' },
  { enterprise: CISCO, id: 7232, name: 'userName', type: 'string' },
];

/** Types of the ASA's first event logs, by the elements that replaced them. */
const replacedTypes = {
  40001: 'postNATSourceIPv4Address',
  40002: 'postNATDestinationIPv4Address',
  40003: 'postNAPTSourceTransportPort',
  40004: 'postNAPTDestinationTransportPort',
  40005: 'firewallEvent',
} as const;

/** The scopes of options (RFC 3954 section 6.1), by the elements that identify the same. */
const scopeElements = {
  1: 'exportingProcessId',
  2: 'ingressInterface',
  3: 'lineCardId',
  4: 'meteringProcessId',
  5: 'templateId',
} as const;

const byType = new Map<number, InformationElement>([
  ...ciscoElements.map((element) => [element.id | (MAX_IANA_TYPE + 1), element] as const),
  ...Object.entries(replacedTypes).map(([type, name]) => [Number(type), elementNamed(name)!] as const),
]);

const byScope = new Map<number, InformationElement>(
  Object.entries(scopeElements).map(([type, name]) => [Number(type), elementNamed(name)!]),
);

/**
 * The element of a field type. Types above 32767 are Cisco's own: 45004 is its element 12236, as IPFIX from
 * the same devices has it.
 */
export function v9ElementOf(type: number): InformationElement {
  const known = byType.get(type);
  if (known !== undefined) return known;
  return type <= MAX_IANA_TYPE ? elementOf(0, type) : elementOf(CISCO, type & MAX_IANA_TYPE);
}

/** The element of a scope; others than the five are read as field types, as some exporters send them. */
export function scopeElementOf(type: number): InformationElement {
  return byScope.get(type) ?? v9ElementOf(type);
}
