import { type FlowCondition, fieldConditionOf } from '../../flow/index.ts';
import { coreFields, type LogLayout } from '../flow-lines/index.ts';
import { entryCondition } from './entry-condition.ts';
import {
  type EntryPlace,
  type Expression,
  furthestPlaceOf,
  needlesOf,
  testsOf,
  textOf,
} from './expression.ts';
import { FieldTests, type Total } from './field-tests.ts';
import type { FilterLanguage } from './filter-language.ts';

/**
 * Conditions on the entries of flows that pass a `FlowFilter`. They are grouped by the part of an entry that
 * must be read to decide them.
 */
export class Conditions {
  readonly #fields: FieldTests;
  readonly #all: readonly Expression[];

  /**
   * @throws {TypeError} with the word, the value and what was expected
   * @throws {WeirError} WEIR_USAGE_LOG_QUERY for what no query language of logs can test
   */
  constructor(condition: FlowCondition, layout: LogLayout, language: FilterLanguage) {
    this.#fields = new FieldTests(layout, language);
    this.#all = partsOf(entryCondition(fieldConditionOf(condition), this.#fields));
  }

  /** Conditions that can be decided once this has been read, and not before. */
  at(place: EntryPlace): Expression[] {
    return this.#all.filter((one) => furthestPlaceOf(one) === place);
  }

  /** Filters that can be decided once this has been read, and not before. */
  filtersAt(place: EntryPlace): string[] {
    return this.at(place).map(textOf);
  }

  /** For each condition with such texts: texts of which each line has one. */
  get needles(): string[][] {
    return this.#all.flatMap((one) => {
      const needles = needlesOf(one);
      return needles === undefined ? [] : [needles];
    });
  }

  /** Fields to read from the core of a line. */
  get coreFields(): string[] {
    return this.#read.filter(isCore);
  }

  /** Fields to read from behind the core. */
  get tailFields(): string[] {
    return this.#read.filter((field) => !isCore(field));
  }

  /** The totals that `min-octets` adds up. */
  get totals(): Total[] {
    return this.#fields.totals;
  }

  get #read(): string[] {
    return [...new Set(this.#all.flatMap(testsOf).flatMap(({ fields }) => fields))];
  }
}

/** Filters that can be applied one after another. */
const partsOf = (condition: Expression): readonly Expression[] =>
  'all' in condition ? condition.all : [condition];

const isCore = (field: string): boolean => (coreFields as readonly string[]).includes(field);
