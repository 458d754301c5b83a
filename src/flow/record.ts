/** One flow record as an object, for people and tests. The hot path does not use it. */
import type { Columns, ReadableColumns } from './columns.ts';
import { hasPorts } from './enumerations.ts';
import type { FieldName, StorageOf } from './fields.ts';
import { elementsOf, fieldNames, fieldOf } from './fields.ts';
import { formatAddress, isAbsent, isUnset } from './ip-address.ts';

type Value<N extends FieldName> = StorageOf<N> extends 'address' | 'string' ? string : number;

/**
 * Addresses and strings are text, everything else is numbers: times in milliseconds since 1970, enumerations
 * as on the wire. A field without a value is missing.
 */
export type FlowRecord = { [N in FieldName]?: Value<N> };

/** A row of a batch as an object. */
export function readRecord(batch: ReadableColumns, row: number): FlowRecord {
  const record: Partial<Record<FieldName, string | number>> = {};
  for (const name of batch.layout.fields) {
    const value = readValue(batch, name, row);
    if (value !== undefined) record[name] = value;
  }
  return record as FlowRecord;
}

function readValue(batch: ReadableColumns, name: FieldName, row: number): string | number | undefined {
  const column = batch.columns[name];
  const { storage, zeroIsAbsent } = fieldOf(name);
  switch (storage) {
    case 'address': {
      const at = row * 4;
      const unset = zeroIsAbsent === true ? isUnset(column, at) : isAbsent(column, at);
      return unset ? undefined : formatAddress(column, at);
    }
    case 'string':
      return column[row] === 0 ? undefined : batch.dictionary.text(column[row]!);
    case 'unsigned64':
    case 'time':
      return Number.isNaN(column[row]) ? undefined : column[row];
    default:
      if (column[row] === 0) return zeroMatters(batch.columns, name, row) ? 0 : undefined;
      return isUntold(name, column[row]!) ? undefined : column[row];
  }
}

/**
 * Whether zero is a value, not "none": for ports of a protocol with ports, and the type of an ICMP packet.
 * Protocol 0 is none: in IPv6 it is an extension header, and exporters send it for unknown.
 */
export function zeroMatters(columns: Columns, name: FieldName, row: number): boolean {
  const protocol = columns.protocolIdentifier[row]!;
  if (name === 'sourceTransportPort' || name === 'destinationTransportPort') return hasPorts[protocol] === 1;
  return name === 'icmpTypeCode' && (protocol === 1 || protocol === 58);
}

/**
 * In the column of ICMP types, where 0 is a type: the exporter sent none. IANA assigns this number to no
 * type.
 */
export const NO_ICMP_TYPE = 0xffff;

/** Whether a number in the column of a field means that the exporter sent no value. */
export function isUntold(name: FieldName, value: number): boolean {
  return value === NO_ICMP_TYPE && name === 'icmpTypeCode';
}

/**
 * A record as the JSON object that every text output of Weir prints. Keys are element names (the two address
 * families share one name). Times are RFC 3339, enumerations their names, counters over 2^53 strings.
 */
export function recordToJson(record: FlowRecord): Record<string, string | number> {
  const json: Record<string, string | number> = {};
  const family = `${record.sourceIP}${record.destinationIP}`.includes(':') ? 6 : 4;
  for (const name of fieldNames) {
    const value = record[name];
    if (value === undefined) continue;
    const { storage, enumeration } = fieldOf(name);
    const key = name === 'icmpTypeCode' ? elementsOf(name, family)[0]!.name : name;
    if (storage === 'time') json[key] = timeOrNumber(value as number);
    else if (enumeration === undefined) json[key] = exactNumber(value);
    else {
      const label = enumeration.names.get(value as number);
      if (enumeration.key === undefined) json[key] = label ?? value;
      else {
        if (label !== undefined) json[enumeration.key] = label;
        json[key] = value;
      }
    }
  }
  return json;
}

/** A time beyond the range of a Date, which an exporter may send, is shown as its number. */
export const timeOrNumber = (ms: number): string | number =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : exactNumber(ms);

export const exactNumber = (value: string | number): string | number =>
  typeof value === 'number' && value > Number.MAX_SAFE_INTEGER ? BigInt(value).toString() : value;
