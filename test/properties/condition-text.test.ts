import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConditionError,
  completeCondition,
  conditionWords,
  noCondition,
  parseCondition,
  printCondition,
} from '../../src/flow/index.ts';
import { anyTree, hostileNames } from '../support/any-condition.ts';
import { printedValues, valuesByWord } from '../support/filter-word-values.ts';

const names = fc.oneof(
  fc.constantFrom(...hostileNames),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

describe('the text of a condition', () => {
  it('is read as the same condition, and printed as the same text', () => {
    fc.assert(
      fc.property(fc.oneof(anyTree(valuesByWord), anyTree(printedValues)), (condition) => {
        const text = printCondition(condition);
        expect(parseCondition(text)).toEqual(condition);
        expect(printCondition(parseCondition(text))).toBe(text);
      }),
    );
  });

  it('has any name in it, unharmed and visible', () => {
    fc.assert(
      fc.property(fc.array(names, { minLength: 1, maxLength: 4 }), (values) => {
        const condition = { word: 'service', values } as const;
        const text = printCondition(condition);
        expect(parseCondition(text)).toEqual(condition);
        expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('is a condition, or is refused with a column that is in it', () => {
    const pieces = fc.constantFrom(
      ...Object.keys(conditionWords),
      ...[
        '=',
        '!=',
        '!',
        ',',
        '(',
        ')',
        ' and ',
        ' or ',
        ' not ',
        ' exists',
        '"',
        '\\',
        ' ',
        '443',
        'tcp',
        '"a b"',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 12 }).map((some) => some.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          let message = '';
          try {
            const condition = parseCondition(text);
            expect(parseCondition(printCondition(condition))).toEqual(condition);
            if (text.trim() !== '') expect(condition).not.toEqual(noCondition);
          } catch (error) {
            message = (error as Error).message;
            expect(message).toMatch(/^column \d+: expected .*; found /s);
            expect(Number(/\d+/.exec(message)![0])).toBeLessThanOrEqual([...text].length + 1);
          }
        },
      ),
    );
  });

  it('can be completed as it is read: each completion is accepted where it stands', () => {
    const vocabulary = Object.fromEntries(
      Object.keys(conditionWords).map((word) => [word, [...hostileNames, '443', 'shop/web', '10.0.0.1']]),
    );
    const text = fc.tuple(anyTree(valuesByWord).map(printCondition), fc.nat());
    fc.assert(
      fc.property(text, ([whole, place]) => {
        const cursor = place % (whole.length + 1);
        const { from, to, items } = completeCondition(whole, cursor, vocabulary);
        expect(from <= cursor && cursor <= to && items.length <= 20).toBe(true);
        for (const item of items) {
          const completed = whole.slice(0, from) + item.text;
          try {
            parseCondition(completed);
          } catch (error) {
            expect((error as ConditionError).at, `${completed}: ${error}`).toBe(completed.length);
          }
        }
      }),
    );
  });
});
