import { cidrOf, type Filter, type FilterLanguage, textLiteral } from '../filter-words/index.ts';

/** LogsQL's filters on fields. Its `!` also matches entries without the field. */
export const fieldFilters: FilterLanguage = {
  is: (field, value) => filterOf(`${field}:=${textLiteral(value)}`),

  startsWith: (field, start) => filterOf(`${field}:=${textLiteral(start)}*`),

  // ipv6_range() takes an IPv4 address in its mapped form, as Weir does
  within(field, range) {
    const { text, isIPv4 } = cidrOf(range);
    return [filterOf(`${field}:${isIPv4 ? 'ipv4_range' : 'ipv6_range'}("${text}")`)];
  },

  isAtLeast: (field, bound) => filterOf(`${field}:>=${bound}`),
};

const filterOf = (text: string): Filter => ({ text, opposite: `!${text}` });
