import type { FieldName } from '../fields.ts';
import { namespaceOfName } from '../filter.ts';
import type { FlowBatch } from '../flow-batch.ts';

/** The namespaces of the two ends of a flow, and of its Service; undefined where there is none. */
export interface MetNamespaces {
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly service: string | undefined;
}

/** The fields from which they are read. */
export const metNamespaceFields: readonly FieldName[] = [
  'sourcePodNamespace',
  'destinationPodNamespace',
  'destinationServicePortName',
];

/** Which namespaces meet in the rows of a batch, each combination once. */
export function metNamespacesIn({ columns, dictionary, length }: FlowBatch): MetNamespaces[] {
  const { sourcePodNamespace, destinationPodNamespace, destinationServicePortName } = columns;
  const met = new Map<string, MetNamespaces>();
  const textOf = (id: number) => (id === 0 ? undefined : dictionary.text(id));
  for (let row = 0; row < length; row++) {
    const [from, to] = [sourcePodNamespace[row]!, destinationPodNamespace[row]!];
    const name = destinationServicePortName[row]!;
    const key = `${from} ${to} ${name}`;
    if (met.has(key)) continue;
    const service = name === 0 ? undefined : namespaceOfName(dictionary.text(name));
    met.set(key, { source: textOf(from), destination: textOf(to), service });
  }
  return [...met.values()];
}
