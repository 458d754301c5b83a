import {
  allConditions,
  anyCondition,
  type FlowCondition,
  oppositeCondition,
  parseCondition,
  printCondition,
} from '../../../flow/index.ts';
import type { Mark } from '../groups/index.ts';

/** The tests of a mark as a condition; undefined for the rest, which none can name. */
export function markCondition({
  tests,
  isEither,
}: Pick<Mark, 'tests' | 'isEither'>): FlowCondition | undefined {
  // No value is written as an empty one: no name is empty.
  const [first, ...others] = tests.map(({ dimension, value }) => ({
    word: dimension,
    values: [value ?? ''],
  }));
  if (first === undefined) return undefined;
  return isEither ? anyCondition(first, ...others) : allConditions(first, ...others);
}

/** The filter with the flows of a mark alone, or without them. What it says already is not said twice. */
export function changedFilter(
  where: string,
  mark: Pick<Mark, 'tests' | 'isEither'>,
  isLeftOut: boolean,
): string {
  const condition = markCondition(mark);
  if (condition === undefined) return where;
  const parts = partsOf(parseCondition(where));
  const added = partsOf(isLeftOut ? oppositeCondition(condition) : condition);
  const known = new Set(parts.map(printCondition));
  return printCondition(allConditions(...parts, ...added.filter((part) => !known.has(printCondition(part)))));
}

/** The parts that all have to hold, as texts. */
export const filterParts = (condition: FlowCondition): string[] => partsOf(condition).map(printCondition);

export function filterWithoutPart(condition: FlowCondition, place: number): string {
  return printCondition(allConditions(...partsOf(condition).filter((_, at) => at !== place)));
}

const partsOf = (condition: FlowCondition): readonly FlowCondition[] =>
  'all' in condition ? condition.all : [condition];
