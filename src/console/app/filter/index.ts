/** The filter: its text, its parts, and what a picture adds to it. */

export { changedFilter, filterParts, filterWithoutPart } from './filter-change.ts';
export { type FilterFault, type ReadFilter, readFilter } from './read-filter.ts';
