/**
 * What the filter words ask of the entries of flows, for query languages that say it. Knows how lines are
 * laid out, and none of the languages.
 */
export { cidrOf } from './cidr.ts';
export { Conditions } from './conditions.ts';
export { EntryPlace, type Expression, type Filter, textOf } from './expression.ts';
export { SUMMED_OCTETS } from './field-tests.ts';
export type { FilterLanguage } from './filter-language.ts';
export { escapedPattern, textLiteral } from './literal.ts';
export { streamSelector } from './stream-selector.ts';
