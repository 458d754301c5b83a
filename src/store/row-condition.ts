import type { DuckDBValue } from '@duckdb/node-api';
import {
  type AddressRange,
  type FieldName,
  type FilterWord,
  type FilterWords,
  FlowFilter,
  fieldOf,
  numberOf,
  parseFlowEnd,
  parseOctets,
  portsOf,
  protocolNumber,
  rangeContains,
} from '../flow/index.ts';
import type { DuckDB } from './engine.ts';
import { storedColumn } from './stored-columns.ts';

/** A condition of SQL whose values are parameters: $1 is the first of `values`. */
export interface RowCondition {
  readonly sql: string;
  readonly values: readonly DuckDBValue[];
}

/**
 * The rows of a file that pass a `FlowFilter` with the same words. No text of a user becomes a part of the
 * SQL.
 * @param columns of the file
 * @throws {TypeError} with the word, the value and what was expected
 */
export function rowCondition(
  words: FilterWords,
  columns: ReadonlySet<string>,
  { DuckDBBlobValue }: DuckDB,
): RowCondition {
  new FlowFilter(words); // it checks the values
  const values: DuckDBValue[] = [];
  const addParameter = (value: DuckDBValue): string => `$${values.push(value)}`;
  const tests = testsOf((name) => storedColumn(name, columns), {
    text: addParameter,
    octets: (octets) => addParameter(new DuckDBBlobValue(octets)),
  });
  const all = Object.entries(words).flatMap(([word, some]) => {
    const testOf = (value: string) => tests[word as FilterWord](value);
    const wanted = some.filter((value) => !value.startsWith('!')).map(testOf);
    const excluded = some.filter((value) => value.startsWith('!')).map((value) => testOf(value.slice(1)));
    return [
      ...(wanted.length > 0 ? [anyOf(...wanted)] : []),
      // A comparison with no value is neither true nor false.
      ...excluded.map((test) => `NOT coalesce(${test}, false)`),
    ];
  });
  return { sql: all.length === 0 ? 'true' : all.join(' AND '), values };
}

interface Parameters {
  readonly text: (value: string) => string;
  readonly octets: (value: Uint8Array) => string;
}

const anyOf = (...tests: string[]): string => `(${tests.join(' OR ')})`;
const allOf = (...tests: string[]): string => `(${tests.join(' AND ')})`;

/** For each word, the test of a value, which the filter has checked. */
function testsOf(
  column: (name: FieldName) => string,
  parameters: Parameters,
): Record<FilterWord, (value: string) => string> {
  const isText = (name: FieldName, text: string) =>
    text === '' ? `${column(name)} IS NULL` : `${column(name)} = ${parameters.text(text)}`;
  const isOneOf = (name: FieldName, numbers: readonly number[]) =>
    numbers.length === 0 ? 'false' : `${column(name)} IN (${numbers.map(Math.trunc).join()})`;
  const isNamed = (namespaces: FieldName, names: FieldName, text: string) => {
    const slash = text.indexOf('/');
    return allOf(isText(namespaces, text.slice(0, slash)), isText(names, text.slice(slash + 1)));
  };
  const isIn = (name: FieldName, range: AddressRange) => {
    const [first, last] = endsOf(range);
    const between = `${column(name)} BETWEEN ${parameters.octets(first)} AND ${parameters.octets(last)}`;
    // No address is all zero.
    return rangeContains(range, [0, 0, 0, 0]) ? anyOf(`${column(name)} IS NULL`, between) : between;
  };
  const withPorts = (host: string, name: FieldName, ports: readonly number[] | undefined) =>
    ports === undefined ? host : allOf(host, isOneOf(name, ports));
  const isService = (text: string) => {
    const name = column('destinationServicePortName');
    const begins = `starts_with(${name}, ${parameters.text(`${text}:`)})`;
    return anyOf(isText('destinationServicePortName', text), begins);
  };
  const isSource = (text: string) => {
    const end = parseFlowEnd(text)!;
    const host =
      'range' in end ? isIn('sourceIP', end.range) : isNamed('sourcePodNamespace', 'sourcePodName', end.pod);
    return withPorts(host, 'sourceTransportPort', end.ports);
  };
  const isDestination = (text: string) => {
    if (text.startsWith('svc:')) return isService(text.slice('svc:'.length));
    const end = parseFlowEnd(text)!;
    if ('pod' in end) {
      const host = isNamed('destinationPodNamespace', 'destinationPodName', end.pod);
      return withPorts(host, 'destinationTransportPort', end.ports);
    }
    return anyOf(
      withPorts(isIn('destinationIP', end.range), 'destinationTransportPort', end.ports),
      withPorts(isIn('destinationServiceIP', end.range), 'destinationServicePort', end.ports),
    );
  };
  const octetsIn = (name: FieldName) => `coalesce(${column(name)}::DOUBLE, 0)`;
  return {
    src: isSource,
    dst: isDestination,
    peer: (text) =>
      text.startsWith('svc:') ? isService(text.slice(4)) : anyOf(isSource(text), isDestination(text)),
    namespace: (text) => anyOf(isText('sourcePodNamespace', text), isText('destinationPodNamespace', text)),
    node: (text) => anyOf(isText('sourceNodeName', text), isText('destinationNodeName', text)),
    port: (text) => anyOf(...portColumns.map((name) => isOneOf(name, portsOf(text)!))),
    proto: (text) => isOneOf('protocolIdentifier', [protocolNumber(text)!]),
    type: (text) => isOneOf('flowType', [numberOf(fieldOf('flowType').enumeration!, text)!]),
    action: (text) =>
      anyOf(...actionColumns.map((name) => isOneOf(name, [numberOf(fieldOf(name).enumeration!, text)!]))),
    policy: (text) =>
      text.includes('/')
        ? anyOf(
            isNamed('ingressNetworkPolicyNamespace', 'ingressNetworkPolicyName', text),
            isNamed('egressNetworkPolicyNamespace', 'egressNetworkPolicyName', text),
          )
        : anyOf(isText('ingressNetworkPolicyName', text), isText('egressNetworkPolicyName', text)),
    'min-octets': (text) =>
      `${octetsIn('octetTotalCount')} + ${octetsIn('reverseOctetTotalCount')} >= ${parameters.text(String(parseOctets(text)!))}::DOUBLE`,
  };
}

const portColumns = ['sourceTransportPort', 'destinationTransportPort', 'destinationServicePort'] as const;
const actionColumns = ['ingressNetworkPolicyRuleAction', 'egressNetworkPolicyRuleAction'] as const;

/** The first and the last address of a range, 16 octets each. */
function endsOf({ words, prefixLength }: AddressRange): [first: Uint8Array, last: Uint8Array] {
  const ends = [0, 1].map((rest) => {
    const view = new DataView(new ArrayBuffer(16));
    for (let i = 0; i < 4; i++) {
      const bits = Math.min(32, Math.max(0, prefixLength - 32 * i));
      const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
      view.setUint32(4 * i, ((words[i]! & mask) | (rest === 1 ? ~mask : 0)) >>> 0);
    }
    return new Uint8Array(view.buffer);
  });
  return ends as [Uint8Array, Uint8Array];
}
