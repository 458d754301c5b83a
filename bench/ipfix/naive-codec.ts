/**
 * The usual way to read and write IPFIX, for comparison. It loops over the template's fields for every
 * record, which is an object with a property for each.
 */
import { type Template, variableLength } from '../../src/ipfix/wire/index.ts';

export type NaiveRecord = Record<string, number | string>;

const headerOctets = 20;

/** Records of a message of one data set. */
export function decodeNaively(message: Uint8Array, template: Template): NaiveRecord[] {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.length);
  const records: NaiveRecord[] = [];
  for (let offset = headerOctets; offset < buffer.length; ) {
    const record: NaiveRecord = {};
    for (const { element, length } of template.fields) {
      let octets = length;
      if (length === variableLength) {
        octets = buffer.readUInt8(offset++);
        if (octets === 255) {
          octets = buffer.readUInt16BE(offset);
          offset += 2;
        }
      }
      record[element.name] = decodeValue(element.type, buffer, offset, octets);
      offset += octets;
    }
    records.push(record);
  }
  return records;
}

function decodeValue(type: string, buffer: Buffer, offset: number, octets: number): number | string {
  switch (type) {
    case 'unsigned8':
      return buffer.readUInt8(offset);
    case 'unsigned16':
      return buffer.readUInt16BE(offset);
    case 'unsigned32':
      return buffer.readUInt32BE(offset);
    case 'unsigned64':
      return buffer.readUInt32BE(offset) * 2 ** 32 + buffer.readUInt32BE(offset + 4);
    case 'dateTimeSeconds':
      return buffer.readUInt32BE(offset) * 1000;
    case 'ipv4Address':
      return `${buffer[offset]}.${buffer[offset + 1]}.${buffer[offset + 2]}.${buffer[offset + 3]}`;
    case 'string':
      return buffer.toString('utf8', offset, offset + octets);
    default:
      throw new Error(`no ${type} in this template`);
  }
}

/** A message of one data set with these records. */
export function encodeNaively(
  records: readonly NaiveRecord[],
  template: Template,
  buffer: Buffer,
): Uint8Array {
  let offset = headerOctets;
  for (const record of records) {
    for (const { element } of template.fields) {
      offset = encodeValue(element.type, record[element.name]!, buffer, offset);
    }
  }
  buffer.writeUInt16BE(10, 0);
  buffer.writeUInt16BE(offset, 2);
  buffer.writeUInt32BE(1_700_000_100, 4);
  buffer.writeUInt32BE(0, 8);
  buffer.writeUInt32BE(1, 12);
  buffer.writeUInt16BE(template.id, 16);
  buffer.writeUInt16BE(offset - 16, 18);
  return buffer.subarray(0, offset);
}

function encodeValue(type: string, value: number | string, buffer: Buffer, offset: number): number {
  if (typeof value === 'string') {
    if (type === 'ipv4Address') {
      for (const [i, octet] of value.split('.').entries()) buffer[offset + i] = Number(octet);
      return offset + 4;
    }
    const octets = Buffer.byteLength(value);
    buffer.writeUInt8(octets, offset);
    return offset + 1 + buffer.write(value, offset + 1);
  }
  switch (type) {
    case 'unsigned8':
      return buffer.writeUInt8(value, offset);
    case 'unsigned16':
      return buffer.writeUInt16BE(value, offset);
    case 'unsigned64':
      buffer.writeUInt32BE(Math.floor(value / 2 ** 32), offset);
      return buffer.writeUInt32BE(value % 2 ** 32, offset + 4);
    case 'dateTimeSeconds':
      return buffer.writeUInt32BE(value / 1000, offset);
    default:
      throw new Error(`no ${type} in this template`);
  }
}
