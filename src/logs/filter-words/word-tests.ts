import {
  type FilterWord,
  fieldOf,
  numberOf,
  parseAddressRange,
  protocolNumber,
  protocols,
} from '../../flow/index.ts';
import { allOf, anyOf, type Expression } from './expression.ts';
import type { FieldTests } from './field-tests.ts';

/** No two counters of 64 bits are more together. */
const MOST_OCTETS = 2 ** 66;

/**
 * What each value of the filter words asks of an entry: `FlowFilter` of src/flow/filter.ts, in a query language. Values are such as that
 * takes.
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
        return this.#port(Number(value));
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
        return fields.sumIsAtLeast(BigInt(Math.min(Number(value), MOST_OCTETS)));
    }
  }

  #source(text: string): Expression {
    const range = parseAddressRange(text);
    if (range !== undefined) return this.#fields.within('sourceIP', range);
    return this.#named('sourcePodNamespace', 'sourcePodName', text);
  }

  #destination(text: string): Expression {
    const fields = this.#fields;
    const range = parseAddressRange(text);
    if (range !== undefined)
      return anyOf(fields.within('destinationIP', range), fields.within('destinationServiceIP', range));
    if (!text.startsWith('svc:')) return this.#named('destinationPodNamespace', 'destinationPodName', text);
    const name = text.slice('svc:'.length);
    return anyOf(
      fields.is('destinationServicePortName', name),
      fields.startsWith('destinationServicePortName', `${name}:`),
    );
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

  /** Zero is also what a column holds where there is no port. */
  #port(port: number): Expression {
    const texts = port === 0 ? ['', '0'] : [String(port)];
    const fields = ['sourceTransportPort', 'destinationTransportPort', 'destinationServicePort'] as const;
    return anyOf(...fields.flatMap((field) => texts.map((text) => this.#fields.is(field, text))));
  }

  #protocol(number: number): Expression {
    const text = protocols.names.get(number) ?? String(number);
    const is = (one: string) => this.#fields.is('protocol', one, ` ${one} `);
    return number === 0 ? anyOf(is(''), is(text)) : is(text);
  }
}

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
