import { cidrOf, type Filter, type FilterLanguage, textLiteral } from '../filter-words/index.ts';

/** LogsQL's filters on fields. Its `!` also matches entries without the field. */
export const fieldFilters: FilterLanguage = {
  is: (field, value) => filter(`${field}:=${textLiteral(value)}`),

  startsWith: (field, start) => filter(`${field}:=${textLiteral(start)}*`),

  // ipv6_range() takes an IPv4 address in its mapped form, as Weir does
  within(field, range) {
    const { text, isIPv4 } = cidrOf(range);
    return [filter(`${field}:${isIPv4 ? 'ipv4_range' : 'ipv6_range'}("${text}")`)];
  },

  isAtLeast: (field, bound) => filter(`${field}:>=${bound}`),
};

const filter = (text: string): Filter => ({ text, opposite: `!${text}` });
