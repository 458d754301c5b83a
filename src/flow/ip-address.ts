/**
 * An address as four 32-bit words, the way an `address` column holds it. IPv6 stands as it is, IPv4 mapped
 * into it (::ffff:a.b.c.d, RFC 4291 section 2.5.5.2), "none" as all zero.
 */
export type AddressWords = readonly [number, number, number, number];

/** Third word of a mapped IPv4 address. */
export const IPV4_MAPPED = 0xffff;

export const isIPv4 = (words: ArrayLike<number>, at = 0): boolean =>
  words[at] === 0 && words[at + 1] === 0 && words[at + 2] === IPV4_MAPPED;

export const isAbsent = (words: ArrayLike<number>, at = 0): boolean =>
  (words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) === 0;

/** No address, or 0.0.0.0, which IPv4 templates send for "none". */
export const isUnset = (words: ArrayLike<number>, at = 0): boolean =>
  (words[at]! | words[at + 1]! | words[at + 3]!) === 0 &&
  (words[at + 2] === 0 || words[at + 2] === IPV4_MAPPED);

/** 127.0.0.0/8 or ::1. */
export const isLoopback = (words: ArrayLike<number>, at = 0): boolean =>
  isIPv4(words, at)
    ? words[at + 3]! >>> 24 === 127
    : (words[at]! | words[at + 1]! | words[at + 2]!) === 0 && words[at + 3] === 1;

/** Text of the address at `words[at…at+3]`: dotted for IPv4, RFC 5952 for IPv6. */
export function formatAddress(words: ArrayLike<number>, at = 0): string {
  if (isIPv4(words, at)) {
    const v4 = words[at + 3]!;
    return `${v4 >>> 24}.${(v4 >>> 16) & 255}.${(v4 >>> 8) & 255}.${v4 & 255}`;
  }
  const groups: number[] = [];
  for (let i = 0; i < 4; i++) groups.push(words[at + i]! >>> 16, words[at + i]! & 0xffff);
  const [start, length] = longestZeroRun(groups);
  const hexadecimalOf = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return length < 2 ? hexadecimalOf(0, 8) : `${hexadecimalOf(0, start)}::${hexadecimalOf(start + length, 8)}`;
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
    start = Math.max(start, end - 1);
  }
  return best;
}

/** The words of an address given as text; undefined when it is not one. */
export function parseAddress(text: string): AddressWords | undefined {
  const v4 = parseIPv4(text);
  if (v4 !== undefined) return [0, 0, IPV4_MAPPED, v4];
  return parseIPv6(text);
}

function parseIPv4(text: string): number | undefined {
  const octets = text.split('.');
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return value;
}

function parseIPv6(text: string): AddressWords | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!);
  const tail = halves.length === 2 ? groupsOf(halves[1]!) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const wordOf = (i: number) => groups[2 * i]! * 0x1_0000 + groups[2 * i + 1]!;
  return [wordOf(0), wordOf(1), wordOf(2), wordOf(3)];
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (i === parts.length - 1 && part.includes('.')) {
      const v4 = parseIPv4(part);
      if (v4 === undefined) return undefined;
      groups.push(v4 >>> 16, v4 & 0xffff);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** A range of addresses written as CIDR, or a single address. */
export interface AddressRange {
  readonly words: AddressWords;
  /** Length of the prefix in the mapped, 128-bit form; for IPv4 that is 96 more than the written one. */
  readonly prefixLength: number;
}

export function parseAddressRange(text: string): AddressRange | undefined {
  const [address, length, ...rest] = text.split('/');
  const words = parseAddress(address!);
  if (words === undefined || rest.length > 0) return undefined;
  const bits = isIPv4(words) ? 32 : 128;
  if (length === undefined) return { words, prefixLength: 128 };
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  return { words, prefixLength: Number(length) + 128 - bits };
}

/** Whether the address at `words[at…at+3]` lies in the range. */
export function rangeContains(range: AddressRange, words: ArrayLike<number>, at = 0): boolean {
  for (let i = 0, bits = range.prefixLength; i < 4 && bits > 0; i++, bits -= 32) {
    const mask = bits >= 32 ? 0xffffffff : ~(0xffffffff >>> bits);
    if (((range.words[i]! ^ words[at + i]!) & mask) !== 0) return false;
  }
  return true;
}
