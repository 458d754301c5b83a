import type { Mark } from '../groups/index.ts';

/** The filter with the flows of a mark alone, or without them. */
export function changedFilter(where: string, { tests, isEither }: Mark, isLeftOut: boolean): string {
  const texts = tests.map(({ dimension, value }) => `${dimension}=${JSON.stringify(value ?? '')}`);
  const joined = texts.join(isEither ? ' or ' : ' and ');
  const added = isLeftOut ? `not (${joined})` : isEither ? `(${joined})` : joined;
  return where === '' ? added : `(${where}) and ${added}`;
}
