import { type FilterWord, type FilterWords, FlowFilter } from '../../flow/index.ts';
import { coreFields, type LogLayout } from '../flow-lines/index.ts';
import {
  anyOf,
  type EntryPlace,
  type Expression,
  furthestPlaceOf,
  needlesOf,
  negationOf,
  testsOf,
  textOf,
} from './expression.ts';
import { FieldTests, type Total } from './field-tests.ts';
import type { FilterLanguage } from './filter-language.ts';
import { WordTests } from './word-tests.ts';

/**
 * What has to hold for the entries of flows that pass a `FlowFilter` of these words, by what has to be read
 * of an entry to decide it.
 */
export class Conditions {
  readonly #fields: FieldTests;
  readonly #all: readonly Expression[];

  /** @throws {TypeError} naming the word, the value and what was expected */
  constructor(words: FilterWords, layout: LogLayout, language: FilterLanguage) {
    new FlowFilter(words); // which knows what values are right
    this.#fields = new FieldTests(layout, language);
    const tests = new WordTests(this.#fields);
    this.#all = Object.entries(words).flatMap(([word, values]) => {
      const of = (value: string) => tests.of(word as FilterWord, value);
      const wanted = values.filter((value) => !value.startsWith('!')).map(of);
      const excluded = values.filter((value) => value.startsWith('!')).map((value) => of(value.slice(1)));
      return [...(wanted.length > 0 ? [anyOf(...wanted)] : []), ...excluded.map(negationOf)].flatMap(partsOf);
    });
  }

  /** Those that can be decided when this has been read, and not before. */
  at(place: EntryPlace): Expression[] {
    return this.#all.filter((one) => furthestPlaceOf(one) === place);
  }

  /** The filters that can be decided when this has been read, and not before. */
  filtersAt(place: EntryPlace): string[] {
    return this.at(place).map(textOf);
  }

  /** Texts of which each line has one, for each condition that has such. */
  get needles(): string[][] {
    return this.#all.flatMap((one) => {
      const needles = needlesOf(one);
      return needles === undefined ? [] : [needles];
    });
  }

  /** Fields that have to be read from the core of a line. */
  get coreFields(): string[] {
    return this.#read.filter(isCore);
  }

  /** Fields that have to be read from behind it. */
  get tailFields(): string[] {
    return this.#read.filter((field) => !isCore(field));
  }

  /** What is summed up for `min-octets`. */
  get totals(): Total[] {
    return this.#fields.totals;
  }

  get #read(): string[] {
    return [...new Set(this.#all.flatMap(testsOf).flatMap(({ fields }) => fields))];
  }
}

/** What can be filtered by one after another. */
const partsOf = (condition: Expression): readonly Expression[] =>
  'all' in condition ? condition.all : [condition];

const isCore = (field: string): boolean => (coreFields as readonly string[]).includes(field);
