import type { Template, TemplateField } from './template.ts';

/**
 * A field's value as plain data, by the abstract type of its element (RFC 7011 section 6.1, RFC 6313):
 *
 * - integers: a number, a bigint beyond 2^53
 * - float32, float64: a number; boolean: a boolean; string: a string
 * - macAddress, ipv4Address, ipv6Address: text
 * - dateTimeSeconds, dateTimeMilliseconds: milliseconds since 1970
 * - dateTimeMicroseconds, dateTimeNanoseconds: nanoseconds since 1970, a bigint
 * - lists: the objects below
 * - octetArray, and octets that are no value of their type: the octets
 */
export type Value =
  | number
  | bigint
  | boolean
  | string
  | Uint8Array
  | BasicList
  | SubTemplateList
  | SubTemplateMultiList;

/** How the values of a list relate to each other, by number (RFC 6313 section 4.4). */
export const listSemantics: ReadonlyMap<number, string> = new Map([
  [0, 'noneOf'],
  [1, 'exactlyOneOf'],
  [2, 'oneOrMoreOf'],
  [3, 'allOf'],
  [4, 'ordered'],
  [255, 'undefined'],
]);

/** Values of one element (RFC 6313 section 4.5.1). */
export interface BasicList {
  readonly kind: 'basicList';
  readonly semantic: number;
  readonly field: TemplateField;
  readonly values: readonly Value[];
}

/** Records of one template (RFC 6313 section 4.5.2). */
export interface SubTemplateList {
  readonly kind: 'subTemplateList';
  readonly semantic: number;
  readonly template: Template;
  readonly records: readonly DataRecord[];
}

/** Records of several templates, grouped by template (RFC 6313 section 4.5.3). */
export interface SubTemplateMultiList {
  readonly kind: 'subTemplateMultiList';
  readonly semantic: number;
  readonly parts: readonly { readonly template: Template; readonly records: readonly DataRecord[] }[];
}

/** One record of any template: a value for each of the template's fields, in order. */
export interface DataRecord {
  readonly template: Template;
  readonly values: readonly Value[];
}
