import { describe, expect, it } from 'vitest';
import { Dictionary } from '../../../src/flow/index.ts';
import { ValueBudget } from '../../../src/logs/flow-lines/value-budget.ts';

describe('the values of a label', () => {
  it('are the first ones up to the bound, and "other" for the rest', () => {
    const dictionary = new Dictionary();
    const ids = ['a', 'b', 'other', 'c', 'a'].map((text) => dictionary.internText(text));
    const budget = new ValueBudget(2);
    budget.bind(dictionary);
    expect(ids.map((id) => budget.text(budget.value(id)))).toEqual(['a', 'b', 'other', 'other', 'a']);
    expect(budget.folded).toBe(1);
  });

  it('stay known while the dictionary grows between rows', () => {
    const dictionary = new Dictionary();
    const budget = new ValueBudget(1_000);
    for (let i = 0; i < 1_000; i++) {
      const id = dictionary.internText(`name-${i}`);
      budget.bind(dictionary);
      expect(budget.text(budget.value(id))).toBe(`name-${i}`);
    }
  });
});
