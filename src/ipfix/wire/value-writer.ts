import { parseIP, parseMac } from './address-text.ts';
import { ByteWriter, variableOctets } from './byte-writer.ts';
import { isIntegerType, naturalLength, variableLength } from './data-type.ts';
import { ntpOfUnixNanoseconds } from './ntp-time.ts';
import type { TemplateField } from './template.ts';
import type { BasicList, DataRecord, SubTemplateList, SubTemplateMultiList, Value } from './value.ts';

const utf8 = new TextEncoder();

/**
 * The octets of one record, the reverse of the record reader. For rare records, such as options; the column
 * writer writes flows. A value that its field cannot hold is the caller's mistake: it throws a RangeError
 * that names the field.
 */
export function encodeRecord({ template, values }: DataRecord): Uint8Array {
  return joinedOctets(template.fields.map((field, i) => encodeField(field, values[i]!)));
}

/** A value as in a record: with its length prefix if the field is of variable length. */
function encodeField(field: TemplateField, value: Value): Uint8Array {
  const octets = encodeValue(field, value);
  if (field.length !== variableLength) return octets;
  const writer = new ByteWriter(new Uint8Array(variableOctets(octets.length)));
  writer.valueLength(octets.length);
  writer.octets(octets);
  return writer.bytes;
}

function encodeValue(field: TemplateField, value: Value): Uint8Array {
  const { element, length } = field;
  const octets = octetsOf(field, value);
  const isText = element.type === 'string' && typeof value === 'string';
  const padded = isText && length !== variableLength && octets.length < length;
  if (padded) return joinedOctets([octets, new Uint8Array(length - octets.length)]);
  if (length === variableLength ? octets.length <= 0xffff : octets.length === length) return octets;
  throw misfitError(field, value, `${octets.length} octets`);
}

function octetsOf(field: TemplateField, value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'object') return encodeList(value);
  const { element, length } = field;
  const octets = length === variableLength ? naturalLength(element.type) : length;
  const { type } = element;
  if (typeof value === 'string') {
    if (type === 'string') return utf8.encode(value);
    if (type === 'ipv4Address') return parseIP(value, 4);
    if (type === 'ipv6Address') return parseIP(value, 16);
    if (type === 'macAddress') return parseMac(value);
  } else if (typeof value === 'boolean') {
    if (type === 'boolean') return Uint8Array.of(value ? 1 : 2);
  } else {
    if (isIntegerType(type)) return encodeInteger(field, BigInt(value), octets);
    if (type === 'dateTimeMilliseconds') return encodeInteger(field, BigInt(value), octets);
    if (type === 'dateTimeSeconds') return encodeInteger(field, BigInt(value) / 1000n, octets);
    if (type === 'dateTimeMicroseconds') return encodeNtp(BigInt(value), 'micro');
    if (type === 'dateTimeNanoseconds') return encodeNtp(BigInt(value), 'nano');
    if (type === 'float32' || type === 'float64') return encodeFloat(Number(value), octets);
  }
  throw misfitError(field, value, `a ${typeof value}`);
}

function encodeInteger(field: TemplateField, value: bigint, octets: number): Uint8Array {
  const bits = octets * 8;
  const fits = field.element.type.startsWith('signed')
    ? BigInt.asIntN(bits, value) === value
    : BigInt.asUintN(bits, value) === value;
  if (!fits) throw misfitError(field, value, `an integer of more than ${bits} bits`);
  const bytes = new Uint8Array(octets);
  let left = BigInt.asUintN(bits, value);
  for (let i = octets - 1; i >= 0; i--, left >>= 8n) bytes[i] = Number(left & 0xffn);
  return bytes;
}

function encodeFloat(value: number, octets: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(octets === 4 ? 4 : 8));
  if (octets === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return new Uint8Array(view.buffer);
}

function encodeNtp(nanoseconds: bigint, unit: 'micro' | 'nano'): Uint8Array {
  const { seconds, fraction } = ntpOfUnixNanoseconds(nanoseconds, unit);
  const writer = new ByteWriter(new Uint8Array(8));
  writer.unsigned32(seconds);
  writer.unsigned32(fraction);
  return writer.bytes;
}

/** The content of a list field; the record reader documents the layouts. */
function encodeList(list: BasicList | SubTemplateList | SubTemplateMultiList): Uint8Array {
  switch (list.kind) {
    case 'basicList':
      return joinedOctets([
        Uint8Array.of(list.semantic),
        encodeFieldSpecifier(list.field),
        ...list.values.map((value) => encodeField(list.field, value)),
      ]);
    case 'subTemplateList':
      return joinedOctets([
        Uint8Array.of(list.semantic),
        unsigned16Octets(list.template.id),
        ...list.records.map(encodeRecord),
      ]);
    case 'subTemplateMultiList':
      return joinedOctets([
        Uint8Array.of(list.semantic),
        ...list.parts.flatMap(({ template, records }) => {
          const octets = joinedOctets(records.map(encodeRecord));
          return [unsigned16Octets(template.id, octets.length + 4), octets];
        }),
      ]);
  }
}

/**
 *     0 | element id (15 bits) | field length (2)
 *     1 | element id (15 bits) | field length (2) | enterprise number (4)
 *
 * RFC 7011 section 3.2.
 */
export function encodeFieldSpecifier({ element, length }: TemplateField): Uint8Array {
  const { enterprise, id } = element;
  return enterprise === 0
    ? unsigned16Octets(id, length)
    : unsigned16Octets(id | 0x8000, length, enterprise >>> 16, enterprise & 0xffff);
}

function unsigned16Octets(...values: number[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(values.length * 2));
  for (const value of values) writer.unsigned16(value);
  return writer.bytes;
}

function joinedOctets(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0)));
  for (const part of parts) writer.octets(part);
  return writer.bytes;
}

function misfitError({ element, length }: TemplateField, value: unknown, found: string): RangeError {
  const room = length === variableLength ? 'of variable length' : `of ${length} octets`;
  return new RangeError(
    `${element.name}: expected a ${element.type} ${room}, found ${found} (${String(value)})`,
  );
}
