import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedParameters, printSearch, readSearch } from '../../../src/console/app/address/address-text.ts';

describe('the query string of the console', () => {
  it('is readable: filters, lists and times stand in it as people write them', () => {
    const parameters = new Map([
      ['page', 'explore'],
      ['from', '2026-01-31T10:00:00Z'],
      ['by', 'sourceWorkload,destinationWorkload'],
      ['where', 'namespace=shop and not port=53'],
    ]);
    expect(printSearch(parameters)).toBe(
      '?page=explore&from=2026-01-31T10:00:00Z&by=sourceWorkload,destinationWorkload&where=namespace=shop+and+not+port=53',
    );
  });

  it('comes back as it was, for names of any text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.string({ unit: 'grapheme', minLength: 1 }),
            fc.string({ unit: 'binary', minLength: 1 }),
          ),
        ),
        (entries) => {
          const parameters = new Map(entries);
          expect(readSearch(printSearch(parameters))).toEqual(parameters);
        },
      ),
    );
  });

  it('loses a parameter that becomes empty, and keeps the others', () => {
    const before = readSearch('?from=6h&where=port=53');
    expect(printSearch(changedParameters(before, { where: '' }))).toBe('?from=6h');
    expect(printSearch(changedParameters(before, { from: undefined, where: undefined }))).toBe('?');
  });
});
