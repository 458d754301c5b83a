/*
 * A condition on entries, as a query language expresses it. LogQL has `and` and `or` but no `not`, so each
 * test also knows its opposite.
 */

/** Where a value is in an entry. Values further back require parsing the line, which costs more. */
export const EntryPlace = { metadata: 0, core: 1, tail: 2, sum: 3 } as const;
export type EntryPlace = (typeof EntryPlace)[keyof typeof EntryPlace];

/** A query's test of one field: `sourcePodName="web-0"`. */
export interface Filter {
  readonly text: string;
  readonly opposite: string;
}

export interface Test extends Filter {
  readonly place: EntryPlace;
  /** Fields that must be read from the line first. */
  readonly fields: readonly string[];
  /** A text in the line of each entry that passes; undefined when there is none. */
  readonly needle?: string;
}

export type Expression =
  | Test
  | { readonly all: readonly Expression[] }
  | { readonly any: readonly Expression[] };

/** A single part stays itself. */
export const allOf = (...parts: Expression[]): Expression => {
  const all = parts.flatMap((part) => ('all' in part ? part.all : [part]));
  return all.length === 1 ? all[0]! : { all };
};

/** A single part stays itself. */
export const anyOf = (...parts: Expression[]): Expression => {
  const any = parts.flatMap((part) => ('any' in part ? part.any : [part]));
  return any.length === 1 ? any[0]! : { any };
};

export function negationOf(expression: Expression): Expression {
  if ('all' in expression) return anyOf(...expression.all.map(negationOf));
  if ('any' in expression) return allOf(...expression.any.map(negationOf));
  const { text, opposite, place, fields } = expression;
  return { text: opposite, opposite: text, place, fields };
}

/** As one filter, in which brackets alone show what `and` and `or` join. */
export function textOf(expression: Expression): string {
  if ('text' in expression) return expression.text;
  const [parts, word] = 'all' in expression ? [expression.all, ' and '] : [expression.any, ' or '];
  return parts.map((part) => ('text' in part ? part.text : `(${textOf(part)})`)).join(word);
}

export function testsOf(expression: Expression): Test[] {
  if ('text' in expression) return [expression];
  return ('all' in expression ? expression.all : expression.any).flatMap(testsOf);
}

export const furthestPlaceOf = (expression: Expression): number =>
  Math.max(...testsOf(expression).map(({ place }) => place));

/** Texts of which each passing entry has one in its line; undefined when some have none. */
export function needlesOf(expression: Expression): string[] | undefined {
  if ('text' in expression) return expression.needle === undefined ? undefined : [expression.needle];
  if ('all' in expression) return expression.all.map(needlesOf).find((needles) => needles !== undefined);
  const needles = expression.any.map(needlesOf);
  return needles.every((some) => some !== undefined) ? [...new Set(needles.flat())] : undefined;
}
