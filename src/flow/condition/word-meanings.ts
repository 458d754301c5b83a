import type { FlowCondition, WordTest } from './condition.ts';
import { dimensionMeanings } from './dimension-meanings.ts';
import type { FieldCondition } from './field-condition.ts';
import { filterWordMeanings } from './filter-word-meanings.ts';
import { type ConditionWord, conditionWords } from './words.ts';

const meanings = { ...filterWordMeanings, ...dimensionMeanings };

/** The test of a value in the fields of a record; undefined for a text that is no value of the word. */
export const valueCondition = (word: ConditionWord, value: string): FieldCondition | undefined =>
  meanings[word].is(value);

/**
 * What a condition asks of the fields of a record.
 * @throws {TypeError} with the word, the value and what was expected
 */
export function fieldConditionOf(condition: FlowCondition): FieldCondition {
  if ('all' in condition) return { all: condition.all.map(fieldConditionOf) };
  if ('any' in condition) return { any: condition.any.map(fieldConditionOf) };
  if ('not' in condition) return { not: fieldConditionOf(condition.not) };
  if ('exists' in condition) return meanings[condition.exists].exists;
  return testCondition(condition);
}

function testCondition({ word, values }: WordTest): FieldCondition {
  const any = values.map((value) => valueCondition(word, value) ?? rejectValue(word, value));
  return any.length === 1 ? any[0]! : { any };
}

function rejectValue(word: ConditionWord, value: string): never {
  throw new TypeError(`filter ${word}: expected ${conditionWords[word]}; found "${value}"`);
}
