import { ConditionError } from './condition-error.ts';

export const symbols = ['=', '!=', '!', ',', '(', ')'] as const;
export const keywords = ['and', 'or', 'not', 'exists'] as const;

export type TokenSymbol = (typeof symbols)[number];
export type Keyword = (typeof keywords)[number];

/** A piece of the text of a condition. */
export interface Token {
  readonly kind: TokenSymbol | Keyword | 'plain' | 'quoted' | 'end';
  /** Its part of the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Of a plain or quoted text, what it means. */
  readonly value: string;
}

/** Of these alone, a word or value needs no quotes. */
const plainPattern = /[A-Za-z0-9._:/[\]-]+/y;
/** A string of JSON. */
const quotedPattern = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const symbolPattern = /!=|[=!,()]/y;
const spacePattern = /[ \t\r\n]+/y;

/** Whether a value stands for itself without quotes. */
export const isPlain = (value: string): boolean =>
  matchAt(plainPattern, value, 0) === value && !isKeyword(value);

const isKeyword = (text: string): boolean => keywordOf(text) !== undefined;

const keywordOf = (text: string): Keyword | undefined =>
  keywords.find((keyword) => keyword === text.toLowerCase());

/** The end of the plain or quoted text that begins or goes on here; `at` if there is none. */
export const endOfText = (text: string, at: number): number =>
  at + (matchAt(plainPattern, text, at) ?? matchAt(quotedPattern, text, at) ?? '').length;

/** @throws {ConditionError} at the first character that no token has */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  const addToken = (kind: Token['kind'], length: number, value = '') => {
    tokens.push({ kind, start, end: start + length, value });
    start += length;
  };
  while (true) {
    start += matchAt(spacePattern, text, start)?.length ?? 0;
    if (start === text.length) break;
    const plain = matchAt(plainPattern, text, start);
    const quoted = matchAt(quotedPattern, text, start);
    const symbol = matchAt(symbolPattern, text, start);
    if (plain !== undefined) addToken(keywordOf(plain) ?? 'plain', plain.length, plain);
    else if (quoted !== undefined) addToken('quoted', quoted.length, JSON.parse(quoted));
    else if (symbol !== undefined) addToken(symbol as TokenSymbol, symbol.length);
    else throw unknownToken(text, start);
  }
  addToken('end', 0);
  return tokens;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function unknownToken(text: string, at: number): ConditionError {
  if (text[at] !== '"') {
    const character = String.fromCodePoint(text.codePointAt(at)!);
    return new ConditionError(
      text,
      at,
      'a value with this character to stand in double quotes',
      quotedValue(character),
    );
  }
  return new ConditionError(
    text,
    at,
    'a string of JSON, with \\\\ before \\ and ", and with a " at its end',
    quotedValue(text.slice(at, at + 40)),
  );
}

/** Characters that a terminal obeys, or that nobody sees: the same as in Weir's other texts. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** A text in quotes, as a string of JSON that can be seen whole. */
export function quotedValue(text: string): string {
  const escapedUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(unseen, (character) => character.split('').map(escapedUnit).join(''));
}
