/**
 * Conditions on flows: the words that they test, a tree of them, its text, and what it asks of the fields of
 * a record.
 */
export { type Completion, type Completions, completeCondition } from './completion.ts';
export {
  allConditions,
  anyCondition,
  conditionOfWords,
  type FlowCondition,
  noCondition,
  oppositeCondition,
  type WordTest,
} from './condition.ts';
export { ConditionError } from './condition-error.ts';
export { conditionBounds, parseCondition } from './condition-parser.ts';
export { printCondition } from './condition-printer.ts';
export {
  type AddressField,
  type CounterField,
  type FieldCondition,
  type FieldTest,
  fieldsIn,
  type NamespaceTest,
  type RowRule,
  type SmallNumberField,
  type TextField,
} from './field-condition.ts';
export type { Vocabulary } from './known-values.ts';
export { fieldConditionOf } from './word-meanings.ts';
export {
  type ConditionWord,
  conditionWords,
  type FilterWord,
  type FilterWords,
  filterWords,
} from './words.ts';
