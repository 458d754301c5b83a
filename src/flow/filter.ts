/**
 * The filter words that command line, HTTP and console share. A record passes when it matches every given
 * word. It matches a word when it matches any of its values and none of its negated ones (`!value`).
 */
import { type Enumeration, flowTypes, numberOf, protocolNumber, ruleActions } from './enumerations.ts';
import { type FlowEnd, parseFlowEnd, parseOctets } from './filter-values.ts';
import type { FlowBatch } from './flow-batch.ts';
import { type AddressRange, rangeContains } from './ip-address.ts';
import { portsOf } from './port-names.ts';

/** The words, and for each what its values look like and mean. The help texts derive from this. */
export const filterWords = {
  src: 'source: an address, a CIDR or namespace/pod, also with a port (192.0.2.1:443, [2001:db8::1]:https)',
  dst: 'destination, before or after destination NAT: as a source, or svc:namespace/name',
  peer: 'either end: as a source, or svc:namespace/name',
  namespace: 'namespace of either Pod',
  node: 'name of either node',
  port: 'port of either end, or of the Service, by number or name (443, https)',
  proto: 'protocol, by name or number',
  type: 'flow type: intra-node, inter-node, to-external, from-external',
  action: 'action of the policy rule: allow, drop, reject',
  policy: 'policy that applied: name or namespace/name',
  'min-octets':
    'minimum octets of both directions together: a whole number, or with a unit (31.6 kB, 1MB, 4MiB)',
} as const;

export type FilterWord = keyof typeof filterWords;
export type FilterWords = { readonly [W in FilterWord]?: readonly string[] };

type RowTest = (row: number) => boolean;
/** A value of a word, which binds to the columns and the dictionary of a batch. */
type Matcher = (batch: FlowBatch) => RowTest;

export class FlowFilter {
  readonly #words: readonly { readonly any: readonly Matcher[]; readonly none: readonly Matcher[] }[];

  /** @throws {TypeError} with the word, the value and what was expected */
  constructor(words: FilterWords) {
    this.#words = Object.entries(words).map(([word, values]) => {
      const build = Object.hasOwn(matchers, word) ? matchers[word as FilterWord] : undefined;
      if (build === undefined) {
        throw new TypeError(`there is no filter "${word}"; there are ${Object.keys(filterWords).join(', ')}`);
      }
      const isNegated = (value: string) => value.startsWith('!');
      return {
        any: values.filter((value) => !isNegated(value)).map(build),
        none: values.filter(isNegated).map((value) => build(value.slice(1))),
      };
    });
  }

  /** A test of the rows of one batch. It looks names up in the batch's dictionary once, here. */
  bind(batch: FlowBatch): RowTest {
    const words = this.#words.map(({ any, none }) => ({
      any: any.map((matcher) => matcher(batch)),
      none: none.map((matcher) => matcher(batch)),
    }));
    return (row) =>
      words.every(
        ({ any, none }) =>
          (any.length === 0 || any.some((holds) => holds(row))) && !none.some((holds) => holds(row)),
      );
  }
}

const rejectWord = (word: FilterWord, value: string): never => {
  throw new TypeError(`filter ${word}: expected ${filterWords[word]}; found "${value}"`);
};

const eitherMatcher =
  (left: Matcher, right: Matcher): Matcher =>
  (batch) => {
    const [l, r] = [left(batch), right(batch)];
    return (row) => l(row) || r(row);
  };

const bothMatcher =
  (left: Matcher, right: Matcher): Matcher =>
  (batch) => {
    const [l, r] = [left(batch), right(batch)];
    return (row) => l(row) && r(row);
  };

const addressMatcher =
  (column: 'sourceIP' | 'destinationIP' | 'destinationServiceIP', range: AddressRange): Matcher =>
  (batch) => {
    const words = batch.columns[column];
    return (row) => rangeContains(range, words, row * 4);
  };

type NameColumn = {
  [N in keyof FlowBatch['columns']]: FlowBatch['columns'][N] extends Uint32Array ? N : never;
}[keyof FlowBatch['columns']];

const nameMatcher =
  (column: NameColumn, text: string): Matcher =>
  (batch) => {
    const wanted = batch.dictionary.find(text);
    const ids = batch.columns[column];
    return (row) => wanted !== undefined && ids[row] === wanted;
  };

/** Matches "namespace/name" against a column of namespaces and a column of names. */
const qualifiedNameMatcher =
  (namespaces: NameColumn, names: NameColumn, text: string): Matcher =>
  (batch) => {
    const slash = text.indexOf('/');
    const inNamespace = nameMatcher(namespaces, text.slice(0, slash))(batch);
    const named = nameMatcher(names, text.slice(slash + 1))(batch);
    return (row) => inNamespace(row) && named(row);
  };

