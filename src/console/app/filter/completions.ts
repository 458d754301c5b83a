import {
  type ConditionWord,
  conditionWords,
  type DimensionName,
  dimensions,
  printCondition,
} from '../../../flow/index.ts';
import type { CompletionPlace } from './completion-place.ts';

/** A text that may replace what is written from `start` on. */
export interface OfferedText {
  readonly text: string;
  readonly meaning: string;
  readonly start: number;
}

const MOST_COMPLETIONS = 12;

/** Of which dimensions the values of a word are; a dimension is a word of its own. */
const dimensionsOfWords: Partial<Record<ConditionWord, readonly DimensionName[]>> = {
  src: ['source'],
  dst: ['destination'],
  peer: ['source', 'destination'],
  namespace: ['sourceNamespace', 'destinationNamespace'],
  node: ['sourceNode', 'destinationNode'],
  port: ['destinationPort'],
  proto: ['protocol'],
  policy: ['ingressPolicy', 'egressPolicy'],
};

const fixedValues: Partial<Record<ConditionWord, readonly string[]>> = {
  type: ['intra-node', 'inter-node', 'to-external', 'from-external'],
  action: ['allow', 'drop', 'reject'],
};

const joints = { and: 'both have to hold', or: 'one of them has to hold' } as const;

/** The dimensions whose values may complete a place. */
export function dimensionsOfPlace(place: CompletionPlace): readonly DimensionName[] {
  if (place.kind !== 'value' || place.word in fixedValues) return [];
  return dimensionsOfWords[place.word] ?? (place.word in dimensions ? [place.word as DimensionName] : []);
}

/** @param values of the dimensions of the place, those with most traffic first */
export function completionsOf(place: CompletionPlace, values: readonly string[]): OfferedText[] {
  const { start, prefix } = place;
  const begun = prefix.toLowerCase();
  const mayFollow = (text: string) => text.toLowerCase().includes(begun) && text.toLowerCase() !== begun;
  const beginsFirst = (a: string, b: string) =>
    Number(b.toLowerCase().startsWith(begun)) - Number(a.toLowerCase().startsWith(begun));
  const meanings: Readonly<Record<string, string>> =
    place.kind === 'word'
      ? { ...conditionWords, not: 'the opposite' }
      : place.kind === 'joint'
        ? joints
        : Object.fromEntries((fixedValues[place.word] ?? []).map((text) => [text, '']));
  const texts = place.kind === 'value' && !(place.word in fixedValues) ? values : Object.keys(meanings);
  return texts
    .filter(mayFollow)
    .sort(beginsFirst)
    .slice(0, MOST_COMPLETIONS)
    .map((text) => ({ text: writtenText(place, text), meaning: meanings[text] ?? '', start }));
}

/** With quotes where the language wants them. */
function writtenText(place: CompletionPlace, text: string): string {
  if (place.kind === 'word') return text === 'not' ? 'not ' : `${text}=`;
  if (place.kind === 'joint') return `${text} `;
  return printCondition({ word: place.word, values: [text] }).slice(place.word.length + 1);
}
