import type { AddressRange } from '../../flow/index.ts';
import type { Filter } from './expression.ts';

/** How a query language tests a field. A field without a value is empty. */
export interface FilterLanguage {
  is(field: string, value: string): Filter;
  startsWith(field: string, start: string): Filter;
  /**
   * Tests that a present address is in a range. Any one of the filters must hold.
   * @param mayBeEmpty whether entries may lack the field; the opposite must hold for those
   */
  within(field: string, range: AddressRange, mayBeEmpty: boolean): Filter[];
  /** Tests that a number is at least this large. */
  isAtLeast(field: string, bound: bigint): Filter;
}
