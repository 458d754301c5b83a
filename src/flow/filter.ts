import {
  type FieldCondition,
  type FlowCondition,
  fieldConditionOf,
  type TextField,
} from './condition/index.ts';
import type { FlowBatch } from './flow-batch.ts';
import { rangeContains } from './ip-address.ts';
import { workloadLength } from './workload-name.ts';

type RowTest = (row: number) => boolean;

/** Passes the records for which a condition holds. */
export class FlowFilter {
  readonly #condition: FieldCondition;

  /** @throws {TypeError} with the word, the value and what was expected */
  constructor(condition: FlowCondition) {
    this.#condition = fieldConditionOf(condition);
  }

  /** A test of the rows of one batch. It looks names up in the batch's dictionary once, here. */
  bind(batch: FlowBatch): RowTest {
    return boundTest(this.#condition, batch);
  }
}

function boundTest(condition: FieldCondition, batch: FlowBatch): RowTest {
  if ('all' in condition) return everyTest(condition.all.map((part) => boundTest(part, batch)));
  if ('any' in condition) return anyTest(condition.any.map((part) => boundTest(part, batch)));
  if ('not' in condition) {
    const holds = boundTest(condition.not, batch);
    return (row) => !holds(row);
  }
  const { columns, dictionary } = batch;
  if ('startsWith' in condition) {
    const { text, startsWith } = condition;
    return nameTest(batch, text, (name) => name.startsWith(startsWith));
  }
  if ('workloadOf' in condition) {
    const { workloadOf, is } = condition;
    const isOfWorkload = (pod: string) => pod.startsWith(is) && workloadLength(pod) === is.length;
    return nameTest(batch, workloadOf, isOfWorkload);
  }
  if ('text' in condition) {
    const wanted = dictionary.find(condition.is);
    const ids = columns[condition.text];
    return wanted === undefined ? () => false : (row) => ids[row] === wanted;
  }
  if ('address' in condition) {
    const words = columns[condition.address];
    const { within } = condition;
    return (row) => rangeContains(within, words, row * 4);
  }
  if ('number' in condition) {
    const numbers = columns[condition.number];
    const { isOneOf } = condition;
    if (isOneOf.length > 1) return (row) => isOneOf.includes(numbers[row]!);
    const [wanted] = isOneOf;
    return (row) => numbers[row] === wanted;
  }
  if ('told' in condition) {
    const counters = columns[condition.told];
    return (row) => !Number.isNaN(counters[row]);
  }
  const counters = condition.sumOf.map((name) => columns[name]);
  const { isAtLeast } = condition;
  return (row) => {
    let sum = 0;
    for (const counter of counters) sum += counter[row] || 0;
    return sum >= isAtLeast;
  };
}

function everyTest(tests: readonly RowTest[]): RowTest {
  if (tests.length === 1) return tests[0]!;
  return (row) => {
    for (const holds of tests) if (!holds(row)) return false;
    return true;
  };
}

function anyTest(tests: readonly RowTest[]): RowTest {
  if (tests.length === 1) return tests[0]!;
  return (row) => {
    for (const holds of tests) if (holds(row)) return true;
    return false;
  };
}

/** A test of the names in a column. A row without one has none of the wanted. */
function nameTest(
  { columns, dictionary }: FlowBatch,
  field: TextField,
  isWanted: (name: string) => boolean,
): RowTest {
  const ids = columns[field];
  return (row) => ids[row] !== 0 && isWanted(dictionary.text(ids[row]!));
}
