import {
  type AddressRange,
  formatAddress,
  IPV4_MAPPED,
  parseAddress,
  rangeContains,
} from '../../flow/index.ts';
import { coreFields, type LogField, type LogLayout } from '../flow-lines/index.ts';
import { anyOf, type Expression, Place, type Test } from './expression.ts';
import { escaped, literal } from './literal.ts';

type Field = LogField | (typeof coreFields)[number];

/** Bits of an IPv4 address before its own, in the mapped form. */
const MAPPED_BITS = 96;

/** Tests of the fields of a record, each asked for where the layout puts it. */
export class FieldTests {
  readonly #layout: LogLayout;

  constructor(layout: LogLayout) {
    this.#layout = layout;
  }

  /** A field that is nowhere is asked for like metadata, of which no entry has any. */
  placeOf(field: Field): Place {
    if ((coreFields as readonly string[]).includes(field)) return Place.core;
    const isLabel = (this.#layout.labels as readonly string[]).includes(field);
    if (isLabel || this.#layout.metadata.includes(field as LogField)) return Place.metadata;
    return this.#layout.tail.includes(field as LogField) ? Place.tail : Place.metadata;
  }

  /**
   * That a field has this value, or none where that is empty.
   * @param needle that stands in the line where it has
   */
  is(field: Field, value: string, needle?: string): Expression {
    const text = value === '' && this.placeOf(field) === Place.core ? '-' : value;
    return this.#test(field, `=${literal(text)}`, `!=${literal(text)}`, needle);
  }

  startsWith(field: Field, start: string): Expression {
    // Loki takes "start.*" for "anything with start in it", which it finds faster; with dots that also mean line ends it does not
    return this.#matches(field, `${escaped(start)}(?s:.*)`);
  }

  /** That an address is in a range, as `rangeContains` has it. */
  within(field: Field, range: AddressRange): Expression {
    const { words, prefixLength } = range;
    const isSourceIP = field === 'sourceIP';
    if (prefixLength === 128) {
      const address = formatAddress(words);
      if (address === '::') return this.is(field, '');
      return this.is(field, address, isSourceIP ? `${address} ` : ` ${address} `);
    }
    const isIPv4 = prefixLength >= MAPPED_BITS && rangeContains(range, [0, 0, IPV4_MAPPED, words[3]]);
    if (isIPv4) return this.#ip(field, `${formatAddress(words)}/${prefixLength - MAPPED_BITS}`);
    const tests = [this.#ip(field, `${formatAddress(words)}/${prefixLength}`), ...this.#short(field, range)];
    if (rangeContains(range, [0, 0, IPV4_MAPPED, 0])) tests.push(this.#ip(field, '0.0.0.0/0'));
    if (rangeContains(range, [0, 0, 0, 0])) tests.push(this.is(field, ''));
    return anyOf(...tests);
  }

  #ip(field: Field, range: string): Expression {
    const opposite = `!=ip("${range}")`;
    const test = this.#test(field, `=ip("${range}")`, opposite);
    // of an address that is not there, Loki says neither that it is in a range nor that it is not
    if (test.place === Place.core) return test;
    return { ...test, opposite: `(${field}="" or ${field}${opposite})` };
  }

  /** Addresses of four characters or less in a range, in which ip() sees no address. */
  #short(field: Field, range: AddressRange): Expression[] {
    return shortAddresses.flatMap(({ pattern, addresses }) => {
      const inside = addresses.filter((address) => rangeContains(range, parseAddress(address)!));
      if (inside.length === addresses.length) return [this.#matches(field, pattern)];
      return inside.map((address) => this.is(field, address));
    });
  }

  #matches(field: Field, pattern: string): Expression {
    return this.#test(field, `=~${literal(pattern)}`, `!~${literal(pattern)}`);
  }

  #test(field: Field, is: string, isNot: string, needle?: string): Test {
    const place = this.placeOf(field);
    return {
      text: field + is,
      opposite: field + isNot,
      place,
      fields: place === Place.metadata ? [] : [field],
      ...(needle !== undefined && place === Place.core && { needle }),
    };
  }
}

const digits = Array.from({ length: 255 }, (_, i) => (i + 1).toString(16));
const single = digits.slice(0, 15);
const shortAddresses = [
  { pattern: '::[0-9a-f]{1,2}', addresses: digits.map((end) => `::${end}`) },
  { pattern: '[0-9a-f]{1,2}::', addresses: digits.map((start) => `${start}::`) },
  {
    pattern: '[0-9a-f]::[0-9a-f]',
    addresses: single.flatMap((start) => single.map((end) => `${start}::${end}`)),
  },
];
