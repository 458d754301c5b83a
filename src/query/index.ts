/** Questions about flows of the past, and their answers. */
export { answerQuery } from './answer-query.ts';
export * from './contract/index.ts';
export { type Asker, QueryDesk } from './query-desk.ts';
export { QueryError } from './query-error.ts';
export { readQuery } from './read-query.ts';
export type { RecordsEnd, RecordsPart } from './read-stored-records.ts';
