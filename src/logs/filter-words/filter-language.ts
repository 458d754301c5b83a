import type { AddressRange } from '../../flow/index.ts';
import type { Filter } from './expression.ts';

/** How a query language says what a field has to be. A field without a value is empty. */
export interface FilterLanguage {
  is(field: string, value: string): Filter;
  startsWith(field: string, start: string): Filter;
  /**
   * That an address, which is there, is in a range of several. Any of the filters has to hold.
   * @param mayBeEmpty whether entries may lack the field; the opposite has to hold for those
   */
  within(field: string, range: AddressRange, mayBeEmpty: boolean): Filter[];
  /** That a number is so large. */
  isAtLeast(field: string, bound: bigint): Filter;
}
