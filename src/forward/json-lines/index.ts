/** Flows as JSON, one object a line. */
export { JsonLines } from './json-lines.ts';
export { jsonLinesKind } from './json-lines-kind.ts';
