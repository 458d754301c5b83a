/** The abstract data types of RFC 7012 section 3.1, of RFC 6313 (lists) and of RFC 9740 (unsigned256). */
export const dataTypes = [
  'octetArray',
  'unsigned8',
  'unsigned16',
  'unsigned32',
  'unsigned64',
  'unsigned256',
  'signed8',
  'signed16',
  'signed32',
  'signed64',
  'float32',
  'float64',
  'boolean',
  'macAddress',
  'string',
  'dateTimeSeconds',
  'dateTimeMilliseconds',
  'dateTimeMicroseconds',
  'dateTimeNanoseconds',
  'ipv4Address',
  'ipv6Address',
  'basicList',
  'subTemplateList',
  'subTemplateMultiList',
] as const;

export type DataType = (typeof dataTypes)[number];

/** The field length in a template that means "each record has its own length" (RFC 7011 section 7). */
export const variableLength = 65535;

const naturalLengths: Record<DataType, number> = {
  octetArray: variableLength,
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  unsigned256: 32,
  signed8: 1,
  signed16: 2,
  signed32: 4,
  signed64: 8,
  float32: 4,
  float64: 8,
  boolean: 1,
  macAddress: 6,
  string: variableLength,
  dateTimeSeconds: 4,
  dateTimeMilliseconds: 8,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
  ipv4Address: 4,
  ipv6Address: 16,
  basicList: variableLength,
  subTemplateList: variableLength,
  subTemplateMultiList: variableLength,
};

/** Octets of a value of this type without reduced-size encoding; `variableLength` for text and lists. */
export function naturalLength(type: DataType): number {
  return naturalLengths[type];
}

/**
 * Whether this many octets can hold a value of this type. Integers and floats may be shortened (RFC 7011
 * section 6.2). Integers longer than their type are not allowed but unambiguous, and are read.
 */
export function isReadableLength(type: DataType, octets: number): boolean {
  if (octets === variableLength || naturalLengths[type] === variableLength) return true;
  if (isIntegerType(type)) return octets >= 1 && octets <= 32;
  if (type === 'float64') return octets === 8 || octets === 4;
  if (type === 'dateTimeMilliseconds' || type === 'dateTimeSeconds') return octets >= 1 && octets <= 8;
  return octets === naturalLengths[type];
}

const integerTypes: ReadonlySet<DataType> = new Set(
  dataTypes.filter((type) => type.startsWith('unsigned') || type.startsWith('signed')),
);

/** Whether the type is one of the unsigned or signed integers. */
export function isIntegerType(type: DataType): boolean {
  return integerTypes.has(type);
}
