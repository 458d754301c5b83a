import type { Columns } from './columns.ts';
import type { Dictionary } from './dictionary.ts';
import type { DimensionName } from './dimension.ts';
import { type DimensionReading, dimensionReadings, type ReadingOf } from './dimension-reading.ts';
import { hasPorts } from './enumerations.ts';
import { fieldOf } from './fields.ts';
import type { FlowBatch } from './flow-batch.ts';
import { formatAddress, isAbsent, isIPv4 } from './ip-address.ts';
import { verdictOf } from './verdict.ts';
import { workloadLength } from './workload-name.ts';

/**
 * A value of a dimension as it is compared: a number for ports and what has numbers, hexadecimal digits for
 * addresses, else its text. Equal keys are equal texts.
 */
export type DimensionKey = string | number | null;

type KeyOfRow = (row: number) => DimensionKey;

/** The value of a dimension in the rows of a batch. */
export function dimensionKeys(name: DimensionName, batch: FlowBatch): KeyOfRow {
  const reading = dimensionReadings[name];
  return (readers[reading.kind] as (reading: DimensionReading, batch: FlowBatch) => KeyOfRow)(reading, batch);
}

/** A value as people read it. */
export function dimensionText(name: DimensionName, key: DimensionKey): string | null {
  if (key === null) return null;
  const reading = dimensionReadings[name];
  switch (reading.kind) {
    case 'address':
      return addressText(String(key));
    case 'prefix':
      return prefixText(String(key));
    case 'end':
      return String(key).includes('/') ? String(key) : addressText(String(key));
    case 'number':
      return fieldOf(reading.field).enumeration?.names.get(Number(key)) ?? String(key);
    case 'verdict':
      return fieldOf(reading.first).enumeration!.names.get(Number(key))!;
    default:
      return String(key);
  }
}

const readers: { [K in DimensionReading['kind']]: (reading: ReadingOf<K>, batch: FlowBatch) => KeyOfRow } = {
  text: ({ field }, { columns, dictionary }) => {
    const ids = columns[field];
    return (row) => (ids[row] === 0 ? null : dictionary.text(ids[row]!));
  },
  pod: (reading, batch) => podKeys(reading, batch),
  policy: ({ namespace, name }, { columns, dictionary }) => {
    const [namespaces, names] = [columns[namespace], columns[name]];
    const textOf = pairTexts((first, second) =>
      first === 0 ? dictionary.text(second) : `${dictionary.text(first)}/${dictionary.text(second)}`,
    );
    return (row) => (names[row] === 0 ? null : textOf(namespaces[row]!, names[row]!));
  },
  workload: ({ namespace, name, pod, node, range }, { columns, dictionary }) => {
    const [namespaces, names, pods] = [columns[namespace], columns[name], columns[pod]];
    const [nodes, ranges] = [columns[node], columns[range]];
    const named = pairTexts((first, second) => qualifiedText(dictionary, first, dictionary.text(second)));
    const ofPod = pairTexts((first, second) => {
      const text = dictionary.text(second);
      return qualifiedText(dictionary, first, text.slice(0, workloadLength(text)));
    });
    return (row) => {
      if (names[row] !== 0) return named(namespaces[row]!, names[row]!);
      if (pods[row] !== 0) return ofPod(namespaces[row]!, pods[row]!);
      const id = nodes[row]! || ranges[row]!;
      return id === 0 ? null : dictionary.text(id);
    };
  },
  end: (reading, batch) => {
    const keyOfPod = podKeys(reading, batch);
    const words = batch.columns[reading.address];
    return (row) => keyOfPod(row) ?? addressKey(words, row * 4);
  },
  address: ({ field }, { columns }) => {
    const words = columns[field];
    return (row) => addressKey(words, row * 4);
  },
  prefix: ({ field }, { columns }) => {
    const words = columns[field];
    return (row) => {
      const digits = addressKey(words, row * 4);
      return digits?.slice(0, isIPv4(words, row * 4) ? V4_PREFIX_DIGITS : V6_PREFIX_DIGITS) ?? null;
    };
  },
  port: ({ field, protocol }, { columns }) => {
    const [ports, protocols] = [columns[field], columns[protocol]];
    return (row) => (ports[row] === 0 && hasPorts[protocols[row]!] === 0 ? null : ports[row]!);
  },
  number: ({ field }, { columns }) => {
    const numbers = columns[field];
    return (row) => numbers[row]! || null;
  },
  verdict: (_, batch) => (row) => verdictOf(batch, row) || null,
};

function podKeys(
  { namespace, name }: { readonly namespace: TextColumn; readonly name: TextColumn },
  { columns, dictionary }: FlowBatch,
): (row: number) => string | null {
  const [namespaces, names] = [columns[namespace], columns[name]];
  const textOf = pairTexts((first, second) => qualifiedText(dictionary, first, dictionary.text(second)));
  return (row) => (names[row] === 0 ? null : textOf(namespaces[row]!, names[row]!));
}

type TextColumn = { [N in keyof Columns]: Columns[N] extends Uint32Array ? N : never }[keyof Columns];

const qualifiedText = (dictionary: Dictionary, namespace: number, name: string): string =>
  `${dictionary.text(namespace)}/${name}`;

/** Makes the text of two ids once. */
function pairTexts(make: (first: number, second: number) => string): typeof make {
  const known = new Map<number, string>();
  return (first, second) => {
    const pair = first * 0x1_0000_0000 + second;
    const text = known.get(pair) ?? make(first, second);
    known.set(pair, text);
    return text;
  };
}

/** The first three octets behind the 96 bits that map IPv4, and the first eight of IPv6. */
export const V4_PREFIX_DIGITS = 30;
export const V6_PREFIX_DIGITS = 16;

const hexadecimalOf = (word: number): string => word.toString(16).toUpperCase().padStart(8, '0');

function addressKey(words: Uint32Array, at: number): string | null {
  if (isAbsent(words, at)) return null;
  return (
    hexadecimalOf(words[at]!) +
    hexadecimalOf(words[at + 1]!) +
    hexadecimalOf(words[at + 2]!) +
    hexadecimalOf(words[at + 3]!)
  );
}

function addressText(digits: string): string {
  return formatAddress([0, 8, 16, 24].map((at) => Number.parseInt(digits.slice(at, at + 8), 16)));
}

const prefixText = (digits: string): string =>
  `${addressText(digits.padEnd(32, '0'))}/${digits.length === V4_PREFIX_DIGITS ? 24 : 64}`;
