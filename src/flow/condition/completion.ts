import type { DimensionName } from '../dimension.ts';
import { ConditionError } from './condition-error.ts';
import { ConditionParser, type Expectation } from './condition-parser.ts';
import { plainOrQuoted } from './condition-printer.ts';
import { dimensionsAsked, knownValues, type Vocabulary } from './known-values.ts';
import { endOfText, type Keyword, type TokenSymbol, tokensOf } from './token.ts';
import { type ConditionWord, conditionWords, isFilterWord } from './words.ts';

/** Something that can stand at a place. */
export interface Completion {
  readonly kind: 'word' | 'value' | 'operator';
  readonly text: string;
  /** What a word or an operator means, or a value that does not say it. */
  readonly description?: string;
}

/** Texts of which each may replace the part of a condition between two places, in UTF-16 units. */
export interface Completions {
  readonly from: number;
  readonly to: number;
  /** The dimensions whose values in use can stand there. Ask for them, and complete again with them. */
  readonly valuesOf: readonly DimensionName[];
  /** At most 20, the likeliest first. */
  readonly items: readonly Completion[];
}

const MOST_ITEMS = 20;

/** What can stand at the cursor of a text: what the parser accepts there, as far as it is known. */
export function completeCondition(text: string, cursor: number, vocabulary: Vocabulary = {}): Completions {
  const begun = begunAt(text.slice(0, cursor));
  const to = begun.isText ? Math.max(cursor, endOfText(text, begun.from)) : cursor;
  const found = completionsAt({ before: text.slice(0, begun.from), begun: begun.text }, vocabulary);
  const areNew = found.items.some((item) => item.text.trim() !== text.slice(begun.from, to));
  if (areNew || to > cursor) return { from: begun.from, to, ...found };
  // Without the values nothing new is known: with them, one may begin with what stands there.
  const behind = completionsAt({ before: text.slice(0, cursor), begun: '' }, vocabulary);
  const valuesOf = [...new Set([...found.valuesOf, ...behind.valuesOf])];
  return { from: cursor, to: cursor, valuesOf, items: behind.items };
}

/** The last token of a text, if it may go on. */
interface BegunToken {
  readonly from: number;
  /** What it means so far. */
  readonly text: string;
  /** It is a word, a value or a keyword. */
  readonly isText: boolean;
}

function begunAt(text: string): BegunToken {
  const nothing: BegunToken = { from: text.length, text: '', isText: false };
  try {
    const token = tokensOf(text).at(-2);
    if (token === undefined || token.end < text.length) return nothing;
    if (token.kind === '!') return { from: token.start, text: '!', isText: false };
    const isDone = token.kind === 'quoted' || token.value === '';
    return isDone ? nothing : { from: token.start, text: token.value, isText: true };
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const isQuote = text[error.at] === '"';
    return isQuote ? { from: error.at, text: text.slice(error.at + 1), isText: true } : nothing;
  }
}

/** A place in a text. */
interface Place {
  /** What stands before it. */
  readonly before: string;
  /** The beginning of what stands there. */
  readonly begun: string;
}

function completionsAt(place: Place, vocabulary: Vocabulary): Pick<Completions, 'items' | 'valuesOf'> {
  const { before, begun } = place;
  const expected = expectedBehind(before);
  const operators = expected
    .flatMap((one) => (typeof one === 'object' || one === 'word' || one === 'end' ? [] : [one]))
    .filter((operator) => operator.startsWith(begun.toLowerCase()))
    .map((operator) => operatorItem(operator, before));
  const others = expected.flatMap((one) => namedItems(one, place, vocabulary));
  return {
    valuesOf: expected.flatMap((one) => (typeof one === 'object' ? dimensionsAsked(one.valueOf) : [])),
    items: [...others.slice(0, MOST_ITEMS - operators.length), ...operators],
  };
}

function expectedBehind(text: string): readonly Expectation[] {
  let parser: ConditionParser | undefined;
  try {
    parser = new ConditionParser(text);
    parser.parse();
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
  }
  return parser?.expected ?? [];
}

const meanings: Readonly<Record<Keyword | TokenSymbol, string>> = {
  '=': 'is one of',
  '!=': 'is none of',
  '!': 'not this value',
  ',': 'or this value',
  '(': 'together',
  ')': 'together',
  and: 'both hold',
  or: 'one of them holds',
  not: 'the opposite',
  exists: 'has a value',
};

/** A keyword stands alone. */
function operatorItem(operator: Keyword | TokenSymbol, before: string): Completion {
  const isKeyword = /^[a-z]/.test(operator);
  const end = isKeyword && operator !== 'exists' ? ' ' : '';
  const text = `${isKeyword ? spaceBehind(before) : ''}${operator}${end}`;
  return { kind: 'operator', text, description: meanings[operator] };
}

/** What a word or keyword needs before it. */
const spaceBehind = (before: string): string => (/[^\s(]$/.test(before) ? ' ' : '');

function namedItems(
  expectation: Expectation,
  { before, begun }: Place,
  vocabulary: Vocabulary,
): Completion[] {
  if (expectation === 'word')
    return bestMatches(Object.keys(conditionWords) as ConditionWord[], begun).flatMap((word) =>
      word === begun ? wordInUse(word, before) : wordItem(word, before),
    );
  if (typeof expectation !== 'object') return [];
  const { valueOf: word } = expectation;
  const values = bestMatches(knownValues(word, vocabulary), begun).slice(0, MOST_ITEMS - RESERVED);
  const items = values.map((value): Completion => ({ kind: 'value', text: plainOrQuoted(value) }));
  const mayBeNone = begun === '' && !isFilterWord(word);
  return mayBeNone ? [...items, { kind: 'value', text: '""', description: 'no value' }] : items;
}

const wordItem = (word: ConditionWord, before: string): Completion => ({
  kind: 'word',
  text: `${spaceBehind(before)}${word}`,
  description: conditionWords[word],
});

/** What can follow a word that stands there whole. */
const wordInUse = (word: ConditionWord, before: string): Completion[] =>
  (['=', '!=', 'exists'] as const).map((operator) => {
    const { text, ...item } = operatorItem(operator, word);
    return { ...item, text: `${spaceBehind(before)}${word}${text}` };
  });

/** Items that come behind the values: none, and the exclamation mark. */
const RESERVED = 2;

/** First those that begin with a text, then those that contain it, in any case. */
function bestMatches<T extends string>(texts: readonly T[], begun: string): T[] {
  const wanted = begun.toLowerCase();
  const places = texts.map((text) => [text, text.toLowerCase().indexOf(wanted)] as const);
  const ofPlace = (isThere: (place: number) => boolean) =>
    places.filter(([, place]) => isThere(place)).map(([text]) => text);
  return [...ofPlace((place) => place === 0), ...ofPlace((place) => place > 0)];
}
