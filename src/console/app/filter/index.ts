/** The filter: its text, its parts, and what a picture adds to it. */

export { completionPlace } from './completion-place.ts';
export { type Completion, completionsOf, dimensionsOfPlace } from './completions.ts';
export { changedFilter, filterParts, filterWithoutPart } from './filter-change.ts';
export { type FilterFault, type ReadFilter, readFilter } from './read-filter.ts';
