import { suggestionText } from '../text/index.ts';
import {
  allConditions,
  anyCondition,
  conditionOfValues,
  type FlowCondition,
  noCondition,
  oppositeCondition,
} from './condition.ts';
import { ConditionError } from './condition-error.ts';
import { type Keyword, keywords, quotedValue, type Token, type TokenSymbol, tokensOf } from './token.ts';
import { valueCondition } from './word-meanings.ts';
import { type ConditionWord, conditionWords, isConditionWord } from './words.ts';

export const conditionBounds = {
  /** Of UTF-8. */
  octets: 8_192,
  /** Parentheses and "not" within each other. */
  levels: 32,
  /** Values, and "exists". */
  tests: 256,
} as const;

/** What may stand at a place: a symbol, a keyword, a word, or a value of a word. */
export type Expectation = TokenSymbol | Keyword | 'word' | 'end' | { readonly valueOf: ConditionWord };

/**
 * The condition of a text, such as `namespace=shop and not (port=53 or dst=10.0.0.0/8)`. An empty text passes
 * every record.
 * @throws {ConditionError} with the column, what was expected and what was found
 */
export const parseCondition = (text: string): FlowCondition => new ConditionParser(text).parse();

/** Reads a text once. "not" binds closer than "and", and "and" closer than "or". */
export class ConditionParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #tests = 0;
  #expected: Expectation[] = [];

  /** @throws {ConditionError} */
  constructor(text: string) {
    expectShort(text);
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  /** What may stand behind the text; nothing if the parser stopped before its end. */
  get expected(): readonly Expectation[] {
    return this.#token.kind === 'end' ? this.#expected : [];
  }

  /** @throws {ConditionError} */
  parse(): FlowCondition {
    if (this.#tokens.length === 1) {
      this.#expected = ['word', 'not', '('];
      return noCondition;
    }
    const condition = this.#alternatives(0);
    if (!this.#takes('end')) this.#fail();
    return condition;
  }

  #alternatives(level: number): FlowCondition {
    const first = this.#parts(level);
    const others: FlowCondition[] = [];
    while (this.#takes('or')) others.push(this.#parts(level));
    return anyCondition(first, ...others);
  }

  #parts(level: number): FlowCondition {
    const parts = [this.#part(level)];
    while (this.#takes('and')) parts.push(this.#part(level));
    return allConditions(...parts);
  }

  #part(level: number): FlowCondition {
    const { start } = this.#token;
    const isNot = this.#takes('not');
    if (!isNot && !this.#takes('(')) return this.#test();
    if (level === conditionBounds.levels)
      throw this.#error(
        start,
        `at most ${conditionBounds.levels} parentheses and "not" within each other`,
        'one more',
      );
    if (isNot) return oppositeCondition(this.#part(level + 1));
    const condition = this.#alternatives(level + 1);
    if (!this.#takes(')')) this.#fail();
    return condition;
  }

  #test(): FlowCondition {
    const word = this.#word();
    if (this.#takes('exists')) {
      this.#countTest(this.#tokens[this.#next - 1]!);
      return { exists: word };
    }
    if (this.#takes('!=')) return oppositeCondition({ word, values: this.#values(word, false).some });
    if (!this.#takes('=')) this.#fail();
    const { some, others } = this.#values(word, true);
    return conditionOfValues(word, some, others);
  }

  #word(): ConditionWord {
    const { kind, value, start } = this.#token;
    if (kind !== 'plain') this.#fail('word');
    if (!isConditionWord(value))
      throw this.#error(
        start,
        `one of the words ${Object.keys(conditionWords).join(', ')}`,
        foundText(this.#token) + suggestionText(value, Object.keys(conditionWords)),
      );
    this.#advance();
    return value;
  }

  /** Values with commas between. A negated one has an exclamation mark before it. */
  #values(word: ConditionWord, mayNegate: boolean): { some: string[]; others: string[] } {
    const some: string[] = [];
    const others: string[] = [];
    do {
      const isNegated = mayNegate && this.#takes('!');
      (isNegated ? others : some).push(this.#value(word));
    } while (this.#takes(','));
    return { some, others };
  }

  #value(word: ConditionWord): string {
    const token = this.#token;
    if (token.kind !== 'plain' && token.kind !== 'quoted') this.#fail({ valueOf: word });
    this.#countTest(token);
    if (valueCondition(word, token.value) === undefined)
      throw this.#error(token.start, conditionWords[word], foundText(token));
    this.#advance();
    return token.value;
  }

  #countTest({ start }: Token): void {
    if (++this.#tests > conditionBounds.tests)
      throw this.#error(start, `at most ${conditionBounds.tests} values and "exists"`, 'one more');
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  #takes(kind: Keyword | TokenSymbol | 'end'): boolean {
    this.#expected.push(kind);
    if (this.#token.kind !== kind) return false;
    if (kind !== 'end') this.#advance();
    return true;
  }

  #advance(): void {
    this.#next++;
    this.#expected = [];
  }

  /** @throws {ConditionError} with all that may stand here */
  #fail(...more: Expectation[]): never {
    this.#expected.push(...more);
    const expected = this.#expected.map(expectationText);
    const last = expected.pop()!;
    const listed = expected.length === 0 ? last : `${expected.join(', ')} or ${last}`;
    throw this.#error(this.#token.start, listed, foundText(this.#token));
  }

  #error(at: number, expected: string, found: string): ConditionError {
    return new ConditionError(this.#text, at, expected, found);
  }
}

function expectShort(text: string): void {
  const octets = new TextEncoder().encode(text).length;
  if (octets > conditionBounds.octets)
    throw new ConditionError('', 0, `at most ${conditionBounds.octets} octets`, `${octets}`);
}

function expectationText(expectation: Expectation): string {
  if (typeof expectation === 'object')
    return `a value for ${expectation.valueOf} (${conditionWords[expectation.valueOf]})`;
  if (expectation === 'word') return 'a word such as src';
  return expectation === 'end' ? 'the end' : `"${expectation}"`;
}

/** Of a long text, its beginning. */
const MOST_SHOWN = 60;

function foundText({ kind, value }: Token): string {
  if (kind === 'end') return 'the end';
  if (kind !== 'plain' && kind !== 'quoted')
    return (keywords as readonly string[]).includes(kind)
      ? `"${kind}", which needs quotes if it is a name`
      : `"${kind}"`;
  const shown = [...value].slice(0, MOST_SHOWN).join('');
  return quotedValue(shown === value ? value : `${shown}…`);
}
