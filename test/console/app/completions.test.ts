import { describe, expect, it } from 'vitest';
import { completionPlace } from '../../../src/console/app/filter/completion-place.ts';
import { completionsOf, dimensionsOfPlace } from '../../../src/console/app/filter/completions.ts';

const completionsAt = (text: string, values: string[] = []) => {
  const place = completionPlace(text)!;
  return completionsOf(place, values).map((one) => `${text.slice(0, one.start)}${one.text}`);
};

describe('the place where a filter is written', () => {
  it.each([
    ['', { kind: 'word', start: 0, prefix: '' }],
    ['sour', { kind: 'word', start: 0, prefix: 'sour' }],
    ['port=53 and na', { kind: 'word', start: 12, prefix: 'na' }],
    ['not (', { kind: 'word', start: 5, prefix: '' }],
    ['port=', { kind: 'value', word: 'port', start: 5, prefix: '' }],
    ['namespace!=sh', { kind: 'value', word: 'namespace', start: 11, prefix: 'sh' }],
    ['namespace=a,"b c",!sh', { kind: 'value', word: 'namespace', start: 19, prefix: 'sh' }],
    ['namespace="my sh', { kind: 'value', word: 'namespace', start: 10, prefix: 'my sh' }],
    ['port=53 ', { kind: 'joint', start: 8, prefix: '' }],
    ['(port=53) a', { kind: 'joint', start: 10, prefix: 'a' }],
  ])('is known from what stands before it: %s', (text, place) => {
    expect(completionPlace(text)).toEqual(place);
  });

  it('has no values for a word that there is not', () => {
    expect(completionPlace('constructor=')).toBeUndefined();
  });
});

describe('what may complete a filter', () => {
  it('are words, with the sign that has to follow', () => {
    expect(completionsAt('port=53 and names')).toEqual([
      'port=53 and namespace=',
      'port=53 and sourceNamespace=',
      'port=53 and destinationNamespace=',
    ]);
  });

  it('are values of the word, those that begin alike first', () => {
    expect(dimensionsOfPlace(completionPlace('namespace=')!)).toEqual([
      'sourceNamespace',
      'destinationNamespace',
    ]);
    expect(dimensionsOfPlace(completionPlace('service=')!)).toEqual(['service']);
    expect(completionsAt('namespace=sh', ['push', 'shop', 'data'])).toEqual([
      'namespace=shop',
      'namespace=push',
    ]);
  });

  it('have quotes where the language wants them', () => {
    expect(completionsAt('sourceWorkload=', ['a b', 'and', '<b>"'])).toEqual([
      'sourceWorkload="a b"',
      'sourceWorkload="and"',
      'sourceWorkload="<b>\\""',
    ]);
  });

  it('are known without a question where they are always the same', () => {
    expect(dimensionsOfPlace(completionPlace('action=')!)).toEqual([]);
    expect(completionsAt('action=')).toEqual(['action=allow', 'action=drop', 'action=reject']);
    expect(completionsAt('port=53 ')).toEqual(['port=53 and ', 'port=53 or ']);
  });
});
