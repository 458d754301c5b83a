/**
 * Translates a condition on flows into conditions on their entries. Knows the layout of lines, but no query
 * language.
 */
export { cidrOf } from './cidr.ts';
export { Conditions } from './conditions.ts';
export { EntryPlace, type Expression, type Filter, textOf } from './expression.ts';
export { SUMMED_OCTETS } from './field-tests.ts';
export type { FilterLanguage } from './filter-language.ts';
export { escapedPattern, textLiteral } from './literal.ts';
export { streamSelector } from './stream-selector.ts';
