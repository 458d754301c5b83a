import { type DimensionName, dimensionNames } from '../dimension.ts';
import { type DimensionReading, dimensionReadings, type ReadingOf } from '../dimension-reading.ts';
import { numberOf, RuleAction, ruleActions } from '../enumerations.ts';
import { fieldOf } from '../fields.ts';
import { isIPv4, parseAddress, parseAddressRange, rangeContains } from '../ip-address.ts';
import { portsOf } from '../port-names.ts';
import type {
  AddressField,
  FieldCondition,
  SmallNumberField,
  TextField,
  WordMeaning,
} from './field-condition.ts';
import { hasAddress, hasPort, lacksAddress, lacksNumber, lacksText } from './field-values.ts';

function meaningOf(reading: DimensionReading): WordMeaning {
  const { lacks, is } = (makers[reading.kind] as (reading: DimensionReading) => DimensionTests)(reading);
  return { is: (value) => (value === '' ? lacks : is(value)), exists: { not: lacks } };
}

interface DimensionTests {
  readonly lacks: FieldCondition;
  /** Undefined for a text that is no value. */
  readonly is: (value: string) => FieldCondition | undefined;
}

const makers: { [K in DimensionReading['kind']]: (reading: ReadingOf<K>) => DimensionTests } = {
  text: ({ field }) => ({ lacks: lacksText(field), is: (value) => ({ text: field, is: value }) }),
  pod: ({ namespace, name }) => ({
    lacks: lacksText(name),
    is: (value) => isQualified(namespace, name, value),
  }),
  policy: ({ namespace, name }) => ({
    lacks: lacksText(name),
    is: (value) => ({
      any: [['', value] as const, ...pairsIn(value).filter(([first]) => first !== '')].map(
        ([first, second]) => arePair(namespace, first, { text: name, is: second }),
      ),
    }),
  }),
  workload: ({ namespace, name, pod, node, range }) => ({
    lacks: { all: [name, pod, node, range].map(lacksText) },
    is: (value) => ({
      any: [
        ...pairsIn(value).flatMap(([first, second]) => [
          arePair(namespace, first, { text: name, is: second }),
          arePair(namespace, first, { all: [lacksText(name), { workloadOf: pod, is: second }] }),
        ]),
        { all: [lacksText(name), lacksText(pod), { text: node, is: value }] },
        { all: [lacksText(name), lacksText(pod), lacksText(node), { text: range, is: value }] },
      ],
    }),
  }),
  end: ({ namespace, name, address }) => ({
    lacks: { all: [lacksText(name), lacksAddress(address)] },
    is: (value) => {
      const hasThis = isAddress(address, value);
      return hasThis === undefined
        ? isQualified(namespace, name, value)
        : { all: [lacksText(name), hasThis] };
    },
  }),
  address: ({ field }) => ({ lacks: lacksAddress(field), is: (value) => isAddress(field, value) }),
  prefix: ({ field }) => ({ lacks: lacksAddress(field), is: (value) => isInPrefix(field, value) }),
  port: ({ field }) => ({ lacks: { not: hasPort(field) }, is: (value) => isPort(field, value) }),
  number: ({ field }) => ({ lacks: lacksNumber(field), is: (value) => isNumber(field, value) }),
  verdict: ({ first, second }) => verdictTests(first, second),
};

/** Names of Kubernetes have no slash. Others may, so a value is split at each of its own. */
const MOST_SLASHES = 16;

/** All pairs of two names that the text may be, with a slash between. None if there are too many. */
function pairsIn(text: string): (readonly [string, string])[] {
  const parts = text.split('/');
  if (parts.length > 1 + MOST_SLASHES) return [];
  return parts
    .slice(1)
    .map((_, i) => [parts.slice(0, i + 1).join('/'), parts.slice(i + 1).join('/')] as const)
    .filter(([, second]) => second !== '');
}

const arePair = (namespace: TextField, first: string, isSecond: FieldCondition): FieldCondition => ({
  all: [{ text: namespace, is: first }, isSecond],
});

function isQualified(namespace: TextField, name: TextField, value: string): FieldCondition | undefined {
  const pairs = pairsIn(value);
  if (pairs.length === 0) return undefined;
  return { any: pairs.map(([first, second]) => arePair(namespace, first, { text: name, is: second })) };
}

function isAddress(address: AddressField, value: string): FieldCondition | undefined {
  const words = parseAddress(value);
  return words && { address, within: { words, prefixLength: 128 } };
}

const V4 = parseAddressRange('0.0.0.0/0')!;
const V4_PREFIX = 96 + 24;
const V6_PREFIX = 64;

function isInPrefix(address: AddressField, value: string): FieldCondition | undefined {
  const within = parseAddressRange(value);
  if (within === undefined) return undefined;
  const isV4 = isIPv4(within.words);
  if (within.prefixLength !== (isV4 ? V4_PREFIX : V6_PREFIX)) return undefined;
  if (isV4 || !rangeContains(within, V4.words)) return { address, within };
  // ::/64 also has the mapped form of IPv4, and "no address"
  return { all: [{ address, within }, hasAddress(address), { not: { address, within: V4 } }] };
}

function isPort(number: SmallNumberField, value: string): FieldCondition | undefined {
  const ports = portsOf(value);
  if (ports === undefined) return undefined;
  const isAny: FieldCondition = { number, isOneOf: ports };
  return ports.includes(0) ? { all: [isAny, hasPort(number)] } : isAny;
}

function isNumber(field: SmallNumberField, value: string): FieldCondition | undefined {
  const enumeration = fieldOf(field).enumeration!;
  const number = numberOf(enumeration, value) ?? (/^\d{1,3}$/.test(value) ? Number(value) : 0);
  return number < 1 || number > 255 ? undefined : { number: field, isOneOf: [number] };
}

/** The stricter of two actions. An unnamed one counts as the strictest. */
function verdictTests(first: SmallNumberField, second: SmallNumberField): DimensionTests {
  const isAtMost = (action: number): FieldCondition => {
    const isOneOf = Array.from({ length: action + 1 }, (_, i) => i);
    return { all: [first, second].map((number) => ({ number, isOneOf })) };
  };
  return {
    lacks: isAtMost(RuleAction.none),
    is(value) {
      const action = numberOf(ruleActions, value);
      if (action === undefined) return undefined;
      const isStricter: FieldCondition = { not: isAtMost(action - 1) };
      return action === RuleAction.reject ? isStricter : { all: [isAtMost(action), isStricter] };
    },
  };
}

/**
 * The tests of dimensions: a record passes if it belongs to the group with this value. They follow the table
 * of readings, by which flows are grouped. The empty value stands for none.
 */
export const dimensionMeanings = Object.fromEntries(
  dimensionNames.map((name) => [name, meaningOf(dimensionReadings[name])]),
) as Readonly<Record<DimensionName, WordMeaning>>;
