/*
 * The compact protocol of Thrift, in which Parquet has its headers and its footer. Only what these need:
 * whole numbers from 0, octets, texts, lists and structures.
 */

export type ThriftValue =
  | { readonly type: 'i32' | 'i64'; readonly number: number }
  | { readonly type: 'binary'; readonly octets: Uint8Array }
  | {
      readonly type: 'list';
      readonly of: 'i32' | 'binary' | 'struct';
      readonly items: readonly ThriftValue[];
    }
  | { readonly type: 'struct'; readonly fields: ThriftFields };

/** The fields of a structure by their numbers, in ascending order. What is undefined is left out. */
export type ThriftFields = readonly (readonly [id: number, value: ThriftValue | undefined])[];

const typeCodes = { i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

export const int32Of = (number: number): ThriftValue => ({ type: 'i32', number });
export const int64Of = (number: number): ThriftValue => ({ type: 'i64', number });
export const binaryOf = (octets: Uint8Array | string): ThriftValue => ({
  type: 'binary',
  octets: typeof octets === 'string' ? Buffer.from(octets) : octets,
});
export const structOf = (fields: ThriftFields): ThriftValue => ({ type: 'struct', fields });
export const listOf = (of: 'i32' | 'binary' | 'struct', items: readonly ThriftValue[]): ThriftValue => ({
  type: 'list',
  of,
  items,
});

/** The octets of a structure. */
export function encodeThrift(fields: ThriftFields): Uint8Array {
  const octets: number[] = [];
  writeFields(fields, octets);
  return Uint8Array.from(octets);
}

function writeFields(fields: ThriftFields, octets: number[]): void {
  let before = 0;
  for (const [id, value] of fields) {
    if (value === undefined) continue;
    octets.push(((id - before) << 4) | typeCodes[value.type]);
    writeValue(value, octets);
    before = id;
  }
  octets.push(0);
}

function writeValue(value: ThriftValue, octets: number[]): void {
  switch (value.type) {
    case 'binary':
      pushVarint(value.octets.length, octets);
      for (const octet of value.octets) octets.push(octet);
      return;
    case 'list': {
      const { length } = value.items;
      const code = typeCodes[value.of];
      if (length < 15) octets.push((length << 4) | code);
      else {
        octets.push(0xf0 | code);
        pushVarint(length, octets);
      }
      for (const item of value.items) writeValue(item, octets);
      return;
    }
    case 'struct':
      writeFields(value.fields, octets);
      return;
    default:
      // The lowest bit is the sign.
      pushVarint(value.number * 2, octets);
  }
}

/** Seven bits an octet, the lowest first. */
export function pushVarint(number: number, octets: number[]): void {
  let rest = number;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push((rest % 0x80) | 0x80);
  octets.push(rest);
}
