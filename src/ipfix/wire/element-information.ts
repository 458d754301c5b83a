import { type DataType, dataTypes } from './data-type.ts';
import { valueOfElement } from './element-value.ts';
import { elementNamed, type InformationElement, knownElement } from './information-element.ts';
import type { DataRecord } from './value.ts';

/** IANA elements of a record that describes an element (RFC 5610 section 3). */
const Id = {
  informationElementId: 303,
  informationElementDataType: 339,
  informationElementName: 341,
  privateEnterpriseNumber: 346,
} as const;

/** IANA's numbers of the data types (RFC 5610 section 3.1, RFC 6313, RFC 9740). */
const typesByNumber: readonly DataType[] = [
  ...dataTypes.filter((type) => type !== 'unsigned256'),
  'unsigned256',
];

/** IANA's number of a data type. */
export const numberOfDataType = (type: DataType): number => typesByNumber.indexOf(type);

/**
 * Names as RFC 7012 section 2.3 has them. They become keys, so they keep to letters, digits and a few signs.
 */
const allowedName = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/;

/**
 * The element that an options record describes (RFC 5610); undefined for any other record. A registry's
 * element or name stays what the registry says: an exporter cannot rename it.
 */
export function describedElement(record: DataRecord): InformationElement | undefined {
  const id = valueOfElement(record, Id.informationElementId);
  const enterprise = valueOfElement(record, Id.privateEnterpriseNumber);
  const name = valueOfElement(record, Id.informationElementName);
  if (typeof id !== 'number' || typeof enterprise !== 'number' || typeof name !== 'string') return undefined;
  if (knownElement(enterprise, id & 0x7fff) !== undefined) return undefined;
  if (!allowedName.test(name) || elementNamed(name) !== undefined) return undefined;
  const type =
    typesByNumber[Number(valueOfElement(record, Id.informationElementDataType) ?? 0)] ?? 'octetArray';
  return { enterprise, id: id & 0x7fff, name, type };
}
