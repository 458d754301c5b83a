/** IPFIX octets assembled by hand, independently of the tested codec. */

type Part = number | string | Uint8Array | readonly Part[];

/** Octets from hexadecimal text (spaces are ignored), single numbers below 256, or parts. */
export function octets(...parts: Part[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(flat));
}

export const u16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value);
export const u32 = (value: number): Uint8Array => octets(u16(value >>> 16), u16(value & 0xffff));

/** A string with the one octet of length before it. */
export const text = (value: string): Uint8Array => octets(Buffer.byteLength(value), Buffer.from(value));

/** A set: id, length of all, content. */
export function set(id: number, ...content: Part[]): Uint8Array {
  const body = octets(...content);
  return octets(u16(id), u16(body.length + 4), body);
}

/** A message of domain 7 with sequence number 1, sent at 2023-11-14T22:13:20Z. */
export function message(...sets: Part[]): Uint8Array {
  const body = octets(...sets);
  return octets(u16(10), u16(body.length + 16), u32(1_700_000_000), u32(1), u32(7), body);
}

/** A template record: id, field count, then [element id, length] or [element id, length, enterprise] each. */
export function template(id: number, ...fields: readonly [number, number, number?][]): Uint8Array {
  return octets(u16(id), u16(fields.length), fields.map(specifier));
}

/** An options template record. */
export function optionsTemplate(
  id: number,
  scopeFieldCount: number,
  ...fields: readonly [number, number, number?][]
): Uint8Array {
  return octets(u16(id), u16(fields.length), u16(scopeFieldCount), fields.map(specifier));
}

function specifier([element, length, enterprise]: readonly [number, number, number?]): Uint8Array {
  return enterprise === undefined
    ? octets(u16(element), u16(length))
    : octets(u16(element | 0x8000), u16(length), u32(enterprise));
}

function flat(part: Part): number[] {
  if (typeof part === 'number') return [part];
  if (typeof part === 'string') return [...Buffer.from(part.replace(/\s/g, ''), 'hex')];
  return part instanceof Uint8Array ? [...part] : part.flatMap(flat);
}
