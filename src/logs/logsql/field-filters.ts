import { formatAddress, IPV4_MAPPED, rangeContains } from '../../flow/index.ts';
import { type Filter, type FilterLanguage, literal } from '../filter-words/index.ts';

/** Bits of an IPv4 address before its own, in the mapped form. */
const MAPPED_BITS = 96;

/** LogsQL's filters on fields. Its `!` holds also for entries without the field. */
export const fieldFilters: FilterLanguage = {
  is: (field, value) => filter(`${field}:=${literal(value)}`),

  startsWith: (field, start) => filter(`${field}:=${literal(start)}*`),

  // ipv6_range() has an IPv4 address in its mapped form, as Weir does
  within(field, range) {
    const { words, prefixLength } = range;
    const isIPv4 = prefixLength >= MAPPED_BITS && rangeContains(range, [0, 0, IPV4_MAPPED, words[3]]);
    const [name, length] = isIPv4 ? ['ipv4_range', prefixLength - MAPPED_BITS] : ['ipv6_range', prefixLength];
    return [filter(`${field}:${name}("${formatAddress(words)}/${length}")`)];
  },

  isAtLeast: (field, bound) => filter(`${field}:>=${bound}`),
};

const filter = (text: string): Filter => ({ text, opposite: `!${text}` });
