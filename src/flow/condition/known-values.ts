import type { DimensionName } from '../dimension.ts';
import {
  connectionStateNames,
  type Enumeration,
  flowTypes,
  protocols,
  ruleActions,
} from '../enumerations.ts';
import { valueCondition } from './word-meanings.ts';
import { type ConditionWord, type FilterWord, isFilterWord } from './words.ts';

/** The most used values of words and dimensions, the most used first. */
export type Vocabulary = { readonly [W in ConditionWord]?: readonly string[] };

/** Whose values are values of a filter word, too. */
const dimensionsOfWords: Readonly<Record<FilterWord, readonly DimensionName[]>> = {
  src: ['source'],
  dst: ['destination'],
  peer: ['source', 'destination'],
  namespace: ['sourceNamespace', 'destinationNamespace'],
  node: ['sourceNode', 'destinationNode'],
  port: ['destinationPort', 'sourcePort'],
  proto: ['protocol'],
  type: ['flowType'],
  action: ['ingressAction', 'egressAction'],
  policy: ['ingressPolicy', 'egressPolicy'],
  'min-octets': [],
};

const namesOf = ({ names }: Enumeration): readonly string[] => [...names.values()];
const actions = namesOf(ruleActions);

/** Values that there are in every network. */
const fixedValues: Vocabulary = {
  protocol: ['TCP', 'UDP', 'ICMP', ...namesOf(protocols)],
  flowType: namesOf(flowTypes),
  ingressAction: actions,
  egressAction: actions,
  verdict: actions,
  tcpState: connectionStateNames,
  'min-octets': ['1kB', '1MB', '1GB'],
};

/** The dimensions whose values in use complete a value of the word; none where they are always the same. */
export const dimensionsAsked = (word: ConditionWord): readonly DimensionName[] =>
  (isFilterWord(word) ? dimensionsOfWords[word] : [word]).filter((name) => fixedValues[name] === undefined);

/** Values that a word accepts, once each. */
export function knownValues(word: ConditionWord, vocabulary: Vocabulary): readonly string[] {
  const names: readonly ConditionWord[] = isFilterWord(word) ? [word, ...dimensionsOfWords[word]] : [word];
  const values = [vocabulary, fixedValues].flatMap((from) => names.flatMap((name) => from[name] ?? []));
  return [...new Set(values)].filter((value) => value !== '' && valueCondition(word, value) !== undefined);
}
