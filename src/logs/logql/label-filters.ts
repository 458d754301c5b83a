import { type AddressRange, IPV4_MAPPED, parseAddress, rangeContains } from '../../flow/index.ts';
import {
  cidrOf,
  escapedPattern,
  type Filter,
  type FilterLanguage,
  textLiteral,
} from '../filter-words/index.ts';

/** LogQL's label filters. */
export const labelFilters: FilterLanguage = {
  is: (field, value) => ({
    text: `${field}=${textLiteral(value)}`,
    opposite: `${field}!=${textLiteral(value)}`,
  }),

  // Loki takes "start.*" for "contains start", which it finds faster; not so when dots also match line ends
  startsWith: (field, start) => matchFilter(field, `${escapedPattern(start)}(?s:.*)`),

  within(field, range, mayBeEmpty) {
    const { text, isIPv4 } = cidrOf(range);
    const filters = [inRange(field, text, mayBeEmpty)];
    if (isIPv4) return filters;
    filters.push(...shortOnes(field, range));
    if (rangeContains(range, [0, 0, IPV4_MAPPED, 0])) filters.push(inRange(field, '0.0.0.0/0', mayBeEmpty));
    return filters;
  },

  isAtLeast: (field, bound) => ({ text: `${field} >= ${bound}`, opposite: `${field} < ${bound}` }),
};

function matchFilter(field: string, pattern: string): Filter {
  return { text: `${field}=~${textLiteral(pattern)}`, opposite: `${field}!~${textLiteral(pattern)}` };
}

/** For a missing address, Loki denies both that it is in a range and that it is not. */
function inRange(field: string, range: string, mayBeEmpty: boolean): Filter {
  const isOutside = `${field}!=ip("${range}")`;
  return {
    text: `${field}=ip("${range}")`,
    opposite: mayBeEmpty ? `(${field}="" or ${isOutside})` : isOutside,
  };
}

/** Addresses of at most four characters in a range, which ip() does not recognise. */
function shortOnes(field: string, range: AddressRange): Filter[] {
  return shortAddresses.flatMap(({ pattern, addresses }) => {
    const inside = addresses.filter((address) => rangeContains(range, parseAddress(address)!));
    if (inside.length === addresses.length) return [matchFilter(field, pattern)];
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
