import { formatIPv4, formatIPv6, formatMac } from './address-text.ts';
import { ByteReader } from './byte-reader.ts';
import { type DataType, isIntegerType, isReadableLength } from './data-type.ts';
import { unixNanosecondsOfNtp } from './ntp-time.ts';
import type { Value } from './value.ts';

const utf8 = new TextDecoder();

/**
 * The value of a single field. Its octets may be fewer than the natural length of its type (RFC 7011 section
 * 6.2). Octets that are no value of the type are returned as they are.
 */
export function readScalar(type: DataType, octets: Uint8Array, isFixedLength: boolean): Value {
  if (!isReadableLength(type, octets.length)) return octets.slice();
  if (isIntegerType(type)) return readInteger(octets, type.startsWith('signed'));
  switch (type) {
    case 'string':
      return readString(octets, isFixedLength);
    case 'ipv4Address':
      return formatIPv4(octets);
    case 'ipv6Address':
      return formatIPv6(octets);
    case 'macAddress':
      return formatMac(octets);
    case 'float32':
    case 'float64':
      return readFloat(octets);
    case 'boolean':
      return readBoolean(octets);
    case 'dateTimeSeconds':
      return millisecondsOf(readInteger(octets, false), 1000);
    case 'dateTimeMilliseconds':
      return readInteger(octets, false);
    case 'dateTimeMicroseconds':
      return readNtp(octets, 'micro');
    case 'dateTimeNanoseconds':
      return readNtp(octets, 'nano');
    default:
      return octets.slice();
  }
}

/** Big-endian, two's complement if signed (RFC 7011 sections 6.1.1 and 6.1.2). */
export function readInteger(octets: Uint8Array, signed: boolean): number | bigint {
  if (octets.length > 6) return readLongInteger(octets, signed);
  let value = 0;
  for (const octet of octets) value = value * 256 + octet;
  return signed && octets[0]! >= 0x80 ? value - 256 ** octets.length : value;
}

function readLongInteger(octets: Uint8Array, signed: boolean): number | bigint {
  let value = 0n;
  for (const octet of octets) value = (value << 8n) | BigInt(octet);
  if (signed) value = BigInt.asIntN(octets.length * 8, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function millisecondsOf(value: number | bigint, perUnit: number): number | bigint {
  return typeof value === 'number' ? value * perUnit : value * BigInt(perUnit);
}

/** UTF-8; zero octets follow a string shorter than its fixed field. */
function readString(octets: Uint8Array, isFixedLength: boolean): string {
  let end = octets.length;
  if (isFixedLength) while (end > 0 && octets[end - 1] === 0) end--;
  return utf8.decode(octets.subarray(0, end));
}

/** IEEE 754; four octets are a float32 even when the type is float64 (RFC 7011 section 6.2). */
function readFloat(octets: Uint8Array): number {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return octets.length === 4 ? view.getFloat32(0) : view.getFloat64(0);
}

/** 1 is true, 2 is false, and no other value is either (RFC 7011 section 6.1.5). */
function readBoolean(octets: Uint8Array): boolean | Uint8Array {
  if (octets[0] === 1) return true;
  if (octets[0] === 2) return false;
  return octets.slice();
}

function readNtp(octets: Uint8Array, unit: 'micro' | 'nano'): bigint {
  const reader = new ByteReader(octets);
  return unixNanosecondsOfNtp(reader.unsigned32(), reader.unsigned32(), unit);
}
