/** The filter: its text, and what a picture adds to it. */
export { changedFilter } from './filter-change.ts';
