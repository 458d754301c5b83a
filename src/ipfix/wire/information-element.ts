/**
 * Information elements: name and type of a template's (enterprise, id) pairs. Known elements come from the
 * registries, reverse elements are derived, and all others are named by their numbers.
 */
import type { DataType } from './data-type.ts';
import { elementTable } from './element-table.ts';

export interface InformationElement {
  /** Private Enterprise Number; 0 for IANA's own elements. */
  readonly enterprise: number;
  /** 1 to 32767. */
  readonly id: number;
  readonly name: string;
  readonly type: DataType;
}

/** The enterprise number of reverse IANA elements (RFC 5103 section 6.1). */
export const reverseEnterprise = 29305;

/**
 * IANA elements without a reverse (RFC 5103 section 6.1). They are identifiers that belong to no single
 * direction, configuration and statistics of the processes themselves, padding, and biflowDirection.
 */
const irreversible = new Set([
  'flowId',
  'templateId',
  'observationDomainId',
  'commonPropertiesId',
  'exporterIPv4Address',
  'exporterIPv6Address',
  'exporterTransportPort',
  'collectorIPv4Address',
  'collectorIPv6Address',
  'collectorTransportPort',
  'exportInterface',
  'exportProtocolVersion',
  'exportTransportProtocol',
  'flowKeyIndicator',
  'exportedMessageTotalCount',
  'exportedOctetTotalCount',
  'exportedFlowRecordTotalCount',
  'observedFlowTotalCount',
  'ignoredPacketTotalCount',
  'ignoredOctetTotalCount',
  'notSentFlowTotalCount',
  'notSentPacketTotalCount',
  'notSentOctetTotalCount',
  'paddingOctets',
  'biflowDirection',
]);

const byNumber = new Map<number, InformationElement>();
const byName = new Map<string, InformationElement>();

for (const [enterprise, id, name, type] of elementTable) {
  registerElement({ enterprise, id, name, type });
}
for (const [enterprise, id, name, type] of elementTable) {
  if (enterprise === 0 && !irreversible.has(name)) {
    registerElement({ enterprise: reverseEnterprise, id, name: `reverse${capitalisedName(name)}`, type });
  }
}

/** The element with these numbers; an unknown one is named `e<enterprise>id<id>` and holds octets. */
export function elementOf(enterprise: number, id: number): InformationElement {
  return (
    knownElement(enterprise, id) ?? { enterprise, id, name: `e${enterprise}id${id}`, type: 'octetArray' }
  );
}

/** The element with these numbers if a registry has it. */
export function knownElement(enterprise: number, id: number): InformationElement | undefined {
  return byNumber.get(elementKey(enterprise, id));
}

/** The element of this name. When two enterprises share a name, the lower enterprise number wins. */
export function elementNamed(name: string): InformationElement | undefined {
  return byName.get(name);
}

/** One number for both: ids have 15 bits (RFC 7011 section 3.2), so it stays below 2^47. */
export function elementKey(enterprise: number, id: number): number {
  return enterprise * 0x8000 + id;
}

function registerElement(element: InformationElement): void {
  byNumber.set(elementKey(element.enterprise, element.id), element);
  if (!byName.has(element.name)) byName.set(element.name, element);
}

function capitalisedName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
