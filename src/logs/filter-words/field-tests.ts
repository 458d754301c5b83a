import {
  type AddressRange,
  type CounterField,
  type FieldName,
  formatAddress,
  rangeContains,
} from '../../flow/index.ts';
import { coreFields, type LogField, type LogLayout } from '../flow-lines/index.ts';
import {
  allOf,
  anyOf,
  EntryPlace,
  type Expression,
  type Filter,
  negationOf,
  type Test,
} from './expression.ts';
import type { FilterLanguage } from './filter-language.ts';
import { asMetadata } from './literal.ts';

export type CoreField = (typeof coreFields)[number];
type Field = LogField | CoreField;

/** The field in which `min-octets` adds up both directions. */
export const SUMMED_OCTETS = 'octets';

/** What a line has in place of a missing value that it would otherwise leave out. */
const NO_VALUE = '-';

/** The octets of one direction. */
export interface Total {
  readonly field: FieldName;
  /** The field that has the value when an entry leaves out `field`. */
  readonly orElse: FieldName | undefined;
}

/** Tests of the fields of a record, each at its place in the layout. */
export class FieldTests {
  readonly #layout: LogLayout;
  readonly #language: FilterLanguage;

  constructor(layout: LogLayout, language: FilterLanguage) {
    this.#layout = layout;
    this.#language = language;
  }

  /**
   * Tests that a field has this value, or none if that is empty.
   * @param needle a text in the line of each entry with it
   */
  is(field: Field, value: string, needle?: string): Expression {
    const name = this.#nameOf(field);
    const text = value === '' && this.placeOf(name) === EntryPlace.core ? '-' : value;
    return this.#test(name, this.#language.is(name, this.#stored(name, text)), needle);
  }

  startsWith(field: Field, start: string): Expression {
    return this.#test(field, this.#language.startsWith(field, this.#stored(field, start)));
  }

  /** Tests that an address is in a range, as `rangeContains` does. */
  within(field: Field, range: AddressRange): Expression {
    if (range.prefixLength === 128) return this.#isAddress(field, formatAddress(range.words));
    const mayBeEmpty = this.placeOf(field) !== EntryPlace.core;
    const tests = this.#language.within(field, range, mayBeEmpty).map((filter) => this.#test(field, filter));
    return anyOf(...tests, ...(rangeContains(range, [0, 0, 0, 0]) ? [this.is(field, '')] : []));
  }

  /** Tests that a counter has a value. A line may leave it out, since another field has it. */
  isTold(field: CounterField): Expression {
    const orElse = this.#orElse(field);
    const hasOne = negationOf(this.is(field, ''));
    if (orElse === undefined) return hasOne;
    return allOf(negationOf(this.is(field, NO_VALUE)), anyOf(hasOne, negationOf(this.is(orElse, ''))));
  }

  /** Tests that both directions together have at least this many octets. */
  sumIsAtLeast(bound: bigint): Expression {
    const read = this.totals.flatMap(({ field, orElse }) =>
      orElse === undefined ? [field] : [field, orElse],
    );
    return {
      ...this.#language.isAtLeast(SUMMED_OCTETS, bound),
      place: EntryPlace.sum,
      fields: read.filter((field) => this.placeOf(field) !== EntryPlace.metadata),
    };
  }

  /** The totals that `min-octets` adds up. */
  get totals(): Total[] {
    return (['octetTotalCount', 'reverseOctetTotalCount'] as const).map((field) => ({
      field,
      orElse: this.#orElse(field),
    }));
  }

  /** Labels are queried like metadata; so is a field that is nowhere, which no entry has. */
  placeOf(field: Field): EntryPlace {
    if (this.#isMetadata(field)) return EntryPlace.metadata;
    if ((coreFields as readonly string[]).includes(field)) return EntryPlace.core;
    return this.#layout.tail.includes(field as LogField) ? EntryPlace.tail : EntryPlace.metadata;
  }

  #orElse(field: FieldName): FieldName | undefined {
    return this.placeOf(field) === EntryPlace.tail ? this.#layout.expectationOf(field) : undefined;
  }

  #stored(field: Field, value: string): string {
    return this.placeOf(field) === EntryPlace.metadata ? asMetadata(value) : value;
  }

  /** The protocol has another name in lines than in the record. */
  #nameOf(field: Field): Field {
    return field === 'protocol' && this.#isMetadata('protocolIdentifier') ? 'protocolIdentifier' : field;
  }

  #isMetadata(field: Field): boolean {
    return this.#layout.metadata.includes(field as LogField);
  }

  #isAddress(field: Field, address: string): Expression {
    if (address === '::') return this.is(field, '');
    return this.is(field, address, field === 'sourceIP' ? `${address} ` : ` ${address} `);
  }

  #test(field: Field, filter: Filter, needle?: string): Test {
    const place = this.placeOf(field);
    return {
      ...filter,
      place,
      fields: place === EntryPlace.metadata ? [] : [field],
      ...(needle !== undefined && place === EntryPlace.core && { needle }),
    };
  }
}
