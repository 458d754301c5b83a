/** Messages of exporters that are no agents, made octet by octet from a table of their content. */
import { elementNamed } from '../../src/ipfix/index.ts';

/**
 * An element by its name or as enterprise and id, and the octets of each value; 65535 for variable length.
 */
export type ForeignField = readonly [
  element: string | readonly [enterprise: number, id: number],
  octets: number,
];

/** Addresses as text, octets as they are, all others as unsigned integers. */
export type ForeignValue = number | bigint | string | readonly number[];

export interface ForeignTemplate {
  readonly id: number;
  readonly fields: readonly ForeignField[];
  /** Number of scope fields: then it is an options template. */
  readonly scope?: number;
}

const u16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];
const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

const setOf = (id: number, octets: readonly number[]): number[] => [
  ...u16(id),
  ...u16(4 + octets.length),
  ...octets,
];

/** The set that announces a template. */
export function templateSet({ id, fields, scope = 0 }: ForeignTemplate): number[] {
  const specifiers = fields.flatMap(([element, octets]) => {
    const [enterprise, number] =
      typeof element === 'string' ? [elementNamed(element)!.enterprise, elementNamed(element)!.id] : element;
    return enterprise === 0
      ? [...u16(number), ...u16(octets)]
      : [...u16(number | 0x8000), ...u16(octets), ...u32(enterprise)];
  });
  const counts = scope === 0 ? u16(fields.length) : [...u16(fields.length), ...u16(scope)];
  return setOf(scope === 0 ? 2 : 3, [...u16(id), ...counts, ...specifiers]);
}

/** The set of records of a template; values in the order of its fields. */
export function dataSet(
  { id, fields }: ForeignTemplate,
  records: readonly (readonly ForeignValue[])[],
  padding: readonly number[] = [],
): number[] {
  const octets = records.flatMap((values) => fields.flatMap(([, length], i) => octetsOf(values[i]!, length)));
  return setOf(id, [...octets, ...padding]);
}

export interface ForeignHeader {
  readonly exportTime?: number;
  readonly sequence?: number;
  readonly domain?: number;
}

/** Export time of the messages in these tests, in seconds since 1970. */
export const exportTime = 1_767_225_600;

/** A message of sets. */
export function foreignMessage(header: ForeignHeader, ...sets: readonly number[][]): Uint8Array {
  const body = sets.flat();
  return Uint8Array.from([
    ...u16(10),
    ...u16(16 + body.length),
    ...u32(header.exportTime ?? exportTime),
    ...u32(header.sequence ?? 0),
    ...u32(header.domain ?? 7),
    ...body,
  ]);
}

/** IEEE 754 with eight octets. */
export function float64(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return [...new Uint8Array(view.buffer)];
}

function octetsOf(value: ForeignValue, length: number): number[] {
  if (typeof value === 'object') return length === 65535 ? [value.length, ...value] : [...value];
  if (typeof value === 'string') return value.split('.').map(Number);
  return Array.from({ length }, (_, i) => Number((BigInt(value) >> BigInt(8 * (length - 1 - i))) & 0xffn));
}

/** The fields of a flow's ends. */
export const flowEnds: readonly ForeignField[] = [
  ['sourceIPv4Address', 4],
  ['destinationIPv4Address', 4],
  ['sourceTransportPort', 2],
  ['destinationTransportPort', 2],
  ['protocolIdentifier', 1],
];
