import { type Enumeration, flowTypes, numberOf, protocolNumber, ruleActions } from '../enumerations.ts';
import { parseFlowEnd, parseOctets } from '../filter-values.ts';
import { portsOf } from '../port-names.ts';
import type {
  AddressField,
  FieldCondition,
  SmallNumberField,
  TextField,
  WordMeaning,
} from './field-condition.ts';
import { hasAddress, hasNumber, hasPort, hasText } from './field-values.ts';
import type { FilterWord } from './words.ts';

/** Fields of namespace and name that belong together. */
type NamePair = readonly [namespace: TextField, name: TextField];

const sourcePod: NamePair = ['sourcePodNamespace', 'sourcePodName'];
const destinationPod: NamePair = ['destinationPodNamespace', 'destinationPodName'];
const policies: readonly NamePair[] = [
  ['ingressNetworkPolicyNamespace', 'ingressNetworkPolicyName'],
  ['egressNetworkPolicyNamespace', 'egressNetworkPolicyName'],
];

/** "namespace/name" in its two fields. */
function isNamed([namespace, name]: NamePair, text: string): FieldCondition {
  const slash = text.indexOf('/');
  return {
    all: [
      { text: namespace, is: text.slice(0, slash) },
      { text: name, is: text.slice(slash + 1) },
    ],
  };
}

/** A Service by namespace/name; the record has namespace/name:port. */
const isService = (name: string): FieldCondition => ({
  any: [
    { text: 'destinationServicePortName', is: name },
    { text: 'destinationServicePortName', startsWith: `${name}:` },
  ],
});

/** A host, and one of its ports if there are any. */
const withPorts = (
  host: FieldCondition,
  port: SmallNumberField,
  ports: readonly number[] | undefined,
): FieldCondition => (ports === undefined ? host : { all: [host, { number: port, isOneOf: ports }] });

function isEnd(
  text: string,
  pod: NamePair,
  places: readonly (readonly [AddressField, SmallNumberField])[],
): FieldCondition | undefined {
  const end = parseFlowEnd(text);
  if (end === undefined) return undefined;
  if ('pod' in end) return withPorts(isNamed(pod, end.pod), places[0]![1], end.ports);
  return anyPart(places.map(([address, port]) => withPorts({ address, within: end.range }, port, end.ports)));
}

const anyPart = (any: readonly FieldCondition[]): FieldCondition => (any.length === 1 ? any[0]! : { any });

const isSource = (text: string): FieldCondition | undefined =>
  isEnd(text, sourcePod, [['sourceIP', 'sourceTransportPort']]);

const isDestination = (text: string): FieldCondition | undefined =>
  text.startsWith('svc:')
    ? isService(text.slice('svc:'.length))
    : isEnd(text, destinationPod, [
        ['destinationIP', 'destinationTransportPort'],
        ['destinationServiceIP', 'destinationServicePort'],
      ]);

function isPeer(text: string): FieldCondition | undefined {
  if (text.startsWith('svc:')) return isDestination(text);
  const [source, destination] = [isSource(text), isDestination(text)];
  return source === undefined || destination === undefined ? undefined : { any: [source, destination] };
}

const hasSource: FieldCondition = { any: [hasAddress('sourceIP'), hasText('sourcePodName')] };
const hasDestination: FieldCondition = {
  any: [
    hasAddress('destinationIP'),
    hasText('destinationPodName'),
    hasAddress('destinationServiceIP'),
    hasText('destinationServicePortName'),
  ],
};

const anyText = (fields: readonly TextField[]): WordMeaning => ({
  is: (value) => ({ any: fields.map((text) => ({ text, is: value })) }),
  exists: { any: fields.map(hasText) },
});

const anyEnumeration = (fields: readonly SmallNumberField[], enumeration: Enumeration): WordMeaning => ({
  is(value) {
    const number = numberOf(enumeration, value);
    if (number === undefined) return undefined;
    return anyPart(fields.map((field) => ({ number: field, isOneOf: [number] })));
  },
  exists: anyPart(fields.map(hasNumber)),
});

const ports = ['sourceTransportPort', 'destinationTransportPort', 'destinationServicePort'] as const;

function isPort(value: string): FieldCondition | undefined {
  const wanted = portsOf(value);
  return wanted && { any: ports.map((number) => ({ number, isOneOf: wanted })) };
}

function isPolicy(value: string): FieldCondition {
  if (value.includes('/')) return { any: policies.map((pair) => isNamed(pair, value)) };
  return { any: policies.map(([, name]) => ({ text: name, is: value })) };
}

function isProtocol(value: string): FieldCondition | undefined {
  const number = protocolNumber(value);
  return number === undefined ? undefined : { number: 'protocolIdentifier', isOneOf: [number] };
}

const totals = ['octetTotalCount', 'reverseOctetTotalCount'] as const;

function hasOctets(value: string): FieldCondition | undefined {
  const octets = parseOctets(value);
  return octets === undefined ? undefined : { sumOf: totals, isAtLeast: octets };
}

export const filterWordMeanings: Readonly<Record<FilterWord, WordMeaning>> = {
  src: { is: isSource, exists: hasSource },
  dst: { is: isDestination, exists: hasDestination },
  peer: { is: isPeer, exists: { any: [hasSource, hasDestination] } },
  namespace: anyText(['sourcePodNamespace', 'destinationPodNamespace']),
  node: anyText(['sourceNodeName', 'destinationNodeName']),
  port: { is: isPort, exists: { any: ports.map(hasPort) } },
  proto: { is: isProtocol, exists: hasNumber('protocolIdentifier') },
  type: anyEnumeration(['flowType'], flowTypes),
  action: anyEnumeration(['ingressNetworkPolicyRuleAction', 'egressNetworkPolicyRuleAction'], ruleActions),
  policy: { is: isPolicy, exists: { any: policies.map(([, name]) => hasText(name)) } },
  'min-octets': { is: hasOctets, exists: { any: totals.map((told) => ({ told })) } },
};
