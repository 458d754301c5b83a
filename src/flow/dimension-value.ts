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

type KeysOfBatch = (batch: FlowBatch) => KeyOfRow;

/** The value of a dimension in the rows of a batch. */
export const dimensionKeys = (name: DimensionName, batch: FlowBatch): KeyOfRow =>
  dimensionReader(name)(batch);

/** Reads a dimension in many batches. Those in a row with one dictionary share what it makes. */
export function dimensionReader(name: DimensionName): KeysOfBatch {
  const reading = dimensionReadings[name];
  return (readers[reading.kind] as (reading: DimensionReading) => KeysOfBatch)(reading);
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

const readers: { [K in DimensionReading['kind']]: (reading: ReadingOf<K>) => KeysOfBatch } = {
  text:
    ({ field }) =>
    ({ columns, dictionary }) => {
      const ids = columns[field];
      return (row) => (ids[row] === 0 ? null : dictionary.text(ids[row]!));
    },
  pod: (reading) => podReader(reading),
  policy: ({ namespace, name }) => {
    const texts = new PairTexts((dictionary, first, second) =>
      first === 0 ? dictionary.text(second) : qualifiedText(dictionary, first, dictionary.text(second)),
    );
    return ({ columns, dictionary }) => {
      const [namespaces, names] = [columns[namespace], columns[name]];
      return (row) => (names[row] === 0 ? null : texts.of(dictionary, namespaces[row]!, names[row]!));
    };
  },
  workload: ({ namespace, name, pod, node, range }) => {
    const named = new PairTexts(qualifiedName);
    const ofPod = new PairTexts((dictionary, first, second) => {
      const text = dictionary.text(second);
      return qualifiedText(dictionary, first, text.slice(0, workloadLength(text)));
    });
    return ({ columns, dictionary }) => {
      const [namespaces, names, pods] = [columns[namespace], columns[name], columns[pod]];
      const [nodes, ranges] = [columns[node], columns[range]];
      return (row) => {
        if (names[row] !== 0) return named.of(dictionary, namespaces[row]!, names[row]!);
        if (pods[row] !== 0) return ofPod.of(dictionary, namespaces[row]!, pods[row]!);
        const id = nodes[row]! || ranges[row]!;
        return id === 0 ? null : dictionary.text(id);
      };
    };
  },
  end: (reading) => {
    const podKeys = podReader(reading);
    return (batch) => {
      const keyOfPod = podKeys(batch);
      const words = batch.columns[reading.address];
      return (row) => keyOfPod(row) ?? addressKey(words, row * 4);
    };
  },
  address:
    ({ field }) =>
    ({ columns }) => {
      const words = columns[field];
      return (row) => addressKey(words, row * 4);
    },
  prefix:
    ({ field }) =>
    ({ columns }) => {
      const words = columns[field];
      return (row) => {
        const digits = addressKey(words, row * 4);
        return digits?.slice(0, isIPv4(words, row * 4) ? V4_PREFIX_DIGITS : V6_PREFIX_DIGITS) ?? null;
      };
    },
  port:
    ({ field, protocol }) =>
    ({ columns }) => {
      const [ports, protocols] = [columns[field], columns[protocol]];
      return (row) => (ports[row] === 0 && hasPorts[protocols[row]!] === 0 ? null : ports[row]!);
    },
  number:
    ({ field }) =>
    ({ columns }) => {
      const numbers = columns[field];
      return (row) => numbers[row]! || null;
    },
  verdict: () => (batch) => (row) => verdictOf(batch, row) || null,
};

function podReader({
  namespace,
  name,
}: {
  readonly namespace: TextColumn;
  readonly name: TextColumn;
}): (batch: FlowBatch) => (row: number) => string | null {
  const texts = new PairTexts(qualifiedName);
  return ({ columns, dictionary }) => {
    const [namespaces, names] = [columns[namespace], columns[name]];
    return (row) => (names[row] === 0 ? null : texts.of(dictionary, namespaces[row]!, names[row]!));
  };
}

type TextColumn = { [N in keyof Columns]: Columns[N] extends Uint32Array ? N : never }[keyof Columns];

const qualifiedText = (dictionary: Dictionary, namespace: number, name: string): string =>
  `${dictionary.text(namespace)}/${name}`;

const qualifiedName: TextOfPair = (dictionary, namespace, name) =>
  qualifiedText(dictionary, namespace, dictionary.text(name));

type TextOfPair = (dictionary: Dictionary, first: number, second: number) => string;

/** Makes the text of two ids once, as long as the dictionary is the same. */
class PairTexts {
  readonly #make: TextOfPair;
  #dictionary: Dictionary | undefined;
  /** By the first id, then by the second. */
  #known = new Map<number, Map<number, string>>();

  constructor(make: TextOfPair) {
    this.#make = make;
  }

  of(dictionary: Dictionary, first: number, second: number): string {
    if (dictionary !== this.#dictionary) {
      this.#dictionary = dictionary;
      this.#known = new Map();
    }
    let withFirst = this.#known.get(first);
    if (withFirst === undefined) {
      withFirst = new Map();
      this.#known.set(first, withFirst);
    }
    let text = withFirst.get(second);
    if (text === undefined) {
      text = this.#make(dictionary, first, second);
      withFirst.set(second, text);
    }
    return text;
  }
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
