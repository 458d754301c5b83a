import {
  type AddressRange,
  formatAddress,
  IPV4_MAPPED,
  parseAddress,
  rangeContains,
} from '../../flow/index.ts';
import { escaped, type Filter, type FilterLanguage, literal } from '../filter-words/index.ts';

/** Bits of an IPv4 address before its own, in the mapped form. */
const MAPPED_BITS = 96;

/** LogQL's label filters. */
export const labelFilters: FilterLanguage = {
  is: (field, value) => ({
    text: `${field}=${literal(value)}`,
    opposite: `${field}!=${literal(value)}`,
  }),

  // Loki takes "start.*" for "anything with start in it", which it finds faster; with dots that also mean line ends it does not
  startsWith: (field, start) => matches(field, `${escaped(start)}(?s:.*)`),

  within(field, range, mayBeEmpty) {
    const { words, prefixLength } = range;
    const isIPv4 = prefixLength >= MAPPED_BITS && rangeContains(range, [0, 0, IPV4_MAPPED, words[3]]);
    const address = formatAddress(words);
    if (isIPv4) return [inRange(field, `${address}/${prefixLength - MAPPED_BITS}`, mayBeEmpty)];
    const filters = [inRange(field, `${address}/${prefixLength}`, mayBeEmpty), ...shortOnes(field, range)];
    if (rangeContains(range, [0, 0, IPV4_MAPPED, 0])) filters.push(inRange(field, '0.0.0.0/0', mayBeEmpty));
    return filters;
  },

  isAtLeast: (field, bound) => ({ text: `${field} >= ${bound}`, opposite: `${field} < ${bound}` }),
};

function matches(field: string, pattern: string): Filter {
  return { text: `${field}=~${literal(pattern)}`, opposite: `${field}!~${literal(pattern)}` };
}

/** Of an address that is not there, Loki says neither that it is in a range nor that it is not. */
function inRange(field: string, range: string, mayBeEmpty: boolean): Filter {
  const isOutside = `${field}!=ip("${range}")`;
  return {
    text: `${field}=ip("${range}")`,
    opposite: mayBeEmpty ? `(${field}="" or ${isOutside})` : isOutside,
  };
}

/** Addresses of four characters or less in a range, in which ip() sees no address. */
function shortOnes(field: string, range: AddressRange): Filter[] {
  return shortAddresses.flatMap(({ pattern, addresses }) => {
    const inside = addresses.filter((address) => rangeContains(range, parseAddress(address)!));
    if (inside.length === addresses.length) return [matches(field, pattern)];
    return inside.map((address) => labelFilters.is(field, address));
  });
}

const digits = Array.from({ length: 255 }, (_, i) => (i + 1).toString(16));
const single = digits.slice(0, 15);
const shortAddresses = [
  { pattern: '::[0-9a-f]{1,2}', addresses: digits.map((end) => `::${end}`) },
  { pattern: '[0-9a-f]{1,2}::', addresses: digits.map((start) => `${start}::`) },
  {
    pattern: '[0-9a-f]::[0-9a-f]',
    addresses: single.flatMap((start) => single.map((end) => `${start}::${end}`)),
  },
];
