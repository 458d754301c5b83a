import { type AddressRange, formatAddress, IPV4_MAPPED, rangeContains } from '../../flow/index.ts';

/** Bits of an IPv4 address before its own, in the mapped form. */
const MAPPED_BITS = 96;

/** A range as people write it: 10.0.0.0/8. */
export interface Cidr {
  readonly text: string;
  readonly isIPv4: boolean;
}

export function cidrOf(range: AddressRange): Cidr {
  const { words, prefixLength } = range;
  const isIPv4 = prefixLength >= MAPPED_BITS && rangeContains(range, [0, 0, IPV4_MAPPED, words[3]]);
  const length = isIPv4 ? prefixLength - MAPPED_BITS : prefixLength;
  return { text: `${formatAddress(words)}/${length}`, isIPv4 };
}
