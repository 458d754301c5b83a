import type { ClusterEvent } from '../../flow/index.ts';
import { type LabelField, OTHER_VALUE, Stream } from '../flow-lines/index.ts';

/** Labels of flows that events have as well, and where an event has the value. */
const fieldsOfLabels = {
  namespace: 'sourcePodNamespace',
  node: 'sourceNodeName',
  cluster: 'clusterId',
} as const satisfies Partial<Record<LabelField, string>>;

type EventLabel = keyof typeof fieldsOfLabels;

const isOfEvents = (label: LabelField): label is EventLabel => label in fieldsOfLabels;

/** The streams of events. They have the labels of the streams of flows, as far as events have the value. */
export class EventStreams {
  readonly #labels: readonly EventLabel[];
  readonly #staticLabels: Readonly<Record<string, string>>;
  readonly #valuesPerLabel: number;
  readonly #values = new Map<EventLabel, Set<string>>();
  readonly #streams = new Map<string, Stream>();

  constructor(
    labels: readonly LabelField[],
    staticLabels: Readonly<Record<string, string>>,
    valuesPerLabel: number,
  ) {
    this.#labels = labels.filter(isOfEvents);
    this.#staticLabels = staticLabels;
    this.#valuesPerLabel = valuesPerLabel;
  }

  find({ names }: ClusterEvent): Stream {
    const values = this.#labels.map((label) => this.#bounded(label, names[fieldsOfLabels[label]] ?? ''));
    const key = values.join('\n');
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      const own = this.#labels.map((label, at) => [label, values[at]!]).filter(([, value]) => value !== '');
      stream = new Stream(this.#streams.size, { ...this.#staticLabels, ...Object.fromEntries(own) });
      this.#streams.set(key, stream);
    }
    return stream;
  }

  /** The first values keep their names; later ones share one, as those of flows do. */
  #bounded(label: EventLabel, value: string): string {
    const known = this.#values.get(label) ?? new Set();
    this.#values.set(label, known);
    if (value === '' || known.has(value)) return value;
    if (known.size >= this.#valuesPerLabel) return OTHER_VALUE;
    known.add(value);
    return value;
  }
}
