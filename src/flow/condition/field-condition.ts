import type { FieldName, FieldsStoredAs } from '../fields.ts';
import type { AddressRange } from '../ip-address.ts';

export type TextField = FieldsStoredAs<'string'>;
export type AddressField = FieldsStoredAs<'address'>;
export type SmallNumberField = FieldsStoredAs<'unsigned8' | 'unsigned16'>;
export type CounterField = FieldsStoredAs<'unsigned64'>;

/** A test of fields of a record. */
export type FieldTest =
  /** An empty text means that there is none. */
  | { readonly text: TextField; readonly is: string }
  | { readonly text: TextField; readonly startsWith: string }
  /** The workload that the name of a Pod tells: all but what controllers append. */
  | { readonly workloadOf: TextField; readonly is: string }
  /** No address is all zero. */
  | { readonly address: AddressField; readonly within: AddressRange }
  /** No number is 0. */
  | { readonly number: SmallNumberField; readonly isOneOf: readonly number[] }
  /** A counter without a value adds nothing. */
  | { readonly sumOf: readonly CounterField[]; readonly isAtLeast: number }
  /** The counter has a value. */
  | { readonly told: CounterField };

/**
 * A condition on the fields of a record. The words of a condition become one, and all that finds records
 * follows it: the filter itself, SQL, and the languages of log servers.
 */
export type FieldCondition =
  | { readonly all: readonly FieldCondition[] }
  | { readonly any: readonly FieldCondition[] }
  | { readonly not: FieldCondition }
  | FieldTest;

/** A test that only a reduction has: whether a text, or the namespace in namespace/name, is one of many. */
export type NamespaceTest =
  | { readonly text: TextField; readonly isAmong: readonly string[] }
  | { readonly namespaceIn: TextField; readonly isAmong: readonly string[] };

/** A condition on the rows of batches and files, by which a reduction says what somebody may read. */
export type RowRule =
  | { readonly all: readonly RowRule[] }
  | { readonly any: readonly RowRule[] }
  | { readonly not: RowRule }
  | FieldTest
  | NamespaceTest;

/** What a word asks of the fields of a record. */
export interface WordMeaning {
  /** For one value; undefined for a text that is no value of the word. */
  readonly is: (value: string) => FieldCondition | undefined;
  /** For any value. */
  readonly exists: FieldCondition;
}

/** The fields that a condition reads. */
export function fieldsIn(condition: RowRule): FieldName[] {
  if ('all' in condition) return condition.all.flatMap(fieldsIn);
  if ('any' in condition) return condition.any.flatMap(fieldsIn);
  if ('not' in condition) return fieldsIn(condition.not);
  if ('text' in condition) return [condition.text];
  if ('namespaceIn' in condition) return [condition.namespaceIn];
  if ('workloadOf' in condition) return [condition.workloadOf];
  if ('address' in condition) return [condition.address];
  if ('number' in condition) return [condition.number];
  return 'sumOf' in condition ? [...condition.sumOf] : [condition.told];
}
