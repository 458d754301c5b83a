import fc from 'fast-check';
import {
  allConditions,
  anyCondition,
  type ConditionWord,
  type FlowCondition,
  oppositeCondition,
} from '../../src/flow/index.ts';

/** Names that look like syntax, like nothing, or like something else. */
export const hostileNames = [
  'Other',
  '__proto__',
  'constructor',
  '<b>',
  'a\u202eb\u2069',
  '\u200b',
  'x'.repeat(253),
  'and',
  'OR',
  'Not',
  'exists',
  'null',
  'none',
  '',
  ' ',
  'a b',
  '"',
  '\\',
  '\\"',
  '"quoted"',
  "'",
  ',',
  '(',
  ')',
  '=',
  '!=',
  '!shop',
  '!',
  'a=b=c',
  'port=53',
  'new\nline',
  '\u0000',
  '😀',
  '👩‍💻',
  '\ud800',
  '\udc00 end',
  'é',
  '名',
  '*',
];

const treesOf = (test: fc.Arbitrary<FlowCondition>) =>
  fc.letrec<{ condition: FlowCondition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      test,
      fc
        .array(tie('condition'), { minLength: 2, maxLength: 3 })
        .map(([first, ...others]) => allConditions(first!, ...others)),
      fc
        .array(tie('condition'), { minLength: 2, maxLength: 3 })
        .map(([first, ...others]) => anyCondition(first!, ...others)),
      tie('condition').map(oppositeCondition),
    ),
  })).condition;

/** Trees of tests of these words with these values, and of their presence. */
export const anyTree = (valuesByWord: Readonly<Partial<Record<ConditionWord, readonly string[]>>>) =>
  treesOf(
    fc.oneof(
      ...Object.entries(valuesByWord).map(([word, values]) =>
        fc
          .array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
          .map((some): FlowCondition => ({ word: word as ConditionWord, values: some })),
      ),
      fc
        .constantFrom(...(Object.keys(valuesByWord) as ConditionWord[]))
        .map((word): FlowCondition => ({ exists: word })),
    ),
  );