/** Matches a Service by namespace/name; the record has namespace/name:port. */
const serviceMatcher =
  (text: string): Matcher =>
  (batch) => {
    const ids = batch.columns.destinationServicePortName;
    return (row) => {
      const found = ids[row] === 0 ? '' : batch.dictionary.text(ids[row]!);
      return found === text || found.startsWith(`${text}:`);
    };
  };

const portMatcher =
  (
    column: 'sourceTransportPort' | 'destinationTransportPort' | 'destinationServicePort',
    wanted: readonly number[],
  ): Matcher =>
  (batch) => {
    const ports = batch.columns[column];
    return (row) => wanted.includes(ports[row]!);
  };

const endOf = (word: FilterWord, text: string): FlowEnd => parseFlowEnd(text) ?? rejectWord(word, text);

const sourceMatcher =
  (word: FilterWord) =>
  (text: string): Matcher => {
    const end = endOf(word, text);
    const host =
      'range' in end
        ? addressMatcher('sourceIP', end.range)
        : qualifiedNameMatcher('sourcePodNamespace', 'sourcePodName', end.pod);
    return end.ports === undefined ? host : bothMatcher(host, portMatcher('sourceTransportPort', end.ports));
  };

const destinationMatcher =
  (word: FilterWord) =>
  (text: string): Matcher => {
    if (text.startsWith('svc:')) return serviceMatcher(text.slice('svc:'.length));
    const end = endOf(word, text);
    const withPorts = (host: Matcher, column: 'destinationTransportPort' | 'destinationServicePort') =>
      end.ports === undefined ? host : bothMatcher(host, portMatcher(column, end.ports));
    if ('pod' in end) {
      return withPorts(
        qualifiedNameMatcher('destinationPodNamespace', 'destinationPodName', end.pod),
        'destinationTransportPort',
      );
    }
    return eitherMatcher(
      withPorts(addressMatcher('destinationIP', end.range), 'destinationTransportPort'),
      withPorts(addressMatcher('destinationServiceIP', end.range), 'destinationServicePort'),
    );
  };

const numberMatcher =
  (column: 'protocolIdentifier' | 'flowType', wanted: number): Matcher =>
  (batch) => {
    const numbers = batch.columns[column];
    return (row) => numbers[row] === wanted;
  };

const numberOfName = (word: FilterWord, enumeration: Enumeration, text: string): number =>
  numberOf(enumeration, text) ?? rejectWord(word, text);

const matchers: Record<FilterWord, (value: string) => Matcher> = {
  src: sourceMatcher('src'),
  dst: destinationMatcher('dst'),
  peer: (text) =>
    text.startsWith('svc:')
      ? serviceMatcher(text.slice(4))
      : eitherMatcher(sourceMatcher('peer')(text), destinationMatcher('peer')(text)),
  namespace: (text) =>
    eitherMatcher(nameMatcher('sourcePodNamespace', text), nameMatcher('destinationPodNamespace', text)),
  node: (text) =>
    eitherMatcher(nameMatcher('sourceNodeName', text), nameMatcher('destinationNodeName', text)),
  port: (text) => {
    const ports = portsOf(text) ?? rejectWord('port', text);
    return eitherMatcher(
      eitherMatcher(
        portMatcher('sourceTransportPort', ports),
        portMatcher('destinationTransportPort', ports),
      ),
      portMatcher('destinationServicePort', ports),
    );
  },
  proto: (text) => numberMatcher('protocolIdentifier', protocolNumber(text) ?? rejectWord('proto', text)),
  type: (text) => numberMatcher('flowType', numberOfName('type', flowTypes, text)),
  action: (text) => {
    const action = numberOfName('action', ruleActions, text);
    return ({ columns: { ingressNetworkPolicyRuleAction, egressNetworkPolicyRuleAction } }) =>
      (row) =>
        ingressNetworkPolicyRuleAction[row] === action || egressNetworkPolicyRuleAction[row] === action;
  },
  policy: (text) =>
    text.includes('/')
      ? eitherMatcher(
          qualifiedNameMatcher('ingressNetworkPolicyNamespace', 'ingressNetworkPolicyName', text),
          qualifiedNameMatcher('egressNetworkPolicyNamespace', 'egressNetworkPolicyName', text),
        )
      : eitherMatcher(
          nameMatcher('ingressNetworkPolicyName', text),
          nameMatcher('egressNetworkPolicyName', text),
        ),
  'min-octets': (text) => {
    const least = parseOctets(text) ?? rejectWord('min-octets', text);
    return ({ columns: { octetTotalCount, reverseOctetTotalCount } }) =>
      (row) =>
        (octetTotalCount[row] || 0) + (reverseOctetTotalCount[row] || 0) >= least;
  },
};
