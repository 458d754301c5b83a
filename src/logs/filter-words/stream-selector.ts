import {
  type FilterWord,
  type FlowCondition,
  fieldOf,
  numberOf,
  parseFlowEnd,
  protocolNumber,
  protocols,
} from '../../flow/index.ts';
import { type LabelField, OTHER_VALUE } from '../flow-lines/index.ts';
import { asMetadata, escapedPattern, textLiteral } from './literal.ts';

/** How the values of a filter word, wanted or excluded, restrict a label. */
interface Narrowing {
  readonly label: LabelField;
  readonly word: FilterWord;
  /** The possible label values of entries that match a value of the word; undefined for any. */
  among(value: string): readonly string[] | undefined;
  /** The label value that no entry may have when a value of the word is excluded; undefined for none. */
  without(value: string): string | undefined;
}

/**
 * "" selects streams without the label: fallbacks for streams that Loki had no room for. In VictoriaLogs they
 * cost nothing.
 */
const ABSENT = '';

const flowTypeOf = (text: string): string => nameOf('flowType', text);
const actionOf = (text: string): string => nameOf('ingressNetworkPolicyRuleAction', text);

function nameOf(field: 'flowType' | 'ingressNetworkPolicyRuleAction', text: string): string {
  const enumeration = fieldOf(field).enumeration!;
  return enumeration.names.get(numberOf(enumeration, text)!)!;
}

const verdicts = ['Allow', 'Drop', 'Reject'];

/** A name has its own stream unless there were too many. */
const ownStream = (name: string): string | undefined => (name === OTHER_VALUE ? undefined : name);

const protocolText = (value: string): string => {
  const number = protocolNumber(value)!;
  return number === 0 ? ABSENT : (protocols.names.get(number) ?? String(number));
};

const narrowings: readonly Narrowing[] = [
  {
    label: 'flowType',
    word: 'type',
    among: (value) => [flowTypeOf(value), ABSENT],
    without: flowTypeOf,
  },
  {
    label: 'protocol',
    word: 'proto',
    among: (value) => [protocolText(value), ABSENT],
    without: (value) => protocolText(value) || undefined,
  },
  {
    // the stricter of two rules; fallback streams keep it
    label: 'verdict',
    word: 'action',
    among: (value) => verdicts.slice(verdicts.indexOf(actionOf(value))),
    // an unnamed action counts as the strictest
    without: (value) => (actionOf(value) === 'Reject' ? undefined : actionOf(value)),
  },
  {
    // the source's, if it has one
    label: 'namespace',
    word: 'src',
    among: (value) =>
      'pod' in parseFlowEnd(value)! ? [value.slice(0, value.indexOf('/')), OTHER_VALUE, ABSENT] : undefined,
    without: () => undefined,
  },
  { label: 'namespace', word: 'namespace', among: () => undefined, without: ownStream },
  { label: 'node', word: 'node', among: () => undefined, without: ownStream },
];

/**
 * Selects the streams of entries for which a condition may hold; the filters behind it select the entries.
 * Both languages use Prometheus's selectors.
 */
export function streamSelector(
  condition: FlowCondition,
  labels: readonly LabelField[],
  staticLabels: Readonly<Record<string, string>>,
): string {
  const fixed = Object.entries(staticLabels).map(([name, value]) => `${name}=${textLiteral(value)}`);
  const parts = 'all' in condition ? condition.all : [condition];
  const matchers = narrowings
    .filter(({ label }) => labels.includes(label))
    .flatMap((narrowing) => [
      ...parts.flatMap((part) => wantedLabel(narrowing, part)),
      ...excludedLabel(narrowing, parts),
    ]);
  return `{${[...fixed, ...matchers].join(', ')}}`;
}

/** For a test of the word, which every entry must pass. */
function wantedLabel({ label, word, among }: Narrowing, part: FlowCondition): string[] {
  if (!('word' in part) || part.word !== word) return [];
  const wanted = part.values.map(among);
  return wanted.every((some) => some !== undefined) ? [matcherOf(label, '=', wanted.flat())] : [];
}

function excludedLabel({ label, word, without }: Narrowing, parts: readonly FlowCondition[]): string[] {
  const excluded = parts.flatMap((part) => {
    if (!('not' in part) || !('word' in part.not) || part.not.word !== word) return [];
    return part.not.values.flatMap((value) => without(value) ?? []);
  });
  return excluded.length > 0 ? [matcherOf(label, '!', excluded)] : [];
}

function matcherOf(label: LabelField, sign: '=' | '!', values: readonly string[]): string {
  const different = [...new Set(values)];
  if (different.length === 1)
    return `${label}${sign === '=' ? '=' : '!='}${textLiteral(asMetadata(different[0]!))}`;
  return `${label}${sign}~${textLiteral(different.map(asMetadata).map(escapedPattern).join('|'))}`;
}
