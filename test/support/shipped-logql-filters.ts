import { conditionOfWords, type FilterWords } from '../../src/flow/index.ts';
import { logqlOf } from '../../src/logs/index.ts';
import { layouts, printedValues, valuesByWord, wordsTogether } from './filter-word-values.ts';

/**
 * The queries that `weir logql` writes, by its filter words. A single word has a query for each of its
 * values, wanted and excluded.
 */
export const queriesOfFilters = (): Map<string, readonly string[]> =>
  new Map([
    ...Object.entries(valuesByWord).map(([word, values]) => ofWord(`--${word}`, word, values)),
    ...Object.entries(printedValues).map(([word, values]) => ofWord(`--${word} as printed`, word, values)),
    ...wordsTogether.map(ofWordsTogether),
  ]);

function ofWord(name: string, word: string, values: readonly string[]): [string, readonly string[]] {
  const written = values
    .flatMap((value) => [value, `!${value}`])
    .map((value) => logqlOf(conditionOfWords({ [word]: [value] }), layouts['as by default']));
  return [name, written];
}

function ofWordsTogether(words: FilterWords): [string, readonly string[]] {
  const given = Object.entries(words).flatMap(([word, values]) =>
    values.map((value) => `--${word} ${value}`),
  );
  return [
    given.join(' '),
    Object.values(layouts).map((options) => logqlOf(conditionOfWords(words), options)),
  ];
}
