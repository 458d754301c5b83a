import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changedFilter,
  filterParts,
  filterWithoutPart,
} from '../../../src/console/app/filter/filter-change.ts';
import { readFilter } from '../../../src/console/app/filter/read-filter.ts';
import type { ValueTest } from '../../../src/console/app/groups/mark.ts';
import { parseCondition, printCondition } from '../../../src/flow/index.ts';

const markOf = (tests: ValueTest[], isEither = false) => ({ tests, isEither });
const source = (value: string | null): ValueTest => ({ dimension: 'sourceWorkload', value });
const destination = (value: string | null): ValueTest => ({ dimension: 'destinationWorkload', value });

describe('a filter that a picture changes', () => {
  it('has the tests of the mark beside what it had', () => {
    const link = markOf([source('shop/cart'), destination('data/redis')]);
    expect(changedFilter('', link, false)).toBe(
      'sourceWorkload=shop/cart and destinationWorkload=data/redis',
    );
    expect(changedFilter('port=53 or port=80', markOf([source('a')]), false)).toBe(
      '(port=53 or port=80) and sourceWorkload=a',
    );
  });

  it('leaves out the flows of a mark', () => {
    expect(changedFilter('', markOf([source('a')]), true)).toBe('sourceWorkload!=a');
    expect(changedFilter('', markOf([source('a'), destination('b')]), true)).toBe(
      'not (sourceWorkload=a and destinationWorkload=b)',
    );
  });

  it('asks for either end of an arc', () => {
    expect(changedFilter('port=53', markOf([source('a'), destination('a')], true), false)).toBe(
      'port=53 and (sourceWorkload=a or destinationWorkload=a)',
    );
  });

  it('says nothing twice, and nothing of the rest', () => {
    expect(changedFilter('sourceWorkload=a', markOf([source('a'), destination('b')]), false)).toBe(
      'sourceWorkload=a and destinationWorkload=b',
    );
    expect(changedFilter('port=53', markOf([]), false)).toBe('port=53');
  });

  it('tests for no value, which is not a value called none', () => {
    const none = changedFilter('', markOf([source(null)]), false);
    expect(none).toBe('sourceWorkload=""');
    expect(changedFilter('', markOf([source('none')]), false)).toBe('sourceWorkload=none');
  });

  it('means the same value when it is read again, for names of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 253 }), (name) => {
        const text = changedFilter('', markOf([source(name)]), false);
        expect(parseCondition(text)).toEqual({ word: 'sourceWorkload', values: [name] });
      }),
    );
  });
});

describe('the parts of a filter', () => {
  const condition = parseCondition('namespace=shop and (port=53 or port=80) and not proto=udp');

  it('are what all flows have to pass', () => {
    expect(filterParts(condition)).toEqual(['namespace=shop', 'port=53 or port=80', 'proto!=udp']);
  });

  it('can go one by one', () => {
    expect(filterWithoutPart(condition, 1)).toBe('namespace=shop and proto!=udp');
    expect(printCondition(parseCondition(filterWithoutPart(parseCondition('port=53'), 0)))).toBe('');
  });
});

describe('a text that is no filter', () => {
  it('says where it is wrong, and what is expected there', () => {
    expect(readFilter('namespace=shop and port=')).toEqual({
      fault: { at: 24, message: expect.stringContaining('column 25: expected') },
    });
    expect(readFilter('a=b=c').fault).toBeDefined();
  });
});
