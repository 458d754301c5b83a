/*
 * What entries have to fulfil, as a query language says it. LogQL has `and` and `or` but no `not`, so that
 * each test also knows its opposite.
 */

/**
 * Where a value stands in an entry. What is further back is reached by parsing the line, which costs more.
 */
export const EntryPlace = { metadata: 0, core: 1, tail: 2, sum: 3 } as const;
export type EntryPlace = (typeof EntryPlace)[keyof typeof EntryPlace];

/** What a query says of one field: `sourcePodName="web-0"`. */
export interface Filter {
  readonly text: string;
  readonly opposite: string;
}

export interface Test extends Filter {
  readonly place: EntryPlace;
  /** Fields that have to be read from the line first. */
  readonly fields: readonly string[];
  /** What stands in the line of each entry that passes; undefined when there is no such text. */
  readonly needle?: string;
}

export type Expression =
  | Test
  | { readonly all: readonly Expression[] }
  | { readonly any: readonly Expression[] };

/** Of one alone it is that one. */
export const allOf = (...parts: Expression[]): Expression => {
  const all = parts.flatMap((part) => ('all' in part ? part.all : [part]));
  return all.length === 1 ? all[0]! : { all };
};

/** Of one alone it is that one. */
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

/** As one filter, in which brackets alone tell what `and` and `or` join. */
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

/** Texts of which each entry that passes has one in its line; undefined when some have none. */
export function needlesOf(expression: Expression): string[] | undefined {
  if ('text' in expression) return expression.needle === undefined ? undefined : [expression.needle];
  if ('all' in expression) return expression.all.map(needlesOf).find((needles) => needles !== undefined);
  const needles = expression.any.map(needlesOf);
  return needles.every((some) => some !== undefined) ? [...new Set(needles.flat())] : undefined;
}
