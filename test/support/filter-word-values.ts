import fc from 'fast-check';
import type { FilterWord, FilterWords } from '../../src/flow/index.ts';
import type { FlowLogOptions } from '../../src/logs/index.ts';

/*
 * Values for tests of filter queries: each word with each kind of value, combined words, and other layouts of
 * lines.
 */

/** Names that must not break or split a query. */
export const awkwardNames = [
  'web',
  'web-2',
  'axb',
  'a.b',
  'other',
  'x|y',
  'q"`\\',
  'new\nline',
  "{{ .x }} ' or",
  '名',
  '-',
  '$(^)',
];
export const awkwardAddresses = [
  '10.0.0.1',
  '10.0.0.11',
  '110.0.0.1',
  '0.0.0.0',
  '::1',
  '1::',
  '1::1',
  'ab::',
  '2001:db8::1',
  'fd00::1:2',
];

export const valuesByWord: Record<FilterWord, readonly string[]> = {
  src: [
    ...awkwardAddresses,
    '10.0.0.0/8',
    '0.0.0.0/0',
    '::/0',
    '::/64',
    '::/120',
    '2001:db8::/32',
    '1::/16',
    '::1/128',
    '::',
  ],
  dst: [
    ...awkwardAddresses,
    '10.0.0.0/28',
    '0.0.0.0/0',
    '::/0',
    'fd00::/8',
    '::',
    'svc:web/web',
    'svc:web/web:http',
    'svc:a.b/x',
    'svc:',
  ],
  peer: ['10.0.0.1', '10.0.0.0/24', '::/0', '::1', 'svc:web/web', 'web/axb', 'other/web'],
  namespace: awkwardNames,
  node: awkwardNames,
  port: ['0', '80', '8080', '443', '0443'],
  proto: ['tcp', 'udp', 'ICMP', '47', '0', '200'],
  type: ['intra-node', 'InterNode', 'to-external', 'from-external'],
  action: ['allow', 'drop', 'reject'],
  policy: [...awkwardNames, 'web/axb', 'other/web', 'x|y/x|y', '/web', 'web/'],
  'min-octets': ['0', '1', '600', '1000', '1001', '1152921504606846976', '9'.repeat(40)],
};

/** Further values, as tables of flows print them: ends with their ports, ports by name, octets with units. */
export const printedValues = {
  src: [
    '10.0.0.1:80',
    '10.0.0.0/8:http',
    '[::1]:8080',
    '[1::1]:0',
    '[::]:http',
    '[::/64]:80',
    'web/web:80',
    'other/web:0',
  ],
  dst: [
    '10.0.0.1:https',
    '10.0.0.0/28:80',
    '[2001:db8::1]:443',
    '[::/0]:4430',
    '[::]:0',
    'web/web:http',
    'axb/web:0',
  ],
  peer: ['10.0.0.1:80', '[::1]:http', '0.0.0.0/0:443', 'web/axb:80'],
  port: ['https', 'HTTP', 'netbios'],
  'min-octets': ['1.00 kB', '1KiB', '1 EiB'],
} satisfies Partial<Record<FilterWord, readonly string[]>>;

const podNames = awkwardNames
  .filter((name) => !/[/.:]/.test(name))
  .flatMap((one) => [`${one}/web`, `${one}/${one}`]);

const word = (name: FilterWord, some: readonly string[]) =>
  fc
    .array(
      fc
        .tuple(fc.boolean(), fc.constantFrom(...some))
        .map(([isExcluded, value]) => (isExcluded ? `!${value}` : value)),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) => [name, list] as const);

/** One word to three, with one value to three each. */
export const anyWords = fc
  .uniqueArray(
    fc.oneof(
      ...[valuesByWord, printedValues]
        .flatMap(Object.entries)
        .map(([name, some]) => word(name as FilterWord, some)),
      word('src', podNames),
      word('dst', podNames),
      word('peer', podNames),
    ),
    { minLength: 1, maxLength: 3, selector: ([name]) => name },
  )
  .map((list): FilterWords => Object.fromEntries(list));

export const layouts = {
  'as by default': { omit: [], valuesPerLabel: 4 },
  'with other labels and without metadata': {
    labels: ['protocol', 'node', 'namespace'],
    metadata: [],
    omit: [],
    valuesPerLabel: 4,
    staticLabels: { service_name: 'plain', place: 'here "and" there' },
  },
  'with counters as metadata': {
    labels: [],
    metadata: ['octetTotalCount', 'flowType', 'sourcePodName', 'verdict'],
    omit: [],
    staticLabels: { service_name: 'counted' },
  },
  'without totals': {
    omit: ['octetTotalCount', 'destinationServiceIP', 'throughput'],
    metadata: ['sourcePodNamespace'],
    staticLabels: { service_name: 'less' },
  },
} satisfies Record<string, Partial<FlowLogOptions>>;

/** Each word combined with others, at least once. */
export const wordsTogether: readonly FilterWords[] = [
  { src: ['web/web-2'], port: ['443'] },
  { dst: ['10.0.0.0/28'], action: ['!allow'] },
  { peer: ['web/web'], type: ['inter-node', 'to-external'] },
  { namespace: ['web', '!a.b'], action: ['drop', 'reject'], policy: ['web/axb'] },
  { node: ['!web'], proto: ['tcp', 'udp'], 'min-octets': ['1000'] },
  { src: ['!::/64'], dst: ['svc:web/web'], proto: ['!icmp'], 'min-octets': ['!1001'] },
];
