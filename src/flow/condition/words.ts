import { type DimensionName, dimensionNames, dimensions } from '../dimension.ts';

/** The filter words, and for each what its values look like and mean. The help texts derive from this. */
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

/**
 * Filter words with values, as options and files give them. A record passes when it matches every word. It
 * matches a word when it matches any of its values and none of its negated ones (`!value`).
 */
export type FilterWords = { readonly [W in FilterWord]?: readonly string[] };

/**
 * What a condition can test. The name of a dimension is a word, too: it tests exactly the value that flows
 * are grouped by. Its empty value means that a record has none, since no name is empty.
 */
export type ConditionWord = FilterWord | DimensionName;

/** For each word, what its values are. */
export const conditionWords: Readonly<Record<ConditionWord, string>> = {
  ...filterWords,
  ...(Object.fromEntries(dimensionNames.map((name) => [name, dimensions[name].description])) as Record<
    DimensionName,
    string
  >),
};

export const isConditionWord = (text: string): text is ConditionWord => Object.hasOwn(conditionWords, text);

export const isFilterWord = (word: string): word is FilterWord => Object.hasOwn(filterWords, word);
