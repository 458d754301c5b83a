import { type ConditionWord, type FilterWords, filterWords, isFilterWord } from './words.ts';

/** A test of one word: a record passes if any of the values matches. */
export interface WordTest {
  readonly word: ConditionWord;
  /** At least one. They stand for themselves: `!` negates only in texts and in `FilterWords`. */
  readonly values: readonly string[];
}

/** Which flows are wanted. Make one with the functions below: they keep a tree as the parser makes it. */
export type FlowCondition =
  | { readonly all: readonly FlowCondition[] }
  | { readonly any: readonly FlowCondition[] }
  | { readonly not: FlowCondition }
  /** The record has a value for the word. */
  | { readonly exists: ConditionWord }
  | WordTest;

/** Every flow. */
export const noCondition: FlowCondition = { all: [] };

/** A single part stays itself, and parts of parts become parts. */
export function allConditions(...parts: FlowCondition[]): FlowCondition {
  const all = parts.flatMap((part) => ('all' in part ? part.all : [part]));
  return all.length === 1 ? all[0]! : { all };
}

/** A single part stays itself, and parts of parts become parts. */
export function anyCondition(...parts: [FlowCondition, ...FlowCondition[]]): FlowCondition {
  const any = parts.flatMap((part) => ('any' in part ? part.any : [part]));
  return any.length === 1 ? any[0]! : { any };
}

export const oppositeCondition = (part: FlowCondition): FlowCondition =>
  'not' in part ? part.not : { not: part };

/** Any of some values, if there are some, and none of others. */
export const conditionOfValues = (
  word: ConditionWord,
  some: readonly string[],
  others: readonly string[],
): FlowCondition =>
  allConditions(
    ...(some.length === 0 ? [] : [{ word, values: some }]),
    ...(others.length === 0 ? [] : [{ not: { word, values: others } }]),
  );

/** @throws {TypeError} with a word that there is not */
export function conditionOfWords(words: FilterWords): FlowCondition {
  const isNegated = (value: string) => value.startsWith('!');
  const parts = Object.entries(words).map(([word, values]) => {
    if (!isFilterWord(word)) {
      throw new TypeError(`there is no filter "${word}"; there are ${Object.keys(filterWords).join(', ')}`);
    }
    const some = values.filter((value) => !isNegated(value));
    const others = values.filter(isNegated).map((value) => value.slice(1));
    return conditionOfValues(word, some, others);
  });
  return allConditions(...parts);
}
