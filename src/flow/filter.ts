import {
  type FieldCondition,
  type FlowCondition,
  fieldConditionOf,
  type NamespaceTest,
  type RowRule,
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
    return rowTest(this.#condition, batch);
  }
}

/** A test of the rows of one batch. */
export function rowTest(condition: RowRule, batch: FlowBatch): RowTest {
  if ('all' in condition) return everyTest(condition.all.map((part) => rowTest(part, batch)));
  if ('any' in condition) return anyTest(condition.any.map((part) => rowTest(part, batch)));
  if ('not' in condition) {
    const holds = rowTest(condition.not, batch);
    return (row) => !holds(row);
  }
  const { columns, dictionary } = batch;
  if ('isAmong' in condition) return amongTest(condition, batch);
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

/** A row without a text has none of the wanted. It looks at each text of the rows once. */
function amongTest(test: NamespaceTest, { columns, dictionary }: FlowBatch): RowTest {
  const wanted = new Set(test.isAmong);
  const ids = columns['text' in test ? test.text : test.namespaceIn];
  const known = new Map<number, boolean>([[0, false]]);
  return (row) => {
    const id = ids[row]!;
    let holds = known.get(id);
    if (holds === undefined) {
      const text = dictionary.text(id);
      holds = wanted.has('text' in test ? text : namespaceOfName(text));
      known.set(id, holds);
    }
    return holds;
  };
}

/** Of namespace/name:port. */
export const namespaceOfName = (name: string): string => name.split('/', 1)[0]!;

/** A test of the names in a column. A row without one has none of the wanted. */
function nameTest(
  { columns, dictionary }: FlowBatch,
  field: TextField,
  isWanted: (name: string) => boolean,
): RowTest {
  const ids = columns[field];
  return (row) => ids[row] !== 0 && isWanted(dictionary.text(ids[row]!));
}
