import {
  type FilterWord,
  fieldOf,
  numberOf,
  parseFlowEnd,
  parseOctets,
  portsOf,
  protocolNumber,
  protocols,
} from '../../flow/index.ts';
import { allOf, anyOf, type Expression } from './expression.ts';
import type { FieldTests } from './field-tests.ts';

/** The sum of two 64-bit counters is below this. */
const MOST_OCTETS = 2 ** 66;

/**
 * The condition of each filter value on an entry: `FlowFilter` of src/flow/filter.ts, in a query language. It
 * expects values that `FlowFilter` accepts.
 */
export class WordTests {
  readonly #fields: FieldTests;

  constructor(fields: FieldTests) {
    this.#fields = fields;
  }

  of(word: FilterWord, value: string): Expression {
    const fields = this.#fields;
    switch (word) {
      case 'src':
        return this.#source(value);
      case 'dst':
        return this.#destination(value);
      case 'peer':
        if (value.startsWith('svc:')) return this.#destination(value);
        return anyOf(this.#source(value), this.#destination(value));
      case 'namespace':
        return anyOf(fields.is('sourcePodNamespace', value), fields.is('destinationPodNamespace', value));
      case 'node':
        return anyOf(fields.is('sourceNodeName', value), fields.is('destinationNodeName', value));
      case 'port':
        return anyOf(...portFields.map((field) => this.#port(field, portsOf(value)!)));
      case 'proto':
        return this.#protocol(protocolNumber(value)!);
      case 'type':
        return fields.is('flowType', flowTypeOf(value));
      case 'action':
        return anyOf(
          fields.is('ingressNetworkPolicyRuleAction', actionOf(value)),
          fields.is('egressNetworkPolicyRuleAction', actionOf(value)),
        );
      case 'policy':
        return this.#policy(value);
      case 'min-octets':
        return fields.sumIsAtLeast(BigInt(Math.min(parseOctets(value)!, MOST_OCTETS)));
    }
  }

  #source(text: string): Expression {
    const end = parseFlowEnd(text)!;
    const host =
      'range' in end
        ? this.#fields.within('sourceIP', end.range)
        : this.#named('sourcePodNamespace', 'sourcePodName', end.pod);
    return this.#at(host, 'sourceTransportPort', end.ports);
  }

  #destination(text: string): Expression {
    const fields = this.#fields;
    if (text.startsWith('svc:')) {
      const name = text.slice('svc:'.length);
      return anyOf(
        fields.is('destinationServicePortName', name),
        fields.startsWith('destinationServicePortName', `${name}:`),
      );
    }
    const end = parseFlowEnd(text)!;
    if ('pod' in end) {
      const pod = this.#named('destinationPodNamespace', 'destinationPodName', end.pod);
      return this.#at(pod, 'destinationTransportPort', end.ports);
    }
    return anyOf(
      this.#at(fields.within('destinationIP', end.range), 'destinationTransportPort', end.ports),
      this.#at(fields.within('destinationServiceIP', end.range), 'destinationServicePort', end.ports),
    );
  }

  /** A host, and one of its ports if there are any. */
  #at(host: Expression, field: PortField, ports: readonly number[] | undefined): Expression {
    return ports === undefined ? host : allOf(host, this.#port(field, ports));
  }

  /** "namespace/name" */
  #named(namespace: NamespaceField, name: NameField, text: string): Expression {
    const slash = text.indexOf('/');
    return allOf(
      this.#fields.is(namespace, text.slice(0, slash)),
      this.#fields.is(name, text.slice(slash + 1)),
    );
  }

  #policy(text: string): Expression {
    const fields = this.#fields;
    if (!text.includes('/'))
      return anyOf(fields.is('ingressNetworkPolicyName', text), fields.is('egressNetworkPolicyName', text));
    return anyOf(
      this.#named('ingressNetworkPolicyNamespace', 'ingressNetworkPolicyName', text),
      this.#named('egressNetworkPolicyNamespace', 'egressNetworkPolicyName', text),
    );
  }

  /** A column also holds zero when there is no port. */
  #port(field: PortField, ports: readonly number[]): Expression {
    const texts = ports.flatMap((port) => (port === 0 ? ['', '0'] : [String(port)]));
    return anyOf(...texts.map((text) => this.#fields.is(field, text)));
  }

  #protocol(number: number): Expression {
    const text = protocols.names.get(number) ?? String(number);
    const isProtocol = (one: string) => this.#fields.is('protocol', one, ` ${one || '-'} `);
    return number === 0 ? anyOf(isProtocol(''), isProtocol(text)) : isProtocol(text);
  }
}

const portFields = ['sourceTransportPort', 'destinationTransportPort', 'destinationServicePort'] as const;
type PortField = (typeof portFields)[number];
type NamespaceField =
  | `${'source' | 'destination'}PodNamespace`
  | `${'ingress' | 'egress'}NetworkPolicyNamespace`;
type NameField = `${'source' | 'destination'}PodName` | `${'ingress' | 'egress'}NetworkPolicyName`;

export const flowTypeOf = (text: string): string => nameOf('flowType', text);
export const actionOf = (text: string): string => nameOf('ingressNetworkPolicyRuleAction', text);

function nameOf(field: 'flowType' | 'ingressNetworkPolicyRuleAction', text: string): string {
  const enumeration = fieldOf(field).enumeration!;
  return enumeration.names.get(numberOf(enumeration, text)!)!;
}
