import { type FieldName, type FlowBatch, fieldOf, verdictOf } from '../../flow/index.ts';
import type { LabelField } from './log-layout.ts';

import { Stream } from './stream.ts';
import { ValueBudget } from './value-budget.ts';

/** Label values are numbers below this, so that those of `MOST_LABELS` labels form one exact number. */
const VALUES = 4096;

export interface StreamTableOptions {
  readonly labels: readonly LabelField[];
  /** Of every stream. */
  readonly staticLabels: Readonly<Record<string, string>>;
  /** Maximum values of a label that come from names. */
  readonly valuesPerLabel: number;
}

/** A label's value in a row, as a number; 0 for none. */
interface LabelReader {
  readonly name: LabelField;
  bind(batch: FlowBatch): void;
  read(row: number): number;
  text(value: number): string;
}

/** The streams of flows, by the values of their labels: at most the product of the labels' bounds. */
export class StreamTable {
  readonly #readers: readonly LabelReader[];
  readonly #staticLabels: Readonly<Record<string, string>>;
  readonly #streams = new Map<number, Stream>();

  constructor({ labels, staticLabels, valuesPerLabel }: StreamTableOptions) {
    this.#staticLabels = staticLabels;
    this.#readers = labels.map((name) => labelReaders[name](name, Math.min(valuesPerLabel, VALUES - 2)));
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Call before the rows of a batch. */
  bind(batch: FlowBatch): void {
    for (const reader of this.#readers) reader.bind(batch);
  }

  find(row: number): Stream {
    let key = 0;
    for (let i = 0; i < this.#readers.length; i++) key = key * VALUES + this.#readers[i]!.read(row);
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = new Stream(this.#streams.size, this.#labelsOf(row));
      this.#streams.set(key, stream);
    }
    return stream;
  }

  #labelsOf(row: number): Record<string, string> {
    const labels: Record<string, string> = { ...this.#staticLabels };
    for (const reader of this.#readers) {
      const value = reader.read(row);
      if (value !== 0) labels[reader.name] = reader.text(value);
    }
    return labels;
  }
}

function enumerationReader(name: LabelField, field: FieldName): LabelReader {
  const { names } = fieldOf(field).enumeration!;
  let column: ArrayLike<number>;
  return {
    name,
    bind: (batch) => {
      column = batch.columns[field];
    },
    read: (row) => column[row]!,
    text: (value) => names.get(value) ?? String(value),
  };
}

/** The first of these fields in which a row has a name. */
function nameReader(name: LabelField, limit: number, fields: readonly FieldName[]): LabelReader {
  const budget = new ValueBudget(limit);
  let columns: ArrayLike<number>[];
  return {
    name,
    bind: (batch) => {
      columns = fields.map((field) => batch.columns[field]);
      budget.bind(batch.dictionary);
    },
    read: (row) => {
      for (let i = 0; i < columns.length; i++)
        if (columns[i]![row] !== 0) return budget.value(columns[i]![row]!);
      return 0;
    },
    text: (value) => budget.text(value),
  };
}

function verdictReader(name: LabelField): LabelReader {
  const { names } = fieldOf('ingressNetworkPolicyRuleAction').enumeration!;
  let batch: FlowBatch;
  return {
    name,
    bind: (next) => {
      batch = next;
    },
    read: (row) => verdictOf(batch, row),
    text: (value) => names.get(value)!,
  };
}

const labelReaders: Record<LabelField, (name: LabelField, limit: number) => LabelReader> = {
  flowType: (name) => enumerationReader(name, 'flowType'),
  protocol: (name) => enumerationReader(name, 'protocolIdentifier'),
  verdict: verdictReader,
  namespace: (name, limit) => nameReader(name, limit, ['sourcePodNamespace', 'destinationPodNamespace']),
  node: (name, limit) => nameReader(name, limit, ['sourceNodeName', 'destinationNodeName']),
  cluster: (name, limit) => nameReader(name, limit, ['clusterId']),
};
