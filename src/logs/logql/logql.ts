import { type FilterWord, type FilterWords, FlowFilter } from '../../flow/index.ts';
import {
  coreFields,
  corePattern,
  defaultStaticLabels,
  type FlowLinesOptions,
  LogLayout,
} from '../flow-lines/index.ts';
import { anyOf, type Expression, needlesOf, not, Place, placeOf, testsOf, textOf } from './expression.ts';
import { FieldTests } from './field-tests.ts';
import { literal } from './literal.ts';
import { streamSelector } from './stream-selector.ts';
import { OCTETS, WordTests } from './word-tests.ts';

/**
 * The query that finds in Loki the flows that pass a `FlowFilter` of these words, one stage a line: streams by their labels, then what
 * Loki looks for without parsing, then what it has to read from lines, and only that.
 *
 * @param options with which the flows are logged
 * @throws {TypeError} naming the word, the value and what was expected
 */
export function logqlOf(words: FilterWords, options: FlowLinesOptions = {}): string {
  new FlowFilter(words); // which knows what values are right
  const layout = new LogLayout(options);
  const conditions = conditionsOf(words, new WordTests(layout));
  const filters = (place: Place) =>
    conditions.filter((one) => placeOf(one) === place).map((one) => `| ${textOf(one)}`);
  return [
    streamSelector(words, layout.labels, { ...defaultStaticLabels, ...options.staticLabels }),
    ...conditions.flatMap(lineFilter),
    ...filters(Place.metadata),
    ...patternStage(conditions),
    ...filters(Place.core),
    ...logfmtStage(conditions),
    ...filters(Place.tail),
    ...sumStage(conditions, layout),
    ...filters(Place.sum),
  ].join('\n  ');
}

/** All of them have to hold. */
function conditionsOf(words: FilterWords, tests: WordTests): Expression[] {
  return Object.entries(words).flatMap(([word, values]) => {
    const of = (value: string) => tests.of(word as FilterWord, value);
    const wanted = values.filter((value) => !value.startsWith('!')).map(of);
    const excluded = values.filter((value) => value.startsWith('!')).map((value) => of(value.slice(1)));
    return [...(wanted.length > 0 ? [anyOf(...wanted)] : []), ...excluded.map(not)].flatMap(partsOf);
  });
}

/** What can be filtered by one after another. */
const partsOf = (condition: Expression): readonly Expression[] =>
  'all' in condition ? condition.all : [condition];

function lineFilter(condition: Expression): string[] {
  const needles = needlesOf(condition);
  return needles === undefined ? [] : [`|= ${needles.map(literal).join(' or ')}`];
}

const isCore = (field: string): boolean => (coreFields as readonly string[]).includes(field);

const fieldsOf = (conditions: readonly Expression[]): string[] => [
  ...new Set(conditions.flatMap(testsOf).flatMap(({ fields }) => fields)),
];

/** Names the fields of a line's core that are asked for. */
function patternStage(conditions: readonly Expression[]): string[] {
  const pattern = corePattern(fieldsOf(conditions));
  return pattern === undefined ? [] : [`| pattern "${pattern}"`];
}

/** Names the further fields that are asked for. */
function logfmtStage(conditions: readonly Expression[]): string[] {
  const wanted = fieldsOf(conditions).filter((field) => !isCore(field));
  return wanted.length === 0 ? [] : [`| logfmt ${wanted.join(', ')}`];
}

function sumStage(conditions: readonly Expression[], layout: LogLayout): string[] {
  if (!conditions.some((one) => placeOf(one) === Place.sum)) return [];
  const total = (name: 'octetTotalCount' | 'reverseOctetTotalCount') => {
    const isInLine = new FieldTests(layout).placeOf(name) === Place.tail;
    const expected = isInLine ? layout.expectationOf(name) : undefined;
    return expected === undefined ? `(float64 .${name})` : `(or .${name} .${expected} | float64)`;
  };
  const sum = `{{ addf ${total('octetTotalCount')} ${total('reverseOctetTotalCount')} }}`;
  return [`| label_format ${OCTETS}=${literal(sum)}`];
}
