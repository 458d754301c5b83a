/** What the table records about a field, and short constructors for it. */
import { antreaElement, type Element } from './element.ts';
import type { Enumeration } from './enumerations.ts';

/**
 * How a column holds a field, and which value means "no value":
 * - `address`: 4 words of 32 bits a row, IPv4 mapped into IPv6; absent is all zero
 * - `string`: an id into the batch's dictionary; absent is 0, the empty string
 * - `unsigned8|16|32`: absent is 0
 * - `unsigned64`: a double, exact to 2^53; absent is NaN, so that "not counted" is never shown as zero
 * - `time`: milliseconds since 1970 as a double, fraction kept; absent is NaN
 */
export type Storage =
  | 'address'
  | 'string'
  | 'unsigned8'
  | 'unsigned16'
  | 'unsigned32'
  | 'unsigned64'
  | 'time';

export interface Field {
  readonly storage: Storage;
  readonly description: string;
  /** Elements that carry the field, the preferred first. A field with two families lists those of IPv4. */
  readonly elements: readonly Element[];
  /** Elements of an IPv6 flow where they differ. */
  readonly ipv6Elements?: readonly Element[];
  readonly unit?: 'octets' | 'packets' | 'bits per second';
  readonly enumeration?: Enumeration;
  /** An all-zero address in this field means that there is none, not that it is 0.0.0.0. */
  readonly zeroIsAbsent?: true;
}

/** A 64-bit counter; `describe` names the direction and the observer. */
export const counterField = <const E extends Element>(
  unit: 'octets' | 'packets' | 'bits per second',
  element: E,
  description: string,
) => ({
  storage: 'unsigned64' as const,
  unit,
  description,
  elements: [element],
});

export const textField = <const E extends Element>(element: E, description: string) => ({
  storage: 'string' as const,
  description,
  elements: [element],
});

export const smallField = <const E extends Element>(
  element: E,
  enumeration: Enumeration,
  description: string,
) => ({
  storage: 'unsigned8' as const,
  enumeration,
  description,
  elements: [element],
});

export const portField = <const E extends Element>(element: E, description: string) => ({
  storage: 'unsigned16' as const,
  description,
  elements: [element],
});

/** The start of the interval that a counter covers. */
export const SINCE_START = 'since the flow started';
export const SINCE_PREVIOUS = "since this flow's previous record";

/** A rate over the interval that the deltas of the same record cover. */
export const rateField = (id: number, name: string, what: string) =>
  counterField('bits per second', antreaElement(id, name, 'unsigned64'), `average ${what} ${SINCE_PREVIOUS}`);
