import { describe, expect, it } from 'vitest';
import { conditionExamples } from '../../scripts/filters-page.ts';
import { noCondition, parseCondition, printCondition } from '../../src/flow/index.ts';

describe('an example of docs/reference/filters.md', () => {
  it.each(Object.keys(conditionExamples))('is a condition: %s', (text) => {
    const condition = parseCondition(text);
    expect(condition).not.toEqual(noCondition);
    expect(parseCondition(printCondition(condition))).toEqual(condition);
  });
});
